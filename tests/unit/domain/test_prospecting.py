"""What the tests hold unit/domain to: prospecting."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.domain.decisions import Park, Qualified, Stop
from closeloop.domain.prospecting import decide
from closeloop.domain.qualification import assess
from closeloop.domain.stage import Standing
from tests.unit.domain.people import GOOD_FACTS, NOW, playbook, prospect


def test_a_fitting_prospect_is_qualified_with_a_score_that_explains_itself() -> None:
    decision = decide(prospect(), playbook(), NOW)
    assert isinstance(decision, Qualified)
    assert any("size: 12,000 (45 of 45" in reason for reason in decision.reasons)
    assert decision.unknown == ("timeline",)


def test_a_role_address_is_disqualified_whatever_the_score() -> None:
    decision = decide(prospect(GOOD_FACTS | {"email_kind": "role"}), playbook(), NOW)
    assert isinstance(decision, Stop)
    assert decision.standing is Standing.DISQUALIFIED
    assert not decision.opted_out


def test_nothing_known_is_no_fit_and_says_what_is_unknown() -> None:
    decision = decide(prospect({}), playbook(), NOW)
    assert isinstance(decision, Stop)
    assert any("unknown" in reason for reason in decision.reasons)


def test_a_middling_score_sleeps_until_a_date() -> None:
    decision = decide(
        prospect({"employees": 200, "country": "DE", "email_kind": "corporate", "seniority": "head"}),
        playbook(),
        NOW,
    )
    assert isinstance(decision, Park)
    assert decision.until is not None
    assert decision.until > NOW


VALUES = st.one_of(st.integers(-10, 10**7), st.text(max_size=20), st.booleans())
FACTS = st.dictionaries(st.sampled_from([*GOOD_FACTS, "timeline", "goals"]), VALUES)


@given(facts=FACTS)
def test_a_score_is_never_outside_its_scale_and_is_the_sum_of_its_answers(facts: dict[str, Any]) -> None:
    found = assess(prospect(facts), playbook().qualification)
    assert 0 <= found.score <= 100
    assert all(0 <= answer.earned <= answer.weight for answer in found.answers)
    assert {answer.name for answer in found.unknown} == {a.name for a in found.answers if a.fact is None}


@given(facts=FACTS, name=st.sampled_from(sorted(GOOD_FACTS)))
def test_learning_a_good_fact_never_lowers_the_score(facts: dict[str, Any], name: str) -> None:
    before = assess(prospect({k: v for k, v in facts.items() if k != name}), playbook().qualification).score
    after = assess(prospect(facts | {name: GOOD_FACTS[name]}), playbook().qualification).score
    assert after >= before


@pytest.mark.parametrize("framework", ["bant", "gpct"])
def test_both_frameworks_can_be_chosen(framework: str) -> None:
    rules = playbook().qualification.model_copy(update={"framework": framework})
    names = {answer.name for answer in assess(prospect(), rules).answers}
    assert ("budget" in names) == (framework == "bant")


def test_a_domain_that_takes_no_mail_is_refused_and_one_of_which_nobody_knows_is_not() -> None:
    dead = decide(prospect(GOOD_FACTS | {"accepts_mail": False}), playbook(), NOW)
    assert isinstance(dead, Stop)
    assert dead.reasons == ("nobody takes mail for volvo.example: it has no mail server",)
    for facts in (GOOD_FACTS, GOOD_FACTS | {"accepts_mail": True}):
        assert not isinstance(decide(prospect(facts), playbook(), NOW), Stop)
