"""Several people of one account: how many hear from us at once, and how far apart we begin with them.

Invariant: never more people of an account are inside an approach than the playbook allows, and no two of them began
within its days of each other. Of several workers the ledger asks once more, alone, in the transaction that saves.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from closeloop.domain.business_days import add_business_days, place_of
from closeloop.domain.decisions import Hold
from closeloop.domain.playbook import Playbook
from closeloop.domain.prospect import Prospect
from closeloop.domain.record import Moment, Record
from closeloop.domain.sending_rules import AccountRule
from closeloop.domain.stage import Stage

LOOK_AGAIN_DAYS = 3
"""Business days until we look whether a place has become free."""


class Pace(Record):
    """How many people of one account may be begun with, looked at again when it is saved who begins."""

    rules: AccountRule
    at: Moment


def paced(
    due: Sequence[Prospect], outreach: Sequence[Prospect], playbook: Playbook, now: datetime
) -> dict[str, Hold]:
    """Prospect key to the hold of those of one account who must wait to be written to for the first time.

    `due` are people of the account that a pass is about to decide about, `outreach` those inside an approach. The
    most promising begin first.
    """
    return paced_by(due, outreach, playbook.account, now) if playbook.account is not None else {}


def paced_by(
    due: Sequence[Prospect], outreach: Sequence[Prospect], rules: AccountRule, now: datetime
) -> dict[str, Hold]:
    """The same by these rules."""
    busy = {person.key: person for person in outreach}
    started = [p.enrollment.started_at for p in outreach if p.enrollment is not None]
    holds: dict[str, Hold] = {}
    for person in sorted(due, key=_most_promising):
        if person.key in busy or not _begins(person):
            continue
        if (hold := _hold(person, len(busy), max(started, default=None), rules, now)) is not None:
            holds[person.key] = hold
            continue
        busy[person.key] = person
        started.append(now)
    return holds


def _begins(person: Prospect) -> bool:
    return person.stage is Stage.APPROACH and person.enrollment is None


def _most_promising(person: Prospect) -> tuple[int, str]:
    return -(person.score or 0), person.key


def _hold(person: Prospect, busy: int, last: datetime | None, rules: AccountRule, now: datetime) -> Hold | None:
    place = place_of(person)
    if busy >= rules.people_at_once:
        return Hold(
            rule="approach.account_is_full",
            reasons=(
                f"{busy} people at {person.company} hear from us, at most {rules.people_at_once} may at once",
            ),
            until=add_business_days(now, LOOK_AGAIN_DAYS, place),
        )
    free = add_business_days(last, rules.days_between, place) if last is not None else now
    if free <= now:
        return None
    return Hold(
        rule="approach.account_spacing",
        reasons=(f"a colleague at {person.company} first heard from us within {rules.days_between} business days",),
        until=free,
    )
