"""Preparing: a draft that passes its lint moves on, one that does not goes to a person."""

from __future__ import annotations

from closeloop.domain.presentation_content import Finding
from closeloop.domain.stage import Stage
from tests.fakes.services import DAY, Company


def test_a_draft_that_passes_leads_to_the_approach_with_its_pains_and_its_deck(company: Company) -> None:
    person = company.person(stage=Stage.PREPARATION)
    company.run("preparation")
    after = company.see(person)
    assert after.stage is Stage.APPROACH
    assert after.deck == f"decks/{person.key}.pptx"
    assert after.pains
    assert company.decks.built == [f"{person.key}.pptx"]
    assert [row.rule for row in company.ledger.decided] == ["preparation.so_what", "preparation.draft_passed"]


def test_a_draft_with_findings_stays_and_its_owner_is_asked_once(company: Company) -> None:
    person = company.person(stage=Stage.PREPARATION)
    company.decks.findings = (Finding(slide=2, problem="a claim has no source"),)
    result = company.run("preparation")
    after = company.see(person)
    assert (after.stage, after.deck) == (Stage.PREPARATION, None)
    assert [failure.record_id for failure in result.failures] == [person.key]
    company.wait(DAY * 10)
    company.run("preparation")
    assert company.human_tasks(person) == ["The draft presentation needs a hand: slide 2: a claim has no source"]


def test_a_draft_is_built_again_when_the_person_had_time_to_help(company: Company) -> None:
    person = company.person(stage=Stage.PREPARATION)
    company.decks.findings = (Finding(slide=2, problem="a claim has no source"),)
    company.run("preparation")
    company.run("preparation")
    assert len(company.decks.built) == 1
    company.decks.findings = ()
    company.wait(DAY * 10)
    company.run("preparation")
    assert company.see(person).stage is Stage.APPROACH
