"""The forecast: exact money, ordered quantiles, the same answer for the same deals."""

from __future__ import annotations

import random
from decimal import Decimal
from math import sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closeloop.domain.chance import Chance
from closeloop.domain.forecast import DRAWS, OpenDeal, forecast, quantile, simulate
from closeloop.domain.stage import Stage

SURE = 1e9
"""So much weight that the chance is as good as known."""
CHANCES = {stage: max(1e-12, number / 10) for number, stage in enumerate(Stage)}
amounts = st.decimals(min_value=0, max_value=10**7, places=2)


def known(share: float) -> Chance:
    return Chance(yes=share * SURE, no=max(1e-3, (1 - share) * SURE))


deals_of_any_kind = st.lists(
    st.builds(
        OpenDeal,
        key=st.text("abcdef0123456789", min_size=4, max_size=8),
        stage=st.sampled_from(Stage),
        amount=st.none() | amounts,
        chance=st.sampled_from(tuple(CHANCES.values())).map(known),
    ),
    max_size=12,
    unique_by=lambda deal: deal.key,
)


def a_deal(
    key: str, stage: Stage = Stage.CLOSING, amount: int | None = 1000, chance: Chance | None = None
) -> OpenDeal:
    worth = None if amount is None else Decimal(amount)
    return OpenDeal(key=key, stage=stage, amount=worth, chance=chance or known(CHANCES[stage]))


def test_a_deal_counts_with_the_chance_of_its_stage() -> None:
    found = forecast([a_deal("a"), a_deal("b", Stage.APPROACH, 300)], "EUR")
    assert found.expected == Decimal("560.00")  # half of 1000 and a fifth of 300
    assert found.open_amount == 1300
    assert [row.stage for row in found.by_stage] == [Stage.APPROACH, Stage.CLOSING]


def test_a_deal_without_an_amount_is_named_and_counts_for_nothing() -> None:
    found = forecast([a_deal("a"), a_deal("b", amount=None)], "EUR")
    assert (found.deals, found.without_amount, found.expected) == (2, 1, Decimal("500.00"))


def test_no_open_deals_forecast_nothing() -> None:
    found = forecast([], "EUR")
    assert found.expected == found.p10 == found.p90 == 0
    assert found.futures == ()


def test_sure_deals_leave_no_band() -> None:
    found = forecast([a_deal("a", chance=known(1))], "EUR")
    assert found.p10 == found.p90 == found.expected == 1000


def test_amounts_with_cents_add_up_exactly() -> None:
    deals = [OpenDeal(key=str(n), stage=Stage.CLOSING, amount=Decimal("0.10"), chance=known(1)) for n in range(30)]
    assert forecast(deals, "EUR").p90 == Decimal("3.00")


def test_the_order_of_the_deals_does_not_matter() -> None:
    deals = [a_deal(f"{n:03}", stage, 1000 + n) for n in range(9) for stage in (Stage.CLOSING,)]
    shuffled = random.Random(3).sample(deals, len(deals))  # noqa: S311
    assert forecast(deals, "EUR") == forecast(shuffled, "EUR")


def test_another_seed_draws_other_futures() -> None:
    deals = [a_deal(f"{n:03}", amount=1000 + n) for n in range(40)]
    assert forecast(deals, "EUR", seed=1).futures != forecast(deals, "EUR", seed=2).futures


def test_the_bars_hold_every_future() -> None:
    found = forecast([a_deal(f"{n:03}", amount=1000 + n) for n in range(40)], "EUR")
    assert sum(bar.share for bar in found.futures) == pytest.approx(1)
    assert found.futures[0].low <= found.p10 <= found.p90 <= found.futures[-1].high


def test_a_chance_that_few_deals_speak_for_widens_the_band() -> None:
    """Deals of one cell share what is not known about it, so it does not cancel out over many of them."""
    sure, guess = known(0.5), Chance(yes=2, no=2)
    bands = [
        forecast([a_deal(f"{n:03}", amount=500 + n, chance=one) for n in range(100)], "EUR")
        for one in (sure, guess)
    ]
    narrow, wide = (band.p90 - band.p10 for band in bands)
    assert wide > 3 * narrow
    assert bands[0].expected == bands[1].expected


def test_the_band_covers_eight_of_ten_real_outcomes() -> None:
    """Other random numbers than the forecast's own play the part of what really happens."""
    deals = [a_deal(f"{n:03}", amount=500 + 37 * n) for n in range(60)]
    found, world = forecast(deals, "EUR", seed=0), random.Random(99)  # noqa: S311
    outcomes = [sum(d.amount or 0 for d in deals if world.random() < 0.5) for _ in range(2000)]
    covered = sum(found.p10 <= outcome <= found.p90 for outcome in outcomes) / len(outcomes)
    assert covered == pytest.approx(0.8, abs=0.04)


@settings(max_examples=40, deadline=None)
@given(deals=deals_of_any_kind, seed=st.integers(0, 5))
def test_quantiles_are_ordered_and_hold_the_expected_value(deals: list[OpenDeal], seed: int) -> None:
    found = forecast(deals, "EUR", seed=seed)
    total = sum((deal.amount or Decimal(0) for deal in deals), Decimal(0))
    assert 0 <= found.p10 <= found.p90 <= total
    spread = sqrt(sum(float(d.amount or 0) ** 2 * d.chance.mean * (1 - d.chance.mean) for d in deals))
    # Cantelli: no distribution has its 90 % quantile further than a third of a deviation below its mean;
    # a tenth of a deviation more for what 4,096 draws may miss
    slack = Decimal(spread * (1 / 3 + 0.1) + 0.02)
    assert found.p10 - slack <= found.expected <= found.p90 + slack


@settings(max_examples=25, deadline=None)
@given(cents=st.lists(st.integers(1, 10**9), min_size=1, max_size=8), seed=st.integers(0, 3))
def test_every_future_is_a_sum_of_some_of_the_deals(cents: list[int], seed: int) -> None:
    totals = simulate(cents, [(Stage.CLOSING, Chance(yes=4, no=6))] * len(cents), seed)
    possible = {0}
    for amount in cents:
        possible |= {amount + total for total in possible}
    assert len(totals) == DRAWS
    assert set(totals) <= possible
    assert totals == sorted(totals)


def test_quantiles_are_drawn_values() -> None:
    assert quantile([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0.1) == 2
    assert quantile([7], 0.9) == 7
