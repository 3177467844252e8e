"""What a deck says: whole in one language, each claim with its fact, and nothing that may not be said."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from closeloop.domain.deck_drafting import deck_content
from closeloop.domain.deck_facts import changed_facts, remembered
from closeloop.domain.deck_rules import DeckRules
from closeloop.domain.fact_age import day_of, too_old
from closeloop.domain.preparation import evident_pains
from closeloop.domain.presentation_content import DeckContent, without_doubtful
from closeloop.domain.prospect import Judgement, Prospect
from closeloop.domain.texts import Text
from tests.unit.domain.people import GOOD_FACTS, fact, playbook, prospect

ON = date(2026, 1, 5)


def known(**facts: Any) -> Prospect:
    """A prospect whose pains were chosen from its facts."""
    person = prospect(GOOD_FACTS)
    person = person.model_copy(update={"facts": person.facts | {one.name: one for one in facts.values()}})
    return person.model_copy(update={"pains": tuple(pain.id for pain in evident_pains(person, playbook()))})


def drafted(person: Prospect) -> DeckContent:
    return deck_content(person, playbook(), ON)


def said(content: DeckContent) -> str:
    return " ".join(str(value) for value in content.model_dump(exclude={"prospect_key", "sender"}).values())


def test_each_pain_stands_beside_the_fact_behind_it() -> None:
    content = drafted(known())
    assert [ground.fact for ground in content.grounds] == ["employees", "industry", "annual_revenue_usd"]
    assert len(content.pains) == len(content.grounds)
    assert content.grounds[0].value in content.pains[0].pain
    assert content.value_facts[0].seen == ON


def test_goals_are_what_they_told_us_and_empty_until_they_did() -> None:
    assert drafted(known()).goals == ()
    told = fact("timeline", "this_quarter", "reply:7")
    (goal,) = drafted(known(timeline=told)).goals
    assert (goal.label, goal.value, goal.source) == ("Timing", "this quarter", "your reply")


def test_a_thai_deck_is_thai_but_for_names() -> None:
    person = known().model_copy(update={"country": "TH"})
    content = drafted(person)
    assert content.language == "th"
    texts = (*content.plan, content.next_step, *content.assumptions, *content.agenda, *content.questions)
    labels = tuple(one.label for one in (*content.evidence, *content.grounds))
    pains = tuple(text for pain in content.pains for text in (pain.pain, pain.feature, pain.so_what, pain.proof))
    assert all(any("\u0e01" <= sign <= "\u0e5b" for sign in text) for text in (*texts, *labels, *pains))
    assert "2569" in " ".join(content.assumptions)
    assert "our records" not in said(
        drafted(person.model_copy(update={"facts": {"employees": fact("employees", 9, "crm")}}))
    )


def test_the_value_grows_by_the_playbooks_ramp_and_says_so() -> None:
    rules = playbook().model_copy(update={"deck": DeckRules(ramp=(0.5, 1.0), plan=(Text("Day 1: start"),))})
    content = deck_content(known(), rules, ON)
    assert [point.saving for point in content.value] == [Decimal(114_000), Decimal(228_000)]
    assert content.assumptions[-1] == "Of the full saving, 50% in 2026"
    assert content.plan == ("Day 1: start",)


def test_without_a_size_there_is_no_value_at_all() -> None:
    content = drafted(prospect({"industry": "Retail"}))
    assert (content.value, content.assumptions, content.value_facts) == ((), (), ())


def test_a_stale_fact_goes_along_with_its_problem_where_a_claim_rests_on_it_and_nowhere_else() -> None:
    old = fact("employees", 12_000).model_copy(update={"as_of": "2015"})
    content = drafted(known(employees=old))
    assert content.grounds[0].problem == content.value_facts[0].problem
    assert "31 December 2015, too old" in str(content.grounds[0].problem)
    assert "employees" not in {one.fact for one in content.evidence}
    assert any("Employees: 12,000" in doubt for doubt in content.doubts)


def test_what_nobody_corrected_is_left_out() -> None:
    old = fact("employees", 12_000).model_copy(update={"as_of": "2015"})
    content = without_doubtful(drafted(known(employees=old)))
    assert [ground.fact for ground in content.grounds] == ["industry", "annual_revenue_usd"]
    assert (content.value, content.assumptions) == ((), ())
    assert "12,000" not in said(content.model_copy(update={"doubts": ()}))


def test_a_contradicted_fact_is_no_claim_and_the_speaker_knows() -> None:
    doubt = Judgement(doubt="contradicted: 31,000 by registry")
    content = drafted(known(employees=fact("employees", 12_000).model_copy(update={"judged": doubt})))
    assert "12,000" not in said(content.model_copy(update={"doubts": ()}))
    assert content.doubts == ("Employees: 12,000 – contradicted: 31,000 by registry",)


@pytest.mark.parametrize(
    ("name", "as_of", "day"),
    [
        ("employees", "2024", date(2024, 12, 31)),
        ("employees", "2024-03-31", date(2024, 3, 31)),
        ("employees", "FY 2017 to 2018", date(2018, 12, 31)),
        ("employees", None, ON),
        ("employees", "last spring", ON),
        ("founded", "1926", ON),
    ],
)
def test_a_fact_is_as_old_as_its_period(name: str, as_of: str | None, day: date) -> None:
    one = fact(name, 1926).model_copy(update={"as_of": as_of})
    assert day_of(one) == day
    assert too_old(one, ON, 365) is ((ON - day).days > 365)


def test_a_deck_knows_which_of_its_facts_changed() -> None:
    person = known()
    person = person.model_copy(update={"deck_facts": remembered(person, drafted(person))})
    assert changed_facts(person) == ()
    other = person.model_copy(update={"facts": person.facts | {"seniority": fact("seniority", "vp")}})
    assert changed_facts(other) == ()
    grown = person.model_copy(update={"facts": person.facts | {"employees": fact("employees", 15_000, "crm")}})
    assert changed_facts(grown) == ("employees was 12,000 (test), now 15,000 (our records)",)
    gone = person.model_copy(update={"facts": {n: f for n, f in person.facts.items() if n != "industry"}})
    assert changed_facts(gone) == ("industry was Manufacturing (test), now not known",)
