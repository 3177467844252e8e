"""A small backtest in the suite; `python -m tests.backtest` is the large one."""

from __future__ import annotations

from datetime import timedelta

from tests.backtest.market import START, market
from tests.backtest.planted import named
from tests.backtest.scores import Scores, seen_on


def test_the_forecast_predicts_better_than_plain_stage_weights() -> None:
    scores = Scores()
    scores.take(seed=7, leads=260, days=160, looks=(90, 120, 150))
    assert scores.deals > 30
    assert scores.brier < scores.plain_brier


def test_planted_causes_are_named() -> None:
    found = named(seed=7, each=8)
    right, planted = (sum(column) for column in zip(*found.values(), strict=True))
    assert right / planted >= 0.85
    assert all(hits for hits, _ in found.values())


def test_a_market_repeats_itself_and_a_look_back_knows_nothing_of_later_days() -> None:
    early = START + timedelta(days=30)
    long, short = market(3, 40, 40, START + timedelta(days=90)), market(3, 40, 40, START + timedelta(days=60))
    assert seen_on(long, early) == seen_on(short, early)
