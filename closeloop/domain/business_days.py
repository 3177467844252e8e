"""Working days where a prospect is: the country's own weekend, its public holidays, and the date on its clock.

Invariant: without a known country a working day is Monday to Friday. A calendar is worked out once for a country
and a year, so that a date costs one look-up.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from closeloop.domain.countries import country_code
from closeloop.domain.prospect import Prospect
from closeloop.domain.time_zones import zone, zone_of

if TYPE_CHECKING:
    from holidays import HolidayBase

SATURDAY = 5
DAY = timedelta(days=1)


class Place(NamedTuple):
    """Whose days and whose clock count."""

    country: str | None = None
    """ISO 3166 alpha-2; None: Monday to Friday, no holidays."""
    time_zone: str = "UTC"


EVERYWHERE = Place()


def place_of(prospect: Prospect, home: str = "UTC") -> Place:
    """Where a prospect is, as far as is known; `home` is the zone of those whose clock nobody knows."""
    named = prospect.country or prospect.fact("country")
    code = country_code(str(named)) if named else None
    state, given = prospect.fact("state"), prospect.fact("time_zone")
    found = zone_of(code, str(state) if state else None, prospect.phone, str(given) if given else None)
    return Place(code, found or home)


def is_business_day(moment: datetime, place: Place = EVERYWHERE) -> bool:
    """On the calendar and the clock of the place."""
    return is_working_date(_date(moment, place), place.country)


def add_business_days(moment: datetime, days: int, place: Place = EVERYWHERE) -> datetime:
    """The same hour (of UTC), `days` working days later; 0 days on a day off is the next working day."""
    while days > 0 or not is_business_day(moment, place):
        moment += DAY
        if days > 0 and is_business_day(moment, place):
            days -= 1
    return moment


def from_named_day(named: datetime, place: Place) -> datetime:
    """A day that somebody named, or the next working day: a date is the same everywhere, whatever the clock."""
    day = named.date()
    while not is_working_date(day, place.country):
        day += DAY
    return named + (day - named.date())


def is_working_date(day: date, country: str | None) -> bool:
    """Neither the country's weekend nor one of its public holidays."""
    return day not in _days_off(country, day.year) if country else day.weekday() < SATURDAY


def is_holiday(day: date, country: str | None) -> bool:
    """A public holiday, whatever day of the week it is."""
    return country is not None and day in _holidays(country, day.year)


def local(moment: datetime, place: Place) -> datetime:
    """The same moment on the clock of the place."""
    return moment.astimezone(UTC if place.time_zone == "UTC" else zone(place.time_zone))


def _date(moment: datetime, place: Place) -> date:
    return local(moment, place).date()


@lru_cache(maxsize=2048)
def _days_off(country: str, year: int) -> frozenset[date]:
    """Also right where people work on a Saturday in exchange for a holiday."""
    first = date(year, 1, 1)
    days = (first + timedelta(days=n) for n in range(366))
    calendar = _calendar(country, year)
    if calendar is None:
        return frozenset(day for day in days if day.weekday() >= SATURDAY)
    return frozenset(day for day in days if day.year == year and not calendar.is_working_day(day))


@lru_cache(maxsize=2048)
def _holidays(country: str, year: int) -> frozenset[date]:
    calendar = _calendar(country, year)
    return frozenset(calendar) if calendar is not None else frozenset()


def _calendar(country: str, year: int) -> HolidayBase | None:
    """None for a country whose calendar nobody wrote down."""
    from holidays import country_holidays  # a fifth of a second that a command without a calendar does not need

    try:
        return country_holidays(country, years=year, expand=False)
    except NotImplementedError:
        return None
