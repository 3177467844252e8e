"""When a mail may leave: the next moment its window is open on the prospect's clock, daylight saving included.

Invariant: the moment found is never before the one asked about, and the window is open then.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from closeloop.domain.business_days import DAY, Place, is_holiday, is_working_date, local
from closeloop.domain.record import Moment, Record
from closeloop.domain.sending_rules import WEEKDAYS, Window
from closeloop.domain.time_zones import zone

LOOK_AHEAD_DAYS = 60


class Opening(Record):
    """One day's window, from its first to its last moment."""

    day: date
    opens: Moment
    closes: Moment

    def holds(self, moment: datetime) -> bool:
        return self.opens <= moment < self.closes


def next_opening(moment: datetime, window: Window, place: Place) -> Opening:
    """The opening that holds the moment, else the first behind it."""
    return next(openings(moment, window, place))


def openings(moment: datetime, window: Window, place: Place) -> Iterator[Opening]:
    """Those that have not closed yet, day after day."""
    first = local(moment, place).date()
    for off in range(LOOK_AHEAD_DAYS):
        day = first + off * DAY
        if _is_open_on(day, window, place):
            found = opening_on(day, window, place)
            if found.closes > moment:
                yield found


def leaves_at(moment: datetime, window: Window, place: Place) -> datetime:
    """The moment itself while the window is open, else when it opens next."""
    return max(moment, next_opening(moment, window, place).opens)


def was_missed(due_at: datetime, now: datetime, window: Window, place: Place) -> bool:
    """True when the whole opening that a mail was due in, from its start, is over."""
    opening = next_opening(due_at, window, place)
    return opening.opens >= due_at and opening.closes <= now


def opening_on(day: date, window: Window, place: Place) -> Opening:
    """The window of this day, whether or not it is a day on which it opens."""
    return Opening(day=day, opens=_utc(day, window.opens, place), closes=_utc(day, window.closes, place))


def _is_open_on(day: date, window: Window, place: Place) -> bool:
    if window.days == "business":
        return is_working_date(day, place.country)
    if not window.holidays and is_holiday(day, place.country):
        return False
    return WEEKDAYS[day.weekday()] in window.days


def _utc(day: date, hour: time, place: Place) -> datetime:
    """An hour that the clocks jump over counts as the same distance from midnight."""
    if hour == time.max:
        day, hour = day + timedelta(days=1), time(0)
    return datetime.combine(day, hour, tzinfo=zone(place.time_zone)).astimezone(UTC)
