"""Chances: the playbook's weights until history says otherwise, and scores without hindsight."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from closeloop.domain.calibration import calibration
from closeloop.domain.chance import Chance
from closeloop.domain.chances import Age, Chances, age_of, by_stage, learn, passed, usual_days
from closeloop.domain.deal_runs import Run, learnable
from closeloop.domain.history import read
from closeloop.domain.stage import Stage
from closeloop.domain.state_of_mind import Mood
from tests.unit.invented_deals import NOW, a_deal, a_decision, a_touch, an_advance, figures_of
from tests.unit.invented_playbook import a_playbook

BOOK = a_playbook()


def a_run(key: str, *, began: float, lasted: float | None, won: bool = False) -> Run:
    """A run in closing that began so many days ago."""
    at = NOW - timedelta(days=began)
    end = at + timedelta(days=lasted) if lasted is not None else None
    return Run(key=key, opened_at=at, moves=[(at, Stage.CLOSING)], ended_at=end, won=won)


def learned(runs: list[Run]) -> Chances:
    return learn((passed(run, [], usual_days(BOOK), NOW) for run in runs), BOOK)


def test_without_history_the_playbook_speaks() -> None:
    chances = Chances(BOOK)
    assert not chances.has_learned
    assert chances.of_stage(Stage.CLOSING).mean == pytest.approx(BOOK.probability(Stage.CLOSING))
    assert chances.of((Stage.CLOSING, Mood.OPEN, Age.FRESH)).mean == pytest.approx(0.65)


def test_without_history_mood_and_age_move_the_weight_the_plausible_way() -> None:
    chances = Chances(BOOK)
    cells = [(Stage.CLOSING, mood, age) for mood in (Mood.KEEN, Mood.OPEN, Mood.COLD) for age in Age]
    means = [chances.of(cell).mean for cell in cells]
    assert [means[n : n + 3] == sorted(means[n : n + 3], reverse=True) for n in (0, 3, 6)] == [True] * 3
    assert means[0] > means[3] > means[6]


def test_few_deals_move_a_weight_little_and_many_far() -> None:
    few, many = (
        learned([a_run(str(n), began=50, lasted=5) for n in range(size)]).of_stage(Stage.CLOSING)
        for size in (2, 80)
    )
    assert 0.3 < few.mean < 0.65
    assert many.mean < 0.05
    assert many.middle[1] - many.middle[0] < few.middle[1] - few.middle[0]


def test_slow_deals_weigh_more_since_a_look_meets_them_more_often() -> None:
    quick = [a_run(f"w{n}", began=60, lasted=1, won=True) for n in range(20)]
    slow = [a_run(f"l{n}", began=60, lasted=9) for n in range(20)]
    assert learned([*quick, *slow]).of_stage(Stage.CLOSING).mean == pytest.approx(0.14, abs=0.05)


def test_young_runs_are_not_learned_from_because_only_the_quick_have_ended() -> None:
    old = [a_run(f"o{n}", began=90, lasted=20) for n in range(20)]
    young = [a_run(f"y{n}", began=6, lasted=3, won=True) for n in range(5)]
    still = [a_run(f"s{n}", began=6, lasted=None) for n in range(5)]
    assert {run.key[0] for run in learnable([*old, *young, *still], NOW)} == {"o"}


def test_an_age_is_measured_against_the_usual_days() -> None:
    assert [age_of(days, 10) for days in (10, 10.1, 20, 20.1)] == [Age.FRESH, Age.LATE, Age.LATE, Age.OVERDUE]


def test_a_chance_is_never_certain() -> None:
    assert Chances(BOOK).of_stage(Stage.PROSPECTING).mean > 0
    assert 0 < Chance(yes=0.1, no=5).middle[0] < Chance(yes=0.1, no=5).middle[1] < 1


def test_the_report_says_when_history_does_not_suffice() -> None:
    figures = figures_of([a_deal()])
    assert (figures.has_learned, figures.learned_from) == (False, 0)
    assert [row.stage for row in figures.chances] == [Stage.PRESENTATION, Stage.OBJECTIONS, Stage.CLOSING]
    assert all(row.low < row.playbook < row.high for row in figures.chances)
    assert by_stage(Chances(BOOK)) == figures.chances


def test_past_forecasts_are_scored_without_hindsight() -> None:
    """All deals were won, but when the first of them were open nobody knew that: their predictions were poor."""
    runs = [a_run(f"{n:03}", began=300 - 2 * n, lasted=10, won=True) for n in range(100)]
    ways = [passed(run, [], usual_days(BOOK), NOW) for run in runs]
    found = calibration(ways, {run.key: Decimal(100) for run in runs}, BOOK, NOW)
    assert found.deals == 100
    assert found.brier is not None
    assert found.plain is not None
    assert 0.001 < found.brier < found.plain == pytest.approx(0.35**2)
    assert found.guessing == 0
    assert sum(one.observed.of for one in found.bins) == found.predictions


def test_nothing_that_ended_means_nothing_to_score() -> None:
    ways = [passed(a_run("1", began=9, lasted=None), [], usual_days(BOOK), NOW)]
    found = calibration(ways, {"1": Decimal(1)}, BOOK, NOW)
    assert (found.deals, found.brier, found.covered) == (0, None, None)


def test_a_deal_that_wakes_begins_another_run() -> None:
    rows = [
        an_advance("00Q01", Stage.APPROACH, Stage.PRESENTATION, days_ago=90),
        a_touch(stage=Stage.PRESENTATION, days_ago=89),
        a_decision("Park", days_ago=80, stage=Stage.PRESENTATION),
        an_advance("00Q01", Stage.FOLLOW_UP, Stage.PRESENTATION, days_ago=20),
        a_decision("Close", days_ago=10, stage=Stage.PRESENTATION, detail={"won": True}),
    ]
    first, second = read(rows).runs
    assert (first.won, second.won) == (False, True)
    assert len(first.touches) == 1
    assert second.opened_at == NOW - timedelta(days=20)
