"""The deck bench draws what it says, and says so when it did not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench import decks as bench
from tests.bench.child import BenchFailed
from tests.bench.decks import measure_decks

pytestmark = pytest.mark.long


def test_three_decks_are_drawn_by_both_sides_and_looked_at(tmp_path: Path) -> None:
    found = measure_decks(3, tmp_path)
    assert (found["decks"], found["problems"]) == (3, [])
    assert found["fewest_slides"] >= 10
    assert 0 < found["cpu_seconds"] < 20
    assert found["bare_cpu_seconds"] > 0
    assert found["goal_seconds"] == pytest.approx(0.3)


def test_a_deck_that_may_not_be_shown_fails_the_bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "run_child", lambda *_: {"problems": ["0.pptx: agenda on slide 2"]})
    with pytest.raises(BenchFailed, match="1 of 3 decks may not be shown"):
        measure_decks(3, tmp_path)
