"""Clocks: the real one and the simulated one. Nothing else in the product asks for the present."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemClock:
    """The wall clock, in UTC."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class SimulatedClock:
    """A clock that stands still until it is moved; it never runs backwards and always answers in UTC."""

    def __init__(self, start: datetime) -> None:
        self._now = _utc(start)

    def now(self) -> datetime:
        return self._now

    def move_to(self, moment: datetime) -> None:
        """Make `moment` the present. Raises `ValueError` for a moment before the present."""
        target = _utc(moment)
        if target < self._now:
            raise ValueError(f"simulated time only moves forward: it is {self._now}, asked for {target}")
        self._now = target


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone: give an aware datetime, such as one in UTC")
    return moment.astimezone(UTC)
