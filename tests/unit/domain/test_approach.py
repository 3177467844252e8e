"""What the tests hold unit/domain to: approach."""

from __future__ import annotations

import pytest

from closeloop.domain.approach import choose, decide
from closeloop.domain.business_days import add_business_days, is_business_day
from closeloop.domain.decisions import Channel, Park, Touch
from closeloop.domain.prospect import Prospect
from closeloop.domain.stage import Stage, Standing
from closeloop.domain.transitions import apply
from tests.unit.domain.people import GOOD_FACTS, NOW, playbook, prospect


@pytest.mark.parametrize(
    ("facts", "kind"),
    [
        ({"employees": 60_000}, "premium"),
        ({"employees": 3_000, "function": "operations"}, "product"),
        ({"employees": 3_000, "function": "finance"}, "question"),
        ({}, "question"),
    ],
)
def test_the_approach_is_the_first_whose_condition_is_met(facts: dict[str, object], kind: str) -> None:
    assert choose(prospect(facts), playbook()).kind == kind


def test_an_approach_once_chosen_stays_also_when_facts_change() -> None:
    assert choose(prospect({"employees": 60_000}, approach="question"), playbook()).kind == "question"


def test_the_sequence_is_walked_to_its_end_and_no_key_comes_twice() -> None:
    person = prospect(stage=Stage.APPROACH)
    now, keys, channels = NOW, [], []
    while isinstance(decision := decide(person, playbook(), now), Touch):
        applied = apply(decision, person, playbook(), now)
        person = applied.prospect
        keys += [action.key for action in applied.actions]
        channels.append(decision.channel)
        assert person.due_at is not None
        assert person.due_at > now
        assert is_business_day(person.due_at)
        now = person.due_at
    assert isinstance(decision, Park)
    assert decision.standing is Standing.NURTURE
    assert len(keys) == len(set(keys)) == len(playbook().sequences["approach_question"])
    assert channels[0] is Channel.EMAIL
    assert Channel.CALL in channels


def test_a_second_enrolment_makes_new_keys() -> None:
    def first_key(person: Prospect) -> str:
        applied = apply(decide(person, playbook(), NOW), person, playbook(), NOW)
        return applied.actions[0].key

    fresh = prospect(stage=Stage.APPROACH)
    again = prospect(stage=Stage.APPROACH, enrollments={"approach_question": 1})
    assert first_key(fresh) != first_key(again)


def test_an_enrolment_stays_on_the_playbook_version_it_started_with() -> None:
    person = prospect(stage=Stage.APPROACH)
    person = apply(decide(person, playbook(), NOW), person, playbook(), NOW).prospect
    edited = playbook().model_copy(update={"version": "2027.1"})
    person = apply(decide(person, edited, NOW), person, edited, NOW).prospect
    assert person.enrollment is not None
    assert person.enrollment.step == 2
    assert person.enrollment.playbook_version == playbook().version


def test_business_days_skip_the_weekend() -> None:
    friday = add_business_days(NOW, 4)
    assert friday.weekday() == 4
    assert add_business_days(friday, 1).weekday() == 0
    assert add_business_days(add_business_days(friday, 0), 0) == friday


def test_gpct_facts_do_not_disturb_the_choice() -> None:
    assert choose(prospect(GOOD_FACTS | {"goals": "cost"}), playbook()).kind == "question"
