"""Wilson's interval: always around the share, narrower with more evidence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.domain.intervals import rate


def test_a_known_interval() -> None:
    found = rate(10, 100)
    assert found.share == 0.1
    assert found.low == pytest.approx(0.06072, abs=1e-5)
    assert found.high == pytest.approx(0.16036, abs=1e-5)


def test_nothing_counted_says_nothing() -> None:
    found = rate(0, 0)
    assert (found.share, found.low, found.high) == (None, 0.0, 1.0)


def test_more_hits_than_cases_is_refused() -> None:
    with pytest.raises(ValueError, match="not a share"):
        rate(3, 2)


@given(st.integers(1, 10_000).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_the_interval_holds_the_share(counts: tuple[int, int]) -> None:
    found = rate(*counts)
    assert found.share is not None
    assert 0 <= found.low <= found.share <= found.high <= 1


@given(st.integers(1, 200).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_ten_times_the_evidence_narrows_the_interval(counts: tuple[int, int]) -> None:
    few, many = rate(*counts), rate(counts[0] * 10, counts[1] * 10)
    assert many.high - many.low < few.high - few.low
