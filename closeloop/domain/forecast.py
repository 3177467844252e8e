"""The forecast: what the open deals are worth, and how sure that is.

Amounts are `Decimal` in one currency and are simulated in whole cents, so no draw loses money to rounding.
Invariant: the same deals, chances and seed give the same forecast, in whatever order the deals come.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import compress, repeat, starmap
from operator import attrgetter, lt
from typing import Annotated

from pydantic import PlainSerializer

from closeloop.domain.chance import Chance
from closeloop.domain.record import Record, Share
from closeloop.domain.stage import Stage

Money = Annotated[Decimal, PlainSerializer(float, return_type=float, when_used="json")]
"""An amount in the report's currency: exact here, a plain number in JSON."""

DRAWS = 4096
"""Simulated futures of each forecast: enough for quantiles that hold still, few enough to be quick."""

LUCKS = 4
"""Futures under one draw of the chances: luck is quick to draw, a beta distribution is not."""

BARS = 24
"""Bars of the picture of all simulated futures."""

CENT = Decimal("0.01")


class OpenDeal(Record):
    """What the forecast needs to know of a deal."""

    key: str
    stage: Stage
    amount: Decimal | None = None
    chance: Chance
    """Deals of one stage with the same chance share what is not known about it: they stand in one cell."""


class StageForecast(Record):
    """The open deals of one stage."""

    stage: Stage
    deals: int
    probability: Share
    """Mean chance of its deals."""
    amount: Money
    expected: Money


class DealForecast(Record):
    """One open deal: its chance of an order, and what that makes of its amount."""

    key: str
    stage: Stage
    chance: Share
    amount: Money | None
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
    by_deal: tuple[DealForecast, ...] = ()
    """By key."""
    futures: tuple[Bar, ...]
    draws: int
    seed: int


def forecast(deals: Iterable[OpenDeal], currency: str, seed: int = 0) -> Forecast:
    """Expected value with a 10-90 % band, which holds both luck and what is not known about the chances."""
    ordered = sorted(deals, key=attrgetter("key"))
    priced = [deal for deal in ordered if deal.amount is not None]
    cents = [_cents(deal.amount) for deal in priced]
    totals = simulate(cents, [(deal.stage, deal.chance) for deal in priced], seed)
    by_stage = _by_stage(ordered)
    return Forecast(
        currency=currency,
        deals=len(ordered),
        without_amount=len(ordered) - len(priced),
        open_amount=_money(sum(cents)),
        expected=sum((row.expected for row in by_stage), Decimal(0)).quantize(CENT),
        p10=_money(quantile(totals, 0.1)),
        p90=_money(quantile(totals, 0.9)),
        by_stage=by_stage,
        by_deal=tuple(_of_deal(deal) for deal in ordered),
        futures=_bars(totals),
        draws=DRAWS,
        seed=seed,
    )


def simulate(
    cents: Sequence[int], cells: Sequence[tuple[Stage, Chance]], seed: int, draws: int = DRAWS
) -> list[int]:
    """`draws` totals in cents, ascending.

    Every cell draws what its chance really is, then in each of the next few futures every deal is won with the
    chance of its cell or brings nothing.
    """
    rng = random.Random(seed)  # noqa: S311 - a simulation, not a secret
    kinds = list(dict.fromkeys(cells))
    place = {kind: number for number, kind in enumerate(kinds)}
    where = [place[cell] for cell in cells]
    uniform = starmap(rng.random, repeat(()))
    totals: list[int] = []
    while len(totals) < draws:
        drawn = [chance.drawn(rng) for _, chance in kinds]
        chances = list(map(drawn.__getitem__, where))
        # the inner iteration stays inside C: an explicit loop over the deals takes four times as long
        totals += [sum(compress(cents, map(lt, uniform, chances))) for _ in range(min(LUCKS, draws - len(totals)))]
    return sorted(totals)


def quantile(ascending: Sequence[int], share: float) -> int:
    """Nearest-rank quantile: a total that really was drawn."""
    return ascending[min(int(share * len(ascending)), len(ascending) - 1)]


def _of_deal(deal: OpenDeal) -> DealForecast:
    return DealForecast(
        key=deal.key,
        stage=deal.stage,
        chance=deal.chance.mean,
        amount=deal.amount,
        expected=_expected(deal).quantize(CENT, ROUND_HALF_EVEN),
    )


def _expected(deal: OpenDeal) -> Decimal:
    return (deal.amount or Decimal(0)) * Decimal(str(deal.chance.mean))


def _by_stage(deals: Sequence[OpenDeal]) -> tuple[StageForecast, ...]:
    rows = []
    for stage in Stage:
        here = [deal for deal in deals if deal.stage is stage]
        if here:
            expected = sum((_expected(deal) for deal in here), Decimal(0))
            row = StageForecast(
                stage=stage,
                deals=len(here),
                probability=sum(deal.chance.mean for deal in here) / len(here),
                amount=sum((deal.amount or Decimal(0) for deal in here), Decimal(0)),
                expected=expected.quantize(CENT, ROUND_HALF_EVEN),
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
