"""The cadences of follow-up as the playbook writes them. Invariant: a cadence slows down and never ends."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from closeloop.domain.record import Record

Days = Annotated[int, Field(ge=0, le=730)]


class Cadence(Record):
    """A follow-up that never ends: mails at these distances, then the last distance for ever."""

    template: str
    wait_days: tuple[Days, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _slows_down(self) -> Self:
        if list(self.wait_days) != sorted(self.wait_days) or self.wait_days[-1] < 1:
            raise ValueError("a cadence slows down: wait_days must not get shorter, and the last is at least 1")
        return self

    def wait_before(self, touch: int) -> int:
        """Days before follow-up number `touch`, counted from 0."""
        return self.wait_days[min(touch, len(self.wait_days) - 1)]


class FollowUp(Record):
    """The cadences of the seventh stage."""

    customer: Cadence
    nurture: Cadence
    win_back: Cadence
