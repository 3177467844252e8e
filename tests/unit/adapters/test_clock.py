"""The clocks: always UTC, and simulated time only moves forward."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from closeloop.adapters.clock import SimulatedClock, SystemClock

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_the_system_clock_tells_the_present_in_utc() -> None:
    before = datetime.now(UTC)
    told = SystemClock().now()
    assert before <= told <= datetime.now(UTC)
    assert told.utcoffset() == timedelta(0)


def test_a_simulated_clock_stands_still_until_it_is_moved() -> None:
    clock = SimulatedClock(NOON)
    assert clock.now() == clock.now() == NOON
    clock.move_to(NOON + timedelta(days=1))
    assert clock.now() == NOON + timedelta(days=1)


def test_a_simulated_clock_answers_in_utc_whatever_zone_it_was_given() -> None:
    clock = SimulatedClock(NOON.astimezone(timezone(timedelta(hours=9))))
    assert clock.now() == NOON
    assert clock.now().tzinfo is UTC


def test_simulated_time_never_runs_backwards() -> None:
    clock = SimulatedClock(NOON)
    with pytest.raises(ValueError, match="only moves forward"):
        clock.move_to(NOON - timedelta(microseconds=1))
    clock.move_to(NOON)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        SimulatedClock(NOON.replace(tzinfo=None))
