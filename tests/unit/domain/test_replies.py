"""What the tests hold unit/domain to: replies."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.domain.decisions import Advance, AskHuman, Close, Hold, Park, Stop, Touch
from closeloop.domain.prospect import Objection, Prospect
from closeloop.domain.replies import on_event, on_reply
from closeloop.domain.signals import STOPPING_LABELS, Label, Signal, SignalKind, Understanding
from closeloop.domain.stage import Profile, Stage, Standing
from closeloop.domain.transitions import apply
from tests.unit.domain.people import NOW, playbook, prospect


def said(label: Label, **fields: Any) -> Understanding:
    values: dict[str, Any] = {"labels": (label,), "primary": label, "confidence": 0.9}
    return Understanding(**(values | {"stop": label in STOPPING_LABELS} | fields))


def deal(stage: Stage, **fields: Any) -> Prospect:
    return prospect(stage=stage, profile=Profile.OPPORTUNITY, amount=Decimal(9000), **fields)


def after(person: Prospect, found: Understanding) -> Prospect:
    for decision in on_reply(person, found, playbook(), NOW):
        person = apply(decision, person, playbook(), NOW).prospect
    return person


@pytest.mark.parametrize("label", sorted(STOPPING_LABELS))
@pytest.mark.parametrize("stage", list(Stage))
def test_a_stop_ends_everything_in_every_stage(label: Label, stage: Stage) -> None:
    person = after(prospect(stage=stage), said(label))
    assert person.standing is Standing.STOPPED
    assert person.due_at is None
    assert person.opted_out == (label in {Label.UNSUBSCRIBE, Label.LEGAL})


def test_a_yes_in_the_approach_opens_a_deal_with_an_amount_and_a_next_step() -> None:
    person = after(prospect(stage=Stage.APPROACH), said(Label.INTERESTED))
    assert person.stage is Stage.PRESENTATION
    assert person.is_open_deal
    assert person.amount == Decimal(63_000)
    assert person.next_step is not None
    assert person.predicted == playbook().probability(Stage.PRESENTATION)


def test_a_yes_to_the_order_wins_the_deal() -> None:
    decisions = on_reply(deal(Stage.CLOSING), said(Label.INTERESTED), playbook(), NOW)
    assert [type(d) for d in decisions] == [Close]
    person = after(deal(Stage.CLOSING), said(Label.INTERESTED))
    assert person.standing is Standing.CUSTOMER
    assert person.stage is Stage.FOLLOW_UP
    assert person.due_at is not None


def test_a_yes_after_an_objection_goes_on_where_it_was_raised() -> None:
    raised = Objection(label="objection_price", answers=2, raised_in=Stage.CLOSING, raised_at=NOW)
    person = after(deal(Stage.OBJECTIONS, objection=raised), said(Label.INTERESTED))
    assert person.standing is Standing.CUSTOMER


def test_an_objection_is_due_for_its_answer_at_once() -> None:
    person = after(deal(Stage.CLOSING), said(Label.OBJECTION_TRUST))
    assert person.stage is Stage.OBJECTIONS
    assert person.due_at == NOW
    assert person.objection is not None
    assert person.objection.raised_in is Stage.CLOSING


def test_the_same_objection_again_does_not_reset_the_follow_ups() -> None:
    raised = Objection(label="objection_price", answers=3, raised_in=Stage.APPROACH, raised_at=NOW)
    person = prospect(stage=Stage.OBJECTIONS, objection=raised, due_at=NOW + timedelta(days=3))
    assert after(person, said(Label.OBJECTION_PRICE)) == person


def test_an_absence_pauses_until_the_day_they_are_back() -> None:
    back = NOW + timedelta(days=9)
    decisions = on_reply(prospect(stage=Stage.APPROACH), said(Label.OUT_OF_OFFICE, resume_on=back), playbook(), NOW)
    assert isinstance(decisions[0], Hold)
    assert decisions[0].until == back


def test_not_now_sleeps_until_the_day_they_named() -> None:
    back = NOW + timedelta(days=49)
    person = after(prospect(stage=Stage.APPROACH), said(Label.NOT_NOW, resume_on=back))
    assert person.standing is Standing.NURTURE
    assert person.due_at == back


def test_an_automatic_receipt_changes_nothing() -> None:
    assert on_reply(prospect(stage=Stage.APPROACH), said(Label.AUTO_REPLY), playbook(), NOW) == ()


def test_a_question_is_answered_at_once_and_opens_the_presentation() -> None:
    kinds = [type(d) for d in on_reply(prospect(stage=Stage.APPROACH), said(Label.QUESTION), playbook(), NOW)]
    assert kinds == [Advance, Touch]


@pytest.mark.parametrize("label", [Label.WRONG_PERSON, Label.LEFT_COMPANY, Label.LEGAL])
def test_the_owner_gets_a_task_where_a_person_must_go_on(label: Label) -> None:
    stop, asked = on_reply(prospect(stage=Stage.APPROACH), said(label), playbook(), NOW)
    assert isinstance(stop, Stop)
    assert isinstance(asked, AskHuman)


def test_what_the_rules_cannot_read_goes_to_a_person_and_the_sequence_waits() -> None:
    person = after(prospect(stage=Stage.APPROACH), said(Label.OTHER, abstained=True))
    assert person.due_at is not None
    assert person.due_at > NOW


@pytest.mark.parametrize("kind", list(SignalKind))
def test_only_bounces_complaints_and_opt_outs_stop_by_event(kind: SignalKind) -> None:
    signal = Signal(id="1", source="sendgrid", kind=kind, occurred_at=NOW)
    stops = any(isinstance(d, Stop) for d in on_event(prospect(), signal))
    assert stops == (kind in {SignalKind.BOUNCED, SignalKind.SPAM_REPORT, SignalKind.UNSUBSCRIBED})


@given(
    labels=st.lists(st.sampled_from([label for label in Label if label is not Label.BOUNCE]), max_size=12),
    stage=st.sampled_from([Stage.APPROACH, Stage.PRESENTATION, Stage.CLOSING, Stage.FOLLOW_UP]),
)
def test_no_order_of_replies_breaks_the_state_or_brings_back_who_stopped(labels: list[Label], stage: Stage) -> None:
    person = prospect(stage=stage)
    stopped = False
    for label in labels:
        known = person.objection
        repeated = label is Label.BRUSH_OFF and known is not None and known.label == Label.BRUSH_OFF.value
        person = after(person, said(label))
        stopped = stopped or label in STOPPING_LABELS or repeated
        assert (person.standing is Standing.STOPPED) == stopped
        if person.is_open_deal:
            assert person.next_step is not None or person.reason
        if person.stage is Stage.OBJECTIONS and not stopped:
            assert person.objection is not None


def test_a_parked_deal_keeps_a_date() -> None:
    decision = on_reply(deal(Stage.PRESENTATION), said(Label.NOT_NOW), playbook(), NOW)[0]
    assert isinstance(decision, Park)
    assert decision.until is not None


@pytest.mark.parametrize("label", list(Label))
def test_every_label_has_words_for_people_and_none_of_a_machine(label: Label) -> None:
    assert "_" not in label.in_words
    for person in (prospect(stage=Stage.APPROACH), deal(Stage.CLOSING)):
        for decision in on_reply(person, said(label), playbook(), NOW):
            assert not any("_" in reason for reason in decision.reasons)


def test_a_vague_no_is_asked_about_and_a_second_one_is_final() -> None:
    once = after(prospect(stage=Stage.APPROACH), said(Label.BRUSH_OFF))
    assert (once.standing, once.stage) == (Standing.OPEN, Stage.OBJECTIONS)
    twice = after(once, said(Label.BRUSH_OFF))
    assert (twice.standing, twice.opted_out) == (Standing.STOPPED, True)


def test_a_no_long_after_the_first_one_is_final_too() -> None:
    later = after(prospect(stage=Stage.FOLLOW_UP, answered={"brush_off": 6}), said(Label.BRUSH_OFF))
    assert later.reason == "said no a second time"
    assert later.standing is Standing.STOPPED


def test_an_unsure_objection_goes_to_a_person_with_the_answer_as_a_draft() -> None:
    unsure = said(Label.OBJECTION_PRICE, abstained=True)
    (asked,) = on_reply(prospect(stage=Stage.APPROACH), unsure, playbook(), NOW)
    assert isinstance(asked, AskHuman)
    assert "it may say: the price" in asked.subject
    assert playbook().objections.answer_to("objection_price").answer in asked.subject


def test_an_unsure_yes_opens_no_deal() -> None:
    person = after(prospect(stage=Stage.APPROACH), said(Label.INTERESTED, abstained=True))
    assert person.stage is Stage.APPROACH
