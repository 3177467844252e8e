"""What a deal exchanges: nine ways to deal, both sides equal to the cent, in any currency."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from closeloop.domain.currencies import decimals, is_exact, rounded, total, written
from closeloop.domain.deal_terms import (
    COMBINATIONS,
    REST,
    Kind,
    Medium,
    PricedLine,
    TermLine,
    TermRules,
    Terms,
    terms_of,
)
from closeloop.domain.playbook import Playbook
from tests.unit.domain.people import playbook

CURRENCIES = st.sampled_from(["EUR", "USD", "JPY", "KWD", "THB", "CLF"])
PRICES = st.decimals("0.0001", 99_999, places=4)
QUANTITIES = st.decimals("0.01", 500, places=2)
LINES = st.builds(
    TermLine,
    kind=st.sampled_from(Kind),
    what=st.just("something"),
    quantity=QUANTITIES,
    price=PRICES,
    from_amount=st.integers(0, 10**6).map(Decimal),
)
RESTS = st.builds(TermLine, kind=st.sampled_from(Kind), what=st.none(), price=st.just(REST))


@st.composite
def term_rules(draw: st.DrawFn) -> TermRules:
    give = [draw(RESTS), *draw(st.lists(LINES, max_size=6))]
    take = [*draw(st.lists(RESTS, max_size=1)), *draw(st.lists(LINES, max_size=6))]
    return TermRules(give=tuple(draw(st.permutations(give))), take=tuple(draw(st.permutations(take))))


def in_fractions(lines: tuple[PricedLine, ...]) -> Fraction:
    return sum((Fraction(line.amount) for line in lines if not line.free), Fraction(0))


@given(rules=term_rules(), amount=st.decimals("0.01", 10**8, places=2), currency=CURRENCIES)
def test_deal_totals_are_exact(rules: TermRules, amount: Decimal, currency: str) -> None:
    try:
        terms = terms_of(amount, rules, currency)
    except ValueError:
        fixed = [
            line for line in rules.give if line.price != REST and line.from_amount <= rounded(amount, currency)
        ]
        assert total(line.value(currency) for line in fixed) >= rounded(amount, currency)
        return
    assert in_fractions(terms.give) == in_fractions(terms.take) == Fraction(terms.total)
    for line in (*terms.give, *terms.take):
        assert line.amount >= 0
        assert is_exact(line.amount, currency)
        exact = Fraction(line.quantity) * Fraction(line.price)
        assert abs(exact - Fraction(line.amount)) <= Fraction(1, 2 * 10 ** decimals(currency))
    _the_deal_is_worth_its_amount(terms, rounded(amount, currency))


def _the_deal_is_worth_its_amount(terms: Terms, amount: Decimal) -> None:
    """What we give is the deal, but for money that goes back because their side is worth more."""
    back = terms.total - amount
    assert back >= 0
    if back:
        assert (terms.give[-1].kind, terms.give[-1].amount) == (Kind.CASH, back)


@given(rules=term_rules(), least=st.integers(1, 10**6), more=st.decimals(0, 10**6, places=2))
def test_terms_that_the_playbook_takes_can_be_quoted_in_every_deal(
    rules: TermRules, least: int, more: Decimal
) -> None:
    assume(rules.too_much_from(Decimal(least), "EUR") is None)
    assert terms_of(Decimal(least) + more, rules, "EUR").total >= least


def a_line(medium: Medium, kind: Kind | None = None, price: Any = REST) -> TermLine:
    kinds = {Medium.GOODS: Kind.GOODS, Medium.SERVICES: Kind.SERVICES, Medium.PAYMENT: kind or Kind.CASH}
    return TermLine(kind=kinds[medium], what="this", price=price)


@pytest.mark.parametrize("payment", [Kind.CASH, Kind.IN_KIND])
@pytest.mark.parametrize(("ours", "theirs"), COMBINATIONS)
def test_each_of_the_nine_ways_to_deal_balances(ours: Medium, theirs: Medium, payment: Kind) -> None:
    rules = TermRules(give=(a_line(ours, payment),), take=(a_line(theirs, payment),))
    terms = terms_of(Decimal("1234.56"), rules, "EUR")
    assert terms.combinations == {(ours, theirs)}
    assert total(line.amount for line in terms.take) == terms.total == Decimal("1234.56")


def test_there_are_nine_ways_to_deal() -> None:
    assert len(set(COMBINATIONS)) == 9


def test_what_is_missing_on_a_side_is_paid_in_cash() -> None:
    give = a_line(Medium.SERVICES)
    short = terms_of(Decimal(1000), TermRules(give=(give,), take=(a_line(Medium.GOODS, price=400),)), "EUR")
    over = terms_of(Decimal(1000), TermRules(give=(give,), take=(a_line(Medium.GOODS, price=1400),)), "EUR")
    assert [(line.kind, line.amount) for line in short.take] == [
        (Kind.GOODS, Decimal(400)),
        (Kind.CASH, Decimal(600)),
    ]
    assert [(line.kind, line.amount) for line in over.give] == [
        (Kind.SERVICES, Decimal(1000)),
        (Kind.CASH, Decimal(400)),
    ]
    assert (short.cash, over.cash) == (Decimal(600), Decimal(-400))
    assert (short.total, over.total) == (Decimal(1000), Decimal(1400))


def test_a_line_is_rounded_once_to_the_smallest_unit_of_the_currency() -> None:
    line = TermLine(kind=Kind.SERVICES, what="days", quantity=Decimal("1.5"), price=Decimal("133.33"))
    assert [line.value(code) for code in ("EUR", "JPY", "KWD")] == [Decimal("200.00"), 200, Decimal("199.995")]
    assert written(Decimal("12500"), "EUR") == "EUR 12,500.00"
    assert written(Decimal("12500.5"), "JPY") == "JPY 12,501"


@pytest.mark.parametrize(
    ("give", "says"),
    [
        ([{"kind": "goods", "price": 10}], "exactly one line with `price: rest`"),
        ([{"kind": "goods", "price": "rest"}] * 2, "exactly one line with `price: rest`"),
        ([{"kind": "goods", "price": "rest", "quantity": 2}], "it has no quantity"),
        (
            [{"kind": "goods", "price": "rest"}, {"kind": "services", "price": 9000}],
            "leave nothing of a deal of 9000",
        ),
    ],
)
def test_terms_that_cannot_be_quoted_are_refused_with_the_playbook(give: list[Any], says: str) -> None:
    content = playbook().model_dump(mode="json")
    content["closing"]["terms"] = {"give": give}
    with pytest.raises(ValidationError, match=says):
        Playbook.model_validate(content)
