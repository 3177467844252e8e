"""Who begins with whom at an account, when several workers begin at the same time.

Invariant: the accounts at which a pass begins are held until it is saved, so whoever comes second counts the first.
"""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from closeloop.adapters.ledger.columns import POSTGRESQL
from closeloop.adapters.ledger.sending import in_outreach
from closeloop.application.ports import Change
from closeloop.domain.account_pace import paced_by
from closeloop.domain.prospect import Prospect

_PACE = 7_201
"""The space of our locks by account, apart from any other advisory lock."""


def too_many_at_once(connection: Connection, change: Change) -> frozenset[str]:
    """Keys of those who would begin in this change although, by now, their account has no room for them."""
    beginners = beginners_of(change)
    if change.pace is None or not beginners:
        return frozenset()
    _hold(connection, sorted(beginners))
    there = in_outreach(connection, beginners)
    pace = change.pace
    return frozenset(
        key
        for domain, people in beginners.items()
        for key in paced_by(people, there.get(domain, ()), pace.rules, pace.at)
    )


def beginners_of(change: Change) -> dict[str, list[Prospect]]:
    """Account domain to those there who are entered into an approach by this change, as they were before."""
    found: dict[str, list[Prospect]] = {}
    for after in change.prospects:
        before = change.read.get(after.key)
        if before and before.domain and before.enrollment is None and after.enrollment is not None:
            found.setdefault(before.domain.lower(), []).append(before)
    return found


def _hold(connection: Connection, domains: list[str]) -> None:
    """In one order, and until this transaction ends; a writer of SQLite is alone anyway."""
    if connection.dialect.name == POSTGRESQL:
        for domain in domains:
            connection.execute(select(func.pg_advisory_xact_lock(_PACE, func.hashtext(domain))))
