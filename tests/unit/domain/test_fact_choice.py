"""Which of several answers is believed: by rule, whatever their order, with the others kept in sight."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.domain.enrichment_rules import EnrichmentRules
from closeloop.domain.fact_choice import choose
from closeloop.domain.prospect import Fact, FactValue
from tests.unit.domain.people import NOW

RULES = EnrichmentRules()


def said(value: FactValue, source: str, sure: float = 0.9, days: int = 0, name: str = "employees") -> Fact:
    """One answer, so many days old."""
    at = NOW - timedelta(days=days)
    return Fact(name=name, value=value, source=f"{source}:x", observed_at=at, confidence=sure)


def doubt(fact: Fact) -> str | None:
    """Why it is said to nobody."""
    return fact.judged.doubt if fact.judged else None


def test_people_come_first_and_a_source_as_good_that_differs_makes_it_doubtful() -> None:
    best = choose([said(400, "pdl"), said(40, "crm", 1.0)], RULES, NOW)
    assert (best.value, doubt(best)) == (40, "contradicted: 400 by pdl")


def test_numbers_that_are_nearly_the_same_agree() -> None:
    best = choose([said(400, "pdl"), said(430, "apollo")], RULES, NOW)
    assert (best.value, doubt(best)) == (400, None)
    assert best.judged is not None
    assert [rival.value for rival in best.judged.rivals] == ["430"]


def test_two_that_agree_are_believed_over_one_and_nobody_doubts_them() -> None:
    best = choose([said(900, "registry", 0.8), said(400, "pdl", 0.8), said(410, "apollo", 0.8)], RULES, NOW)
    assert (best.value, doubt(best)) == (400, None)
    assert best.judged is not None
    assert best.judged.because == "2 sources agree"


def test_a_source_that_says_it_twice_counts_once() -> None:
    best = choose([said(900, "registry", 0.9), said(400, "pdl", 0.8), said(401, "pdl", 0.8)], RULES, NOW)
    assert best.value == 900


def test_a_worn_out_answer_loses_to_a_fresh_one() -> None:
    best = choose([said(900, "registry", 0.95, days=200), said(400, "pdl", 0.7)], RULES, NOW)
    assert (best.value, doubt(best)) == (400, None)


def test_a_weak_contradiction_raises_no_doubt() -> None:
    assert doubt(choose([said(400, "pdl"), said(40, "hunter", 0.3)], RULES, NOW)) is None


def test_descriptions_may_differ() -> None:
    answers = [said("Pumps", "registry", name="products"), said("Valves", "website", name="products")]
    assert doubt(choose(answers, RULES, NOW)) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("employees", 0),
        ("employees", -5),
        ("employees", 10**12),
        ("employees", True),
        ("employees", "many"),
        ("founded", 3025),
        ("founded", 12),
        ("annual_revenue_usd", -1),
        ("annual_revenue_usd", 10**15),
        ("country", "Atlantis"),
        ("industry", "{{ config }}"),
        ("industry", "<b>Banking</b>"),
        ("tagline", "x" * 5_000),
        ("accepts_mail", "yes"),
    ],
)
def test_what_cannot_be_is_kept_and_never_believed(name: str, value: FactValue) -> None:
    assert doubt(choose([said(value, "crm", 1.0, name=name)], RULES, NOW))


ANSWERS = st.lists(
    st.builds(
        said,
        st.sampled_from([40, 41, 400, 420, 5_000, 10**15]),
        st.sampled_from(["crm", "registry", "website", "pdl", "apollo", "hunter"]),
        st.sampled_from([0.3, 0.7, 0.8, 0.95, 1.0]),
        st.sampled_from([0, 50, 100, 400]),
    ),
    min_size=1,
    max_size=6,
)


@given(answers=ANSWERS, order=st.randoms(use_true_random=False))
def test_the_choice_does_not_depend_on_the_order_and_loses_no_answer(answers: list[Fact], order: object) -> None:
    shuffled = sorted(answers, key=lambda _: order.random())  # type: ignore[attr-defined]
    one, other = choose(answers, RULES, NOW), choose(shuffled, RULES, NOW)
    assert (one.value, one.source, doubt(one)) == (other.value, other.source, doubt(other))
    rivals = one.judged.rivals if one.judged else ()
    assert len(rivals) == len(answers) - 1
