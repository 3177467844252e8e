"""What the tests hold unit/domain to: objections."""

from __future__ import annotations

import re
from typing import Any

import pytest

from closeloop.domain.decisions import AskHuman, Close, Decision, Park, Touch
from closeloop.domain.objections import decide
from closeloop.domain.prospect import Objection, Prospect
from closeloop.domain.signals import Label
from closeloop.domain.stage import Profile, Stage, Standing
from closeloop.domain.transitions import apply
from tests.unit.domain.people import NOW, playbook, prospect

OBJECTIONS = [label for label in Label if label.is_objection]


def objecting(label: str = "objection_price", **fields: Any) -> Prospect:
    raised = Objection(label=label, raised_in=Stage.APPROACH, raised_at=NOW)
    return prospect(stage=Stage.OBJECTIONS, objection=raised, **fields)


def walk(person: Prospect) -> tuple[list[Touch], Decision]:
    touches, now = [], NOW
    while isinstance(decision := decide(person, playbook(), now), Touch):
        touches.append(decision)
        person = apply(decision, person, playbook(), now).prospect
        assert person.due_at is not None
        now = person.due_at
    return touches, decision


@pytest.mark.parametrize("label", OBJECTIONS)
def test_every_objection_is_answered_at_once_and_followed_up_at_least_five_times(label: Label) -> None:
    touches, end = walk(objecting(label.value))
    assert touches[0].template == "objection_answer"
    assert [touch.template for touch in touches[1:]] == ["objection_follow_up"] * 5
    assert isinstance(end, Park)
    assert end.standing is Standing.LOST
    assert end.until is not None


def test_a_deal_that_ends_in_an_objection_is_closed_lost_with_a_date_to_come_back() -> None:
    _, end = walk(objecting(profile=Profile.OPPORTUNITY))
    assert isinstance(end, Close)
    assert not end.won
    assert end.come_back_at is not None


def test_an_objection_the_playbook_gives_to_a_person_becomes_a_question_with_the_draft_answer() -> None:
    answers = tuple(a.model_copy(update={"hand_to_human": True}) for a in playbook().objections.answers)
    rules = playbook().objections.model_copy(update={"answers": answers})
    decision = decide(objecting(), playbook().model_copy(update={"objections": rules}), NOW)
    assert isinstance(decision, AskHuman)
    assert rules.answer_to("objection_price").answer in decision.subject
    assert decision.answers_objection


def test_after_the_persons_answer_the_follow_ups_begin() -> None:
    asked = AskHuman(rule="objections.hand_to_human", reasons=("x",), subject="x", answers_objection=True)
    touches, _ = walk(apply(asked, objecting(), playbook(), NOW).prospect)
    assert [touch.template for touch in touches] == ["objection_follow_up"] * 5


def test_an_objection_raised_again_goes_to_a_person_and_then_on_where_the_mails_had_stopped() -> None:
    before = objecting(answered={"objection_price": 3})
    again = decide(before, playbook(), NOW)
    assert isinstance(again, AskHuman)
    assert again.rule == "objections.raised_again"
    touches, end = walk(apply(again, before, playbook(), NOW).prospect)
    assert [touch.step for touch in touches] == [4, 5, 6]
    assert isinstance(end, Park)


def test_another_objection_gets_its_own_answer() -> None:
    touches, _ = walk(objecting("objection_trust", answered={"objection_price": 3}))
    assert touches[0].template == "objection_answer"
    assert {touch.sequence for touch in touches} == {"objection_trust"}


def test_a_short_no_is_followed_up_five_times_with_longer_and_longer_pauses() -> None:
    person, now, pauses = objecting("brush_off", facts={}), NOW, []
    while isinstance(decision := decide(person, playbook(), now), Touch):
        person = apply(decision, person, playbook(), now).prospect
        pauses.append((decision.then_wait_until - now).days)
        now = decision.then_wait_until
    assert len(pauses) == 6
    assert pauses[0] >= 14
    assert pauses == sorted(pauses)
    assert sum(pauses) > 150


def test_an_objection_without_pauses_of_its_own_takes_the_general_ones() -> None:
    rules = playbook().objections
    assert [rules.wait_before("objection_price", n) for n in range(7)] == [3, 3, 4, 5, 6, 6, 6]
    assert [rules.wait_before("brush_off", n) for n in range(7)] == [10, 15, 20, 30, 30, 30, 30]


def test_the_answer_to_a_short_no_promises_nothing_that_the_follow_ups_break() -> None:
    answer = playbook().objections.answer_to("brush_off")
    assert not re.search(r"only (write )?when|something new|not (write|bother)|leave it", answer.answer)


def test_no_answer_of_the_playbook_names_a_month_that_may_lie_ahead() -> None:
    for answer in playbook().objections.answers:
        assert not re.search(
            r"(January|February|March|April|May|June|July|August|September|October|November"
            r"|December) 20\d\d",
            f"{answer.answer} {answer.evidence} {answer.ask}",
        )
