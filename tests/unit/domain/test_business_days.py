"""What the tests hold unit/domain to: working days and clocks where a prospect is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.domain.business_days import (
    EVERYWHERE,
    Place,
    add_business_days,
    is_business_day,
    is_holiday,
    is_working_date,
    place_of,
)
from closeloop.domain.countries import COUNTRIES
from closeloop.domain.time_zones import ZONE_OF_COUNTRY, is_zone, zone_of
from tests.unit.domain.people import prospect

NEW_YORK, RIYADH = Place("US", "America/New_York"), Place("SA", "Asia/Riyadh")
BEFORE_THANKSGIVING = datetime(2026, 11, 25, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)
MOMENTS = st.integers(0, 24 * 365 * 3).map(lambda hours: datetime(2025, 1, 1, tzinfo=UTC) + hours * HOUR)
PLACES = st.sampled_from(
    [EVERYWHERE, NEW_YORK, RIYADH, Place("CN", "Asia/Shanghai"), Place("DE", "Europe/Berlin"), Place("XX", "UTC")]
)


def test_a_public_holiday_of_the_prospect_s_country_is_no_business_day() -> None:
    assert add_business_days(BEFORE_THANKSGIVING, 1, NEW_YORK) == BEFORE_THANKSGIVING + timedelta(days=2)
    assert add_business_days(BEFORE_THANKSGIVING, 1) == BEFORE_THANKSGIVING + timedelta(days=1)
    assert is_holiday(date(2026, 11, 26), "US")
    assert not is_holiday(date(2026, 11, 26), "DE")


def test_the_weekend_is_the_country_s_own() -> None:
    friday = date(2026, 9, 18)
    assert not is_working_date(friday, "SA")
    assert is_working_date(friday + timedelta(days=2), "SA")
    assert is_working_date(friday, "AE"), "the Emirates moved to Saturday and Sunday in 2022"
    assert not is_working_date(date(2021, 9, 17), "AE")


def test_a_saturday_that_is_worked_for_a_holiday_is_a_business_day() -> None:
    assert is_working_date(date(2026, 2, 14), "CN")
    assert not is_working_date(date(2026, 2, 14), "JP")


def test_the_day_is_the_one_on_the_prospect_s_calendar() -> None:
    sunday_evening = datetime(2026, 1, 11, 23, tzinfo=UTC)
    assert is_business_day(sunday_evening, Place("JP", "Asia/Tokyo")) is False, "Monday there is a holiday"
    assert is_business_day(sunday_evening, Place("AU", "Australia/Sydney"))
    assert not is_business_day(sunday_evening, NEW_YORK)


@given(moment=MOMENTS, days=st.integers(0, 60), place=PLACES)
def test_so_many_business_days_lie_between_whatever_the_country(moment: datetime, days: int, place: Place) -> None:
    found = add_business_days(moment, days, place)
    assert is_business_day(found, place)
    assert found.timetz() == moment.timetz()
    passed = (moment + timedelta(days=n) for n in range(1, (found - moment).days + 1))
    worked = sum(is_business_day(day, place) for day in passed)
    assert worked == days if days else found == moment or worked == 1


def test_every_country_that_leads_come_from_has_a_clock_of_this_machine() -> None:
    assert set(COUNTRIES.values()) <= set(ZONE_OF_COUNTRY)
    assert all(is_zone(name) for name in ZONE_OF_COUNTRY.values())


@pytest.mark.parametrize(
    ("country", "state", "phone", "given", "expected"),
    [
        ("US", None, None, None, "America/New_York"),
        ("US", "Texas", "+1 415 555 0123", None, "America/Chicago"),
        ("US", "CA", None, None, "America/Los_Angeles"),
        ("CA", "CA", None, None, "America/Toronto"),
        ("US", None, "+1 415 555 0123", None, "America/Los_Angeles"),
        ("US", None, "+1 800 555 0123", None, "America/New_York"),
        ("US", None, "+49 69 1234567", None, "America/New_York"),
        ("AU", "WA", None, None, "Australia/Perth"),
        ("DE", None, "not a number", None, "Europe/Berlin"),
        ("DE", None, None, "Asia/Bangkok", "Asia/Bangkok"),
        ("DE", None, None, "Mars/Base", "Europe/Berlin"),
        (None, None, "+49 69 1234567", None, "Europe/Berlin"),
        (None, None, None, None, None),
    ],
)
def test_the_clock_is_known_by_the_best_evidence(
    country: str | None, state: str | None, phone: str | None, given: str | None, expected: str | None
) -> None:
    assert zone_of(country, state, phone, given) == expected


def test_a_prospect_is_where_the_crm_says_and_at_home_where_nobody_knows() -> None:
    assert place_of(prospect({}, country="Germany")) == Place("DE", "Europe/Berlin")
    assert place_of(prospect({"country": "US", "state": "Oregon"})) == Place("US", "America/Los_Angeles")
    assert place_of(prospect({}), "Europe/London") == Place(None, "Europe/London")
