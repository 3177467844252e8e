"""The report's sentences say what the figures say, and no more."""

from __future__ import annotations

from decimal import Decimal

import pytest

from closeloop.adapters.report import words
from closeloop.domain.calibration import Calibration
from closeloop.domain.figures import ApproachFigures, Deliverability
from closeloop.domain.intervals import rate
from tests.unit.busy_year import BusyYear
from tests.unit.invented_deals import a_deal, figures_of


def an_approach(kind: str, hits: int, of: int) -> ApproachFigures:
    return ApproachFigures(kind=kind, replied=rate(hits, of), positive=rate(0, of))


@pytest.mark.parametrize(
    ("amount", "currency", "short"),
    [
        (0, "EUR", "€0"),
        (999, "EUR", "€999"),
        (48_250, "USD", "$48k"),
        (1_146_100, "EUR", "€1.15M"),
        (999_600, "EUR", "€1.00M"),
        (5000, "SEK", "SEK 5k"),
    ],
)
def test_headline_money_is_short(amount: int, currency: str, short: str) -> None:
    assert words.money_short(Decimal(amount), currency) == short


def test_small_shares_keep_a_decimal() -> None:
    assert [words.percent(share) for share in (0, 0.0012, 0.34, 1)] == ["0%", "0.1%", "34%", "100%"]


def test_a_winner_is_named_only_beyond_chance() -> None:
    clear = [an_approach("question", 60, 100), an_approach("premium", 10, 100)]
    close = [an_approach("question", 12, 40), an_approach("premium", 9, 40)]
    assert words.say_approaches(clear).startswith("The question approach is answered more often")
    assert words.say_approaches(close).startswith("No approach stands out")
    assert "nothing to compare" in words.say_approaches([an_approach("question", 3, 9)])


def test_the_narrowest_step_needs_enough_prospects() -> None:
    assert "Too few" in words.say_funnel(figures_of([a_deal()]))
    assert words.say_funnel(BusyYear().figures()).startswith("Fewest go on from closing: ")


def scored(brier: float, guessing: float, deals: int = 40) -> str:
    return words.say_calibration(Calibration(deals=deals, brier=brier, plain=0.2, guessing=guessing))


def test_the_score_is_compared_with_guessing_and_the_plain_weights() -> None:
    assert "better than always guessing" in scored(0.12, 0.25)
    assert "no better than" in scored(0.3, 0.25)
    assert "weights alone score 0.200" in scored(0.12, 0.25)
    assert "all ended alike" in scored(0.25, 0)


def test_a_score_over_few_deals_is_no_verdict() -> None:
    assert scored(0.12, 0.25, deals=7).endswith("These are too few to judge it by.")
    assert "cannot be scored" in words.say_calibration(Calibration(deals=0))


def test_durations_are_said_in_the_unit_that_fits() -> None:
    assert [words.hours(n) for n in (0, 0.2, 1, 7.4, 60)] == [
        "at once",
        "12 minutes",
        "1 hour",
        "7 hours",
        "2.5 days",
    ]


def test_mail_trouble_is_called_out() -> None:
    calm = Deliverability(accepted=1000, bounce_rate=0.004, complaint_rate=0.0)
    loud = Deliverability(accepted=1000, bounce_rate=0.004, complaint_rate=0.003)
    assert "within what mailbox providers accept" in words.say_mail(calm)
    assert "Attention" in words.say_mail(loud)


def test_the_headline_speaks_of_open_deals_only_where_there_are_any() -> None:
    assert words.headline(figures_of()) == "€0 won from 0 deals"
    assert words.headline(figures_of([a_deal()])) == "€0 won, €14k expected from 1 open deal"
