"""How good the forecast was: it is made again for the past, from what was known then, and held against what came.

Invariant: a prediction learns only from runs that had ended when it would have been made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from closeloop.domain.chances import Chances, Passed, learn
from closeloop.domain.deal_runs import learnable
from closeloop.domain.forecast import quantile, simulate
from closeloop.domain.intervals import Rate, rate
from closeloop.domain.playbook import Playbook
from closeloop.domain.record import Record, Share

EVERY, MOST_TIMES = timedelta(days=7), 26
"""How often a forecast is made again; more rarely where the past is long."""
PAST_DRAWS = 512
FEWEST_OPEN = 5
"""Open deals under which a total is one deal's luck."""
BINS = 5
ENOUGH_SCORED = 20


class Bin(Record):
    """Predictions between two chances, against the share of orders that came of them."""

    low: Share
    high: Share
    predicted: Share
    """Their mean."""
    observed: Rate


class Calibration(Record):
    """How good the predictions were: mean squared errors, where 0 is perfect. None: nothing to score."""

    deals: int
    """Ended deals behind the scores."""
    predictions: int = 0
    """One for each deal on each day on which the forecast was made again."""
    brier: Share | None = None
    plain: Share | None = None
    """The score of the playbook's stage weights alone."""
    guessing: Share | None = None
    """The score of always predicting the won share of these same deals: beat it, or the forecast knows nothing."""
    bins: tuple[Bin, ...] = ()
    covered: Rate | None = None
    """Forecasts made again whose 80 % band held what came, of those where nearly all deals have ended."""

    @property
    def says_enough(self) -> bool:
        return self.deals >= ENOUGH_SCORED


Prediction = tuple[float, float, bool]
"""Predicted, by the playbook's weight alone, and whether it was won."""


def calibration(
    runs: Sequence[Passed], amounts: Mapping[str, Decimal | None], playbook: Playbook, now: datetime
) -> Calibration:
    """Scores of the forecasts that would have been made, over runs that nearly all of their time have ended."""
    judged = {id(run) for run in learnable((one.run for one in runs), now)}
    found: list[Prediction] = []
    bands: list[bool] = []
    scored = [one for one in runs if id(one.run) in judged]
    for at in _times(runs, now):
        known = {id(run) for run in learnable((one.run for one in runs), at)}
        chances = learn((one for one in runs if id(one.run) in known), playbook)
        found += _predictions(scored, chances, at)
        if (held := _band_held(scored, runs, chances, amounts, at)) is not None:
            bands.append(held)
    return _scores(len(scored), found, bands)


def _times(runs: Sequence[Passed], now: datetime) -> list[datetime]:
    if not runs:
        return []
    first = min(one.run.opened_at for one in runs)
    step = max(EVERY, (now - first) / MOST_TIMES)
    times = [first + step * number for number in range(MOST_TIMES + 1)]
    return [at for at in times if at < now]


def _predictions(scored: Iterable[Passed], chances: Chances, at: datetime) -> list[Prediction]:
    found = ((one.cell_then(at), one.run.won) for one in scored if one.run.is_open(at))
    return [(chances.of(cell).mean, chances.playbook.probability(cell[0]), won) for cell, won in found]


def _band_held(
    scored: Sequence[Passed],
    runs: Sequence[Passed],
    chances: Chances,
    amounts: Mapping[str, Decimal | None],
    at: datetime,
) -> bool | None:
    """Whether the band of that day held what its open deals brought; None where that cannot be said yet."""
    open_then = [one for one in scored if one.run.is_open(at) and amounts.get(one.run.key)]
    all_open = sum(1 for one in runs if one.run.is_open(at) and amounts.get(one.run.key))
    if len(open_then) < FEWEST_OPEN or len(open_then) < 0.9 * all_open:
        return None
    cents = [int((amounts[one.run.key] or Decimal(0)) * 100) for one in open_then]
    cells = [one.cell_then(at) for one in open_then]
    totals = simulate(cents, [(cell[0], chances.of(cell)) for cell in cells], len(open_then), PAST_DRAWS)
    came = sum(amount for amount, one in zip(cents, open_then, strict=True) if one.run.won)
    return quantile(totals, 0.1) <= came <= quantile(totals, 0.9)


def _scores(deals: int, found: Sequence[Prediction], bands: Sequence[bool]) -> Calibration:
    if not found:
        return Calibration(deals=0)
    won = sum(is_won for *_, is_won in found) / len(found)
    return Calibration(
        deals=deals,
        predictions=len(found),
        brier=sum((ours - is_won) ** 2 for ours, _, is_won in found) / len(found),
        plain=sum((plain - is_won) ** 2 for _, plain, is_won in found) / len(found),
        guessing=won * (1 - won),
        bins=tuple(_bins(found)),
        covered=rate(sum(bands), len(bands)) if bands else None,
    )


def _bins(found: Sequence[Prediction]) -> Iterable[Bin]:
    for number in range(BINS):
        here = [(ours, is_won) for ours, _, is_won in found if min(int(ours * BINS), BINS - 1) == number]
        if here:
            yield Bin(
                low=number / BINS,
                high=(number + 1) / BINS,
                predicted=sum(ours for ours, _ in here) / len(here),
                observed=rate(sum(is_won for _, is_won in here), len(here)),
            )
