"""A meeting as calendars have it: when it is, which of its versions counts, and what the customer answered.

Invariant: a meeting keeps its number, whatever happens to it; its sequence only rises, and it rises whenever an
invitation that people already hold is no longer true.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field

from closeloop.domain.record import Moment, Record

USUAL_MINUTES = 30
KEPT = 5
"""Earlier times of a meeting that are remembered."""


class Answer(StrEnum):
    """Where a meeting stands with the customer."""

    PLANNED = "planned"
    """we plan for it; they named no hour, or nobody invited them yet"""
    INVITED = "invited"
    ACCEPTED = "accepted"
    TENTATIVE = "tentative"
    DECLINED = "declined"
    CALLED_OFF = "called_off"
    """by our side"""


class Appointment(Record):
    """One meeting."""

    number: int = 0
    """Counts the meetings with this person, as `Prospect.meetings` does."""
    sequence: Annotated[int, Field(ge=0)] = 0
    """The version of its invitation (RFC 5545): raised by a change after somebody was invited."""
    on: date
    """The day, on the customer's own calendar."""
    starts_at: Moment | None = None
    """None while only the day is known."""
    minutes: Annotated[int, Field(gt=0)] = USUAL_MINUTES
    answer: Answer = Answer.PLANNED
    earlier: tuple[str, ...] = ()
    """When it was before, the latest last: an Event that still says so has only not been told yet."""

    @property
    def when(self) -> str:
        """Its hour, or its day where no hour is known."""
        return self.starts_at.isoformat() if self.starts_at else self.on.isoformat()

    @property
    def is_off(self) -> bool:
        return self.answer in {Answer.DECLINED, Answer.CALLED_OFF}

    @property
    def was_sent(self) -> bool:
        """Somebody holds an invitation to it."""
        return self.answer is not Answer.PLANNED

    def following(self, before: Appointment | None, number: int) -> Appointment:
        """This agreement as the next version of `before`, when it is about the same meeting."""
        if before is None or before.number != number:
            return self.model_copy(update={"number": number})
        moved = (self.on, self.starts_at, self.minutes) != (before.on, before.starts_at, before.minutes)
        sequence = before.sequence + (1 if before.was_sent and (moved or before.is_off) else 0)
        earlier = (*before.earlier, before.when)[-KEPT:] if moved else before.earlier
        return self.model_copy(update={"number": number, "sequence": sequence, "earlier": earlier})

    def answered(self, answer: Answer) -> Self:
        """The same meeting, with this answer."""
        return self.model_copy(update={"answer": answer})

    def called_off(self) -> Self:
        """No longer taking place; whoever was invited has to hear of it as a new version."""
        sequence = self.sequence + 1 if self.was_sent else self.sequence
        return self.model_copy(update={"answer": Answer.CALLED_OFF, "sequence": sequence})
