"""How far a list of changing records has been read, and which part of it has to be looked at once more.

A record gets its time of change when it is written and is seen when its transaction ends, so one may appear behind
a reader who has already gone past. Invariant: what was read while it was younger than `OVERLAP` is looked at again
later, and each version of a record is given out once.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from closeloop.domain.record import Moment, Record

OVERLAP = timedelta(minutes=5)
"""Longer than any transaction of the CRM takes, and than its clock and ours differ."""


class ReadPosition(Record):
    """Where reading goes on. A cursor is `moment|record id`, the moment as the CRM writes it."""

    at: str | None = None
    """The cursor of the last record read."""
    settled: Moment | None = None
    """Nothing that changed before this can appear any more."""
    looked: Moment | None = None
    """When we last looked back."""
    seen: frozenset[str] = frozenset()
    """The cursors of what was given out since `settled`."""

    def believed(self, now: datetime) -> ReadPosition:
        """The same position; what a clock wrote into it that was ahead is not waited for."""
        if self.looked is None or self.looked <= now + OVERLAP:
            return self
        settled = self.settled and min(self.settled, now - OVERLAP)
        return self.model_copy(update={"looked": None, "settled": settled})

    def look_back(self, now: datetime) -> datetime | None:
        """From when on to look again, up to `at`; None when nothing can have appeared there."""
        if self.at is None or self.settled is None or moment_of(self.at) < self.settled:
            return None
        return None if self.looked is not None and now <= self.looked else self.settled

    def after(self, at: str | None, given: Iterable[str], now: datetime) -> ReadPosition:
        """The position once the cursors `given` are dealt with, the last of them in order being `at`."""
        same_moment = self.looked is not None and now <= self.looked
        settled = self.settled if same_moment else max(self.settled or now - OVERLAP, now - OVERLAP)
        young = (cursor for cursor in (*self.seen, *given) if settled is None or moment_of(cursor) >= settled)
        return ReadPosition(
            at=at or self.at, settled=settled, looked=max(now, self.looked or now), seen=frozenset(young)
        )

    def text(self) -> str:
        """For the ledger; `read_position` reads it."""
        return self.model_dump_json()


def read_position(text: str | None) -> ReadPosition:
    """The position a ledger keeps; a bare cursor, as earlier versions kept it, is one without a past."""
    if text is None or not text.startswith("{"):
        return ReadPosition(at=text)
    return ReadPosition.model_validate_json(text)


def moment_of(cursor: str) -> datetime:
    """The moment in a cursor."""
    return datetime.fromisoformat(cursor.partition("|")[0])
