"""Closing: the close is chosen by rule, and no offer ever breaks its conditions, whatever the playbook says."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from closeloop.domain.approval_rules import value_of
from closeloop.domain.close_rules import EVERYBODY, CloseKind, CloseRule, Closing, Inducement, Scarcity
from closeloop.domain.closing import choose, decide, objections_of, price_was_spoken_of
from closeloop.domain.decisions import Close, Touch
from closeloop.domain.offers import Supply, no_longer, offer_in, today_of
from closeloop.domain.playbook import Playbook
from closeloop.domain.prospect import Objection, Prospect
from closeloop.domain.signals import Label
from closeloop.domain.stage import Stage
from closeloop.domain.state_of_mind import Mood, of_prospect
from closeloop.domain.steps import Seen
from closeloop.domain.transitions import apply
from tests.unit.domain.people import NOW, playbook, prospect

TODAY = NOW.date()
OBJECTIONS = [label for label in Label if label.is_objection]
AMOUNTS = st.decimals(0, 10**6, places=0)
DATES = st.integers(-400, 400).map(lambda days: TODAY + timedelta(days=days))


def rules(**changes: Any) -> Playbook:
    """The shipped playbook with another closing."""
    closing = playbook().closing.model_copy(update=changes)
    return playbook().model_copy(update={"closing": Closing.model_validate(closing.model_dump())})


@st.composite
def scarcities(draw: st.DrawFn) -> Scarcity:
    ends_on = draw(st.none() | DATES)
    count = draw(st.integers(1, 6)) if ends_on is None else draw(st.none() | st.integers(1, 6))
    pieces = "stock_left" if draw(st.booleans()) else "seats_left"
    return Scarcity.model_validate({"what": "places", "ends_on": ends_on, pieces: count})


INDUCEMENTS = st.builds(
    Inducement,
    what=st.just("eight weeks of support"),
    worth=st.decimals(1, 5000, places=2),
    from_amount=AMOUNTS,
    budget_per_month=st.none() | st.decimals(0, 20_000, places=2),
    days_to_decide=st.integers(3, 90),
)


@st.composite
def close_rules(draw: st.DrawFn) -> CloseRule:
    least = draw(AMOUNTS)
    return CloseRule(
        use=draw(st.sampled_from(CloseKind)),
        moods=tuple(draw(st.sets(st.sampled_from(Mood), max_size=2))),
        from_amount=least,
        below_amount=draw(st.none() | st.integers(1, 10**6).map(lambda more: least + more)),
        from_ask=draw(st.integers(1, 4)),
        after=tuple(draw(st.sets(st.sampled_from(CloseKind), max_size=2))),
        objections=tuple(draw(st.sets(st.sampled_from(OBJECTIONS), max_size=2))),
        unless_objections=tuple(draw(st.sets(st.sampled_from(OBJECTIONS), max_size=2))),
        price_spoken=draw(st.none() | st.booleans()),
    )


CLOSINGS = st.builds(
    lambda extra, proof, chosen: rules(
        inducement=extra,
        scarcity=proof,
        choice=(*(rule for rule in chosen if rule != EVERYBODY), EVERYBODY),
    ),
    st.none() | INDUCEMENTS,
    st.none() | scarcities(),
    st.lists(close_rules(), max_size=5),
)
SUPPLIES = st.builds(Supply, granted=st.decimals(0, 20_000, places=2), won=st.integers(0, 8))


@st.composite
def histories(draw: st.DrawFn) -> Prospect:
    """A deal with any past."""
    tried = draw(st.lists(st.sampled_from([kind.value for kind in CloseKind]), max_size=4))
    label = draw(st.none() | st.sampled_from(OBJECTIONS))
    raised = Objection(label=label.value, raised_in=Stage.CLOSING, raised_at=NOW) if label else None
    seen = {name: NOW - timedelta(days=draw(st.integers(0, 90))) for name in draw(st.sets(st.sampled_from(Seen)))}
    return prospect(
        stage=Stage.CLOSING,
        amount=draw(st.none() | AMOUNTS),
        closes=draw(st.integers(0, 5)),
        tried_closes=tuple(tried),
        answered={one.value: 1 for one in draw(st.sets(st.sampled_from(OBJECTIONS), max_size=3))},
        objection=raised,
        enrollments={"question_answer": 1} if draw(st.booleans()) else {},
        seen=seen,
    )


@given(book=CLOSINGS, person=histories(), supply=SUPPLIES)
def test_no_closing_offer_breaks_its_conditions(book: Playbook, person: Prospect, supply: Supply) -> None:
    choice, closing = choose(person, book, NOW, supply), book.closing
    day = today_of(person, book, NOW)
    if choice.kind is CloseKind.ALTERNATIVE:
        assert choice.offer is None
        return
    assert choice.kind.value not in person.tried_closes
    offer = offer_in({"offer": choice.offer})
    assert offer is not None
    assert no_longer(offer, person, book, NOW, supply) == ""
    if choice.kind is CloseKind.INDUCEMENT:
        extra = closing.inducement
        assert extra is not None
        assert value_of(person, book) >= extra.from_amount
        assert extra.budget_per_month is None or supply.granted + extra.worth <= extra.budget_per_month
        assert offer.until is not None
        assert offer.until >= day + timedelta(days=3)
    else:
        proof = closing.scarcity
        assert proof is not None
        assert proof.ends_on is None or proof.ends_on >= day
        assert proof.count is None or offer.left == proof.count - supply.won > 0
    assert any(_holds(rule, choice.kind, person, book) for rule in closing.choice)


def _holds(rule: CloseRule, kind: CloseKind, person: Prospect, book: Playbook) -> bool:
    """Every condition, written down anew from the words of the documentation."""
    raised, amount = objections_of(person), value_of(person, book)
    return all(
        (
            rule.use is kind,
            not rule.moods or of_prospect(person, NOW).mood in rule.moods,
            amount >= rule.from_amount,
            rule.below_amount is None or amount < rule.below_amount,
            person.closes + 1 >= rule.from_ask,
            set(rule.after) <= {CloseKind(one) for one in person.tried_closes},
            not rule.objections or bool(raised & set(rule.objections)),
            not raised & set(rule.unless_objections),
            rule.price_spoken is None or rule.price_spoken is price_was_spoken_of(person),
        )
    )


@given(book=CLOSINGS, person=histories(), supply=SUPPLIES, later=st.integers(0, 120), won=st.integers(0, 8))
def test_a_planned_promise_is_kept_only_while_every_word_of_it_holds(
    book: Playbook, person: Prospect, supply: Supply, later: int, won: int
) -> None:
    offer = offer_in({"offer": choose(person, book, NOW, supply).offer})
    if offer is None:
        return
    then = NOW + timedelta(days=later)
    problem = no_longer(offer, person, book, then, Supply(won=supply.won + won))
    day, proof = today_of(person, book, then), book.closing.scarcity
    if offer.kind is CloseKind.INDUCEMENT:
        assert offer.until is not None
        assert bool(problem) is (day + timedelta(days=3) > offer.until)
    else:
        assert proof is not None
        over = proof.ends_on is not None and proof.ends_on < day
        assert bool(problem) is (over or (proof.count is not None and won > 0))


def test_with_the_rules_left_out_the_three_closes_come_in_turn_and_then_the_deal_gets_an_honest_end() -> None:
    book = rules(choice=Closing.model_fields["choice"].default)
    person, used = prospect(stage=Stage.CLOSING, amount=Decimal(50_000)), []
    while isinstance(decision := decide(person, book, NOW), Touch):
        used.append(decision.template)
        person = apply(decision, person, book, NOW).prospect
    assert used[:3] == ["close_alternative", "close_inducement", "close_scarcity"]
    assert used[3:] == ["close_alternative"] * (book.closing.maximum_asks - 3)
    assert isinstance(decision, Close)
    assert decision.come_back_at is not None


def test_somebody_who_is_keen_hears_of_what_really_ends_and_somebody_cold_does_not() -> None:
    asked: dict[str, Any] = {
        "stage": Stage.CLOSING,
        "amount": Decimal(50_000),
        "closes": 1,
        "tried_closes": ("alternative",),
    }
    keen = choose(prospect(**asked, seen={Seen.INTERESTED: NOW}), playbook(), NOW)
    cold = choose(prospect(**asked, seen={Seen.NOT_NOW: NOW}, enrollments={"question_answer": 1}), playbook(), NOW)
    assert keen.kind is CloseKind.SCARCITY
    assert keen.reasons[0].startswith("proved by the playbook: places in the guided start")
    assert any(reason.startswith("state of mind keen") for reason in keen.reasons)
    assert cold.kind is CloseKind.INDUCEMENT
    assert "the price was spoken of" in cold.reasons


def test_a_close_that_would_have_come_first_is_named_with_what_forbids_it() -> None:
    spent = Supply(granted=Decimal(36_000), won=12)
    person = prospect(
        stage=Stage.CLOSING, amount=Decimal(50_000), closes=2, tried_closes=("alternative",) * 2, seen={}
    ).model_copy(update={"enrollments": {"question_answer": 1}})
    choice = choose(person, playbook(), NOW, spent)
    assert choice.kind is CloseKind.ALTERNATIVE
    assert choice.reasons[1:] == (
        "no extra-inducement close: the budget of January 2026 is used up (36,000 of 36,000)",
        "no standing-room-only close: all 12 are taken",
    )


def test_scarcity_that_has_ended_is_not_used_again() -> None:
    after = NOW + (date(2026, 5, 1) - TODAY)
    person = prospect(amount=Decimal(0), closes=5, tried_closes=("alternative",), seen={Seen.INTERESTED: after})
    assert choose(person, playbook(), after).kind is CloseKind.ALTERNATIVE


def test_what_has_ended_where_the_prospect_is_has_ended() -> None:
    last_hour = NOW.replace(hour=22, day=30, month=4)  # the 30th in Bristol, the 1st in Tokyo
    seen = {Seen.INTERESTED: last_hour}
    deal: dict[str, Any] = {"amount": Decimal(0), "closes": 1, "tried_closes": ("alternative",), "seen": seen}
    there = choose(prospect(**deal, country="JP"), playbook(), last_hour)
    here = choose(prospect(**deal, country="GB"), playbook(), last_hour)
    assert (there.kind, here.kind) == (CloseKind.ALTERNATIVE, CloseKind.SCARCITY)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"scarcity": {"what": "places"}}, "scarcity needs a proof"),
        ({"scarcity": {"what": "places", "seats_left": 3, "stock_left": 4}}, "either seats or stock"),
        ({"choice": [{"use": "scarcity"}]}, "the last rule of closing.choice"),
        ({"choice": [{"use": "alternative"}, {"use": "scarcity"}, {"use": "alternative"}]}, "is never reached"),
        ({"choice": [{"use": "scarcity", "from_amount": 9, "below_amount": 9}]}, "no deal is below 9"),
        ({"choice": [{"use": "scarcity", "objections": ["interested"]}]}, "interested is no objection"),
    ],
)
def test_rules_that_nothing_could_meet_or_that_prove_nothing_are_refused(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Closing.model_validate(playbook().closing.model_dump() | wrong)
