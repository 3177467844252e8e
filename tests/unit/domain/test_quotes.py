"""Quotes are numbered stably: the same deal on the same day is the same quote, anything else is another."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.domain.close_rules import CloseKind
from closeloop.domain.errors import RenderError
from closeloop.domain.offers import AS_WRITTEN, offer_of
from closeloop.domain.quotes import quote, quoted
from tests.unit.domain.people import NOW, playbook, prospect

TODAY = NOW.date()
EXTRA = offer_of(CloseKind.INDUCEMENT, playbook(), TODAY, AS_WRITTEN)


@given(amount=st.decimals(9_000, 180_000, places=2), days=st.integers(0, 400))
def test_the_same_input_gives_the_same_number_and_the_total_is_the_deal(amount: Decimal, days: int) -> None:
    on, deal = TODAY + timedelta(days=days), prospect(amount=amount)
    first, again = (quoted(deal, playbook(), on) for _ in range(2))
    assert first == again
    document = quote(deal.model_copy(update={"quote": first}), playbook(), "en")
    assert document.terms.total == first.total == amount
    assert first.valid_until == on + timedelta(days=30)


@pytest.mark.parametrize(
    "other", [{"amount": Decimal(50_001)}, {"company": "Saab"}, {"key": "00Q5f000001XyZaEAK"}], ids=str
)
def test_another_amount_company_or_person_is_another_number(other: dict[str, Any]) -> None:
    fields: dict[str, Any] = {"amount": Decimal(50_000)}
    assert quoted(prospect(**fields), playbook(), TODAY) != quoted(prospect(**(fields | other)), playbook(), TODAY)


def test_a_quote_with_an_extra_holds_it_at_no_charge_until_its_last_day() -> None:
    deal = prospect(amount=Decimal(50_000))
    mark = quoted(deal, playbook(), TODAY, EXTRA)
    assert EXTRA is not None
    assert mark.valid_until == EXTRA.until == TODAY + timedelta(days=14)
    terms = quote(deal.model_copy(update={"quote": mark}), playbook(), "en").terms
    assert (terms.give[-1].free, terms.give[-1].amount, terms.total) == (True, Decimal(2400), Decimal(50_000))


def test_a_quote_stands_until_three_days_before_its_end() -> None:
    deal = prospect(amount=Decimal(50_000))
    known = deal.model_copy(update={"quote": quoted(deal, playbook(), TODAY)})
    assert quoted(known, playbook(), TODAY + timedelta(days=27)) == known.quote
    assert quoted(known, playbook(), TODAY + timedelta(days=28)) != known.quote
    more = known.model_copy(update={"amount": Decimal(60_000)})
    assert quoted(more, playbook(), TODAY) != known.quote


def test_a_deal_of_nothing_cannot_be_quoted() -> None:
    with pytest.raises(RenderError, match="no quote can be made"):
        quoted(prospect(amount=Decimal(0)), playbook(), TODAY)
