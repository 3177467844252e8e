"""The forecast: what the open deals are worth, how sure that is, and how good earlier forecasts were.

Amounts are `Decimal` in one currency and are simulated in whole cents, so no draw loses money to rounding.
Invariant: the same deals, probabilities and seed give the same forecast, in whatever order the deals come.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import compress, repeat, starmap
from operator import attrgetter, lt
from typing import Annotated

from pydantic import PlainSerializer

from closeloop.domain.record import Record, Share
from closeloop.domain.stage import Stage

Money = Annotated[Decimal, PlainSerializer(float, return_type=float, when_used="json")]
"""An amount in the report's currency: exact here, a plain number in JSON."""

DRAWS = 4096
"""Simulated futures of each forecast: enough for quantiles that hold still, few enough to be quick."""

BARS = 24
"""Bars of the picture of all simulated futures."""

CENT = Decimal("0.01")


class OpenDeal(Record):
    """What the forecast needs to know of a deal."""

    key: str
    stage: Stage
    amount: Decimal | None = None


class StageForecast(Record):
    """The open deals of one stage."""

    stage: Stage
    deals: int
    probability: Share
    amount: Money
    expected: Money


class Bar(Record):
    """How many of the simulated futures end between `low` and `high`."""

    low: Money
    high: Money
    share: Share


class Forecast(Record):
    """Money that the open deals will bring: the mean, and the band that eight futures of ten end in."""

    currency: str
    deals: int
    without_amount: int
    """Open deals that count for nothing here because nobody put an amount on them."""
    open_amount: Money
    expected: Money
    p10: Money
    p90: Money
    by_stage: tuple[StageForecast, ...]
    futures: tuple[Bar, ...]
    draws: int
    seed: int


class Calibration(Record):
    """How good the predictions were: the mean squared error over closed deals (0 is perfect)."""

    deals: int
    brier: Share | None = None
    """None when no closed deal carried a prediction."""
    guessing: Share | None = None
    """The score of always predicting the won share of these same deals: beat it, or the weights are wrong."""


Chance = Callable[[Stage], float]
"""The probability of an order for a deal in a stage, 0 to 1."""


def forecast(deals: Iterable[OpenDeal], chance: Chance, currency: str, seed: int = 0) -> Forecast:
    """Expected value with a 10-90 % band. Deals are taken as independent of each other."""
    ordered = sorted(deals, key=attrgetter("key"))
    priced = [deal for deal in ordered if deal.amount is not None]
    cents = [_cents(deal.amount) for deal in priced]
    chances = [chance(deal.stage) for deal in priced]
    totals = simulate(cents, chances, seed)
    by_stage = _by_stage(ordered, chance)
    return Forecast(
        currency=currency,
        deals=len(ordered),
        without_amount=len(ordered) - len(priced),
        open_amount=_money(sum(cents)),
        expected=sum((row.expected for row in by_stage), Decimal(0)).quantize(CENT),
        p10=_money(quantile(totals, 0.1)),
        p90=_money(quantile(totals, 0.9)),
        by_stage=by_stage,
        futures=_bars(totals),
        draws=DRAWS,
        seed=seed,
    )


def simulate(cents: Sequence[int], chances: Sequence[float], seed: int) -> list[int]:
    """`DRAWS` totals in cents, ascending: in each, every deal is won with its chance or brings nothing."""
    uniform = starmap(random.Random(seed).random, repeat(()))  # noqa: S311 - a simulation, not a secret
    # all iteration stays inside C: 2,000 deals take about 0.4 s, an explicit loop four times that
    return sorted(sum(compress(cents, map(lt, uniform, chances))) for _ in range(DRAWS))


def quantile(ascending: Sequence[int], share: float) -> int:
    """Nearest-rank quantile: a total that really was drawn."""
    return ascending[min(int(share * len(ascending)), len(ascending) - 1)]


def calibration(outcomes: Iterable[tuple[float, bool]]) -> Calibration:
    """Brier score of (predicted chance, was won) pairs."""
    pairs = list(outcomes)
    if not pairs:
        return Calibration(deals=0)
    won = sum(is_won for _, is_won in pairs) / len(pairs)
    brier = sum((predicted - is_won) ** 2 for predicted, is_won in pairs) / len(pairs)
    return Calibration(deals=len(pairs), brier=brier, guessing=won * (1 - won))


def _by_stage(deals: Sequence[OpenDeal], chance: Chance) -> tuple[StageForecast, ...]:
    rows = []
    for stage in Stage:
        here = [deal for deal in deals if deal.stage is stage]
        if here:
            amount = sum((deal.amount or Decimal(0) for deal in here), Decimal(0))
            expected = (amount * Decimal(str(chance(stage)))).quantize(CENT, ROUND_HALF_EVEN)
            row = StageForecast(
                stage=stage, deals=len(here), probability=chance(stage), amount=amount, expected=expected
            )
            rows.append(row)
    return tuple(rows)


def _bars(ascending: Sequence[int]) -> tuple[Bar, ...]:
    """Equal bars from the lowest to the highest draw; none when every future is the same."""
    low, high = ascending[0], ascending[-1]
    if low == high:
        return ()
    counts = [0] * BARS
    for total in ascending:
        counts[min((total - low) * BARS // (high - low), BARS - 1)] += 1
    edges = [_money(low + (high - low) * i // BARS) for i in range(BARS + 1)]
    return tuple(
        Bar(low=edges[i], high=edges[i + 1], share=count / len(ascending)) for i, count in enumerate(counts)
    )


def _cents(amount: Decimal | None) -> int:
    return int(((amount or Decimal(0)) / CENT).to_integral_value(ROUND_HALF_EVEN))


def _money(cents: int) -> Decimal:
    return Decimal(cents) * CENT
