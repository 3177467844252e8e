"""How long things last, where some still go on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.domain.survival import ENOUGH_ENDINGS, kaplan_meier

days = st.lists(st.floats(0, 400), max_size=30)


def test_the_textbook_example() -> None:
    """Six stays: ended after 1, 3 and 4 days; watched for 2, 4 and 5 days without an end."""
    curve = kaplan_meier([1, 3, 4], [2, 4, 5])
    assert [day for day, _ in curve.steps] == [1, 3, 4]
    assert [share for _, share in curve.steps] == pytest.approx([5 / 6, 5 / 6 * 3 / 4, 5 / 6 * 3 / 4 * 2 / 3])
    assert curve.lasting(0.5) == 1
    assert curve.lasting(3.5) == pytest.approx(0.625)


def test_stays_that_go_on_make_the_usual_time_longer() -> None:
    ended = list(range(1, 11))
    assert kaplan_meier(ended, []).days_until(0.5) == 5
    assert kaplan_meier(ended, [8] * 10).days_until(0.5) == 9


def test_a_curve_that_never_falls_so_far_gives_no_day() -> None:
    assert kaplan_meier([1], [50] * 20).days_until(0.1) is None
    assert kaplan_meier([], [5]).days_until(0.5) is None


def test_few_endings_say_too_little() -> None:
    assert not kaplan_meier([1] * (ENOUGH_ENDINGS - 1), [1] * 99).says_enough
    assert kaplan_meier([1] * ENOUGH_ENDINGS, []).says_enough


@given(ended=days, still=days)
def test_the_curve_never_rises(ended: list[float], still: list[float]) -> None:
    shares = [share for _, share in kaplan_meier(ended, still).steps]
    assert shares == sorted(shares, reverse=True)
    assert all(0 <= share <= 1 for share in shares)
