"""The report's sentences say what the figures say, and no more."""

from __future__ import annotations

from decimal import Decimal

import pytest

from closeloop.adapters.report import words
from closeloop.domain.figures import ApproachFigures, Deliverability
from closeloop.domain.forecast import calibration
from closeloop.domain.intervals import rate
from tests.unit.invented_deals import BusyYear, a_deal, figures_of


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
    assert words.say_funnel(BusyYear().figures()).startswith("Narrowest between approach and presentation")


def test_the_score_is_compared_with_guessing() -> None:
    good = [(0.9, True), (0.1, False)] * 10
    bad = [(0.1, True), (0.9, False)] * 10
    assert "better than always guessing" in words.say_calibration(calibration(good))
    assert "no better than" in words.say_calibration(calibration(bad))
    assert "all ended alike" in words.say_calibration(calibration([(0.5, True)]))


def test_mail_trouble_is_called_out() -> None:
    calm = Deliverability(accepted=1000, bounce_rate=0.004, complaint_rate=0.0)
    loud = Deliverability(accepted=1000, bounce_rate=0.004, complaint_rate=0.003)
    assert "within what mailbox providers accept" in words.say_mail(calm)
    assert "Attention" in words.say_mail(loud)


def test_the_headline_speaks_of_open_deals_only_where_there_are_any() -> None:
    assert words.headline(figures_of()) == "€0 won from 0 deals"
    assert words.headline(figures_of([a_deal()])) == "€0 won, €14k expected from 1 open deal"
