"""What the ledger is asked for the pages and events that ops people watch. Part of the ledger port."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from closeloop.domain.actions import ActionState
from closeloop.domain.record import Record


class Happened(Record):
    """A step on a prospect's path: `what` is a decision's rule, or what became of an action."""

    prospect_key: str
    what: str


class MailHealth(Record):
    """What became of the mails of one mailbox."""

    sent: int
    reported: int

    @property
    def rate(self) -> float:
        """0 to 1."""
        return self.reported / self.sent if self.sent else 0.0


class DeskLedger(Protocol):
    """Counts and steps: nothing here names anybody."""

    def funnel(self) -> dict[str, dict[str, int]]:
        """stage to standing to number of prospects."""
        ...

    def slots_taken(self, day: str) -> dict[str, int]:
        """Mailbox to mails of that day, sent or about to be; the day as the mailbox counts days, `2026-03-02`."""
        ...

    def complaints(self, since: datetime) -> dict[str, MailHealth]:
        """Mailbox to its mails that were due since then and taken, and those that somebody reported as spam."""
        ...

    def steps_of(self, run_id: str, now: datetime, limit: int) -> list[Happened]:
        """The latest moves of prospects that this run decided, and mails that ended at `now`; at most `limit`."""
        ...


ENDED = (ActionState.ACCEPTED, ActionState.REJECTED, ActionState.UNCERTAIN)
"""Ends of a mail that are steps on a path."""
MOVING = ("Advance", "Close", "Park", "Qualified", "Stop")
"""Decisions that are."""
