"""What the tests hold unit/domain to: closing."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from closeloop.domain.closing import choose, decide
from closeloop.domain.decisions import Close, Touch
from closeloop.domain.playbook import Inducement, Scarcity
from closeloop.domain.stage import Stage
from closeloop.domain.transitions import apply
from tests.unit.domain.people import NOW, playbook, prospect

RULES = playbook().closing
TODAY = NOW.date()


@given(
    amount=st.decimals(0, 10**6, places=0),
    least=st.decimals(0, 10**6, places=0),
    ends_in=st.integers(-400, 400),
    asks=st.integers(0, 9),
    offered=st.booleans(),
    proved=st.booleans(),
)
def test_no_close_is_ever_used_whose_conditions_do_not_hold(
    amount: Decimal, least: Decimal, ends_in: int, asks: int, offered: bool, proved: bool
) -> None:
    ends_on = TODAY + timedelta(days=ends_in)
    rules = RULES.model_copy(
        update={
            "inducement": Inducement(what="x", worth=Decimal(1), from_amount=least) if offered else None,
            "scarcity": Scarcity(what="seats", ends_on=ends_on, seats_left=3) if proved else None,
        }
    )
    choice = choose(prospect(amount=amount, closes=asks), rules, TODAY)
    if choice.template == "close_inducement":
        assert offered
        assert amount >= least
    if choice.template == "close_scarcity":
        assert proved
        assert ends_on >= TODAY
    if asks == 0:
        assert choice.template == "close_alternative"


def test_the_three_closes_come_in_turn_and_then_the_deal_gets_an_honest_end() -> None:
    person, used = prospect(stage=Stage.CLOSING, amount=Decimal(50_000)), []
    while isinstance(decision := decide(person, playbook(), NOW), Touch):
        used.append(decision.template)
        person = apply(decision, person, playbook(), NOW).prospect
    assert used[:3] == ["close_alternative", "close_inducement", "close_scarcity"]
    assert used[3:] == ["close_alternative"] * (RULES.maximum_asks - 3)
    assert isinstance(decision, Close)
    assert decision.come_back_at is not None


def test_scarcity_that_has_ended_is_not_used_again() -> None:
    after = date(2026, 5, 1)
    assert choose(prospect(amount=Decimal(0), closes=5), RULES, after).template == "close_alternative"
