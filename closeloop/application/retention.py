"""Once a day, words that are older than the windows of the house are blanked.

Invariant: what is in doubt or waits keeps its words, and never-twice does not rest on any of them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from closeloop.application.ports import Ledger
from closeloop.application.results import Tally
from closeloop.application.services import Services

CURSOR = "retention"
EVERY = timedelta(days=1)
AT_ONCE = 1000
"""Rows in one transaction, so that workers never wait long."""
Blank = Callable[[datetime, int], int]


def retention_waits(ledger: Ledger, now: datetime) -> bool:
    """Whether the last time is a day ago, or was never."""
    last = ledger.cursor(CURSOR)
    # One from the future was written by a clock that was ahead.
    return last is None or not timedelta(0) <= now - datetime.fromisoformat(last) < EVERY


def blank_what_is_old(services: Services, now: datetime, tally: Tally) -> None:
    """Blank all of it, and count what was blanked."""
    if not retention_waits(services.ledger, now):
        return
    ledger, windows = services.ledger, services.retention
    asked: tuple[tuple[str, int | None, Blank], ...] = (
        ("replies and events blanked", windows.replies_days, ledger.blank_signals),
        ("mails and logs blanked", windows.mail_bodies_days, ledger.blank_payloads),
        ("receipts blanked", windows.receipts_days, ledger.blank_receipts),
        ("CRM events deleted", windows.events_days, ledger.delete_crm_events),
    )
    for what, days, blank in asked:
        if days is not None:
            tally.count(what, _all(blank, now - timedelta(days=days)))
    ledger.set_cursor(CURSOR, now.isoformat())


def _all(blank: Blank, before: datetime) -> int:
    total = 0
    while found := blank(before, AT_ONCE):
        total += found
    return total
