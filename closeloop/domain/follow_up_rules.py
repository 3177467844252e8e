"""Follow-up as the playbook writes it: cadences that never end, and the tracks of a customer's life.

Invariant: a cadence slows down and never ends; a track's mails are in order of their days.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from typing import Annotated, Self

from pydantic import Field, model_validator

from closeloop.domain.record import Record

Days = Annotated[int, Field(ge=0, le=730)]
USER_ID = "^005[A-Za-z0-9]{12}([A-Za-z0-9]{3})?$"


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


class Track(Record):
    """One purpose of follow-up: mails on these days after it begins, then again at a distance, if at all."""

    template: str
    on_days: tuple[Days, ...] = Field(min_length=1)
    again_days: Annotated[int, Field(ge=30, le=1095)] | None = None
    """Days between further ones; None: there are none."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        days = self.on_days
        waits = [later - earlier for earlier, later in pairwise(days)]
        if any(wait < 1 for wait in waits) or waits != sorted(waits):
            raise ValueError("a track slows down: its days must rise, and the waits between them not get shorter")
        if self.again_days is not None and waits and self.again_days < waits[-1]:
            raise ValueError("again_days is shorter than the last wait of on_days: a track slows down")
        return self

    def day_of(self, number: int) -> int | None:
        """Days from its beginning to mail number `number`, counted from 0; None when there is none."""
        if number < len(self.on_days):
            return self.on_days[number]
        if self.again_days is None:
            return None
        return self.on_days[-1] + self.again_days * (number - len(self.on_days) + 1)


class Renewal(Record):
    """The term of what was bought, dated by the won deal, and how long before its end we write."""

    template: str
    term_months: Annotated[int, Field(ge=1, le=120)] = 12
    before_days: tuple[Annotated[int, Field(ge=1, le=365)], ...] = (90, 45, 14)

    @model_validator(mode="after")
    def _nearer_and_nearer(self) -> Self:
        if list(self.before_days) != sorted(set(self.before_days), reverse=True) or not self.before_days:
            raise ValueError("renewal.before_days names days before the end, the earliest mail first")
        if self.before_days[0] >= self.term_months * 28:
            raise ValueError("renewal.before_days begins before the term itself")
        return self


class Tracks(Record):
    """What a customer hears of besides the cadence; a track that is left out is not there."""

    onboarding: Track | None = None
    """Days after the order."""
    satisfaction: Track | None = None
    """Days after the order."""
    expansion: Track | None = None
    """Days after the order; never to somebody who is not satisfied."""
    referral: Track | None = None
    """Days after an answer that says they are satisfied, and never without one."""
    renewal: Renewal | None = None
    pause_days: Days = 7
    """No two mails of follow-up are nearer to each other."""


class HandOver(Record):
    """Who goes on with the relation when its owner leaves."""

    to_id: str | None = Field(default=None, pattern=USER_ID)
    """The CRM user; None: the next seller of `routing` whose territory fits and who is there."""
    to_name: str = ""
    absent_days: Annotated[int, Field(ge=5)] = 30
    """An absence of the playbook that is longer counts as having left."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if bool(self.to_id) != bool(self.to_name):
            raise ValueError("hand_over needs both to_id and to_name, or neither")
        return self


class FollowUp(Record):
    """The cadences of the seventh stage, the tracks of customers, and who takes over."""

    customer: Cadence
    nurture: Cadence
    win_back: Cadence
    tracks: Tracks = Tracks()
    hand_over: HandOver = HandOver()

    @property
    def first_wait(self) -> int:
        """Days from an order to the first mail."""
        begins = self.tracks.onboarding
        return begins.on_days[0] if begins is not None else self.customer.wait_before(0)

    def mails(self) -> Iterator[tuple[str, str]]:
        """Place in the playbook and template of every mail."""
        for name in ("customer", "nurture", "win_back"):
            yield f"follow_up.{name}", getattr(self, name).template
        for name, track in self.tracks:
            if isinstance(track, Track | Renewal):
                yield f"follow_up.tracks.{name}", track.template


def months_later(day: date, months: int) -> date:
    """The same day of the month, or the last one where the month has none."""
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    for number in range(day.day, 27, -1):
        try:
            return date(year, month, number)
        except ValueError:
            continue
    return date(year, month, day.day)
