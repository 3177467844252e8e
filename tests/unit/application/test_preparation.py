"""Preparing: a draft that passes its lint moves on, one that does not goes to a person."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from pptx import Presentation

from closeloop.adapters.decks.builder import PptxDeckBuilder
from closeloop.application import preparation
from closeloop.domain.deck_drafting import deck_content
from closeloop.domain.playbook import Playbook
from closeloop.domain.presentation_content import DeckContent, Finding
from closeloop.domain.prospect import Prospect
from closeloop.domain.stage import Stage
from tests.fakes.services import DAY, Company


def test_a_draft_that_passes_leads_to_the_approach_with_its_pains_and_its_deck(company: Company) -> None:
    person = company.person(stage=Stage.PREPARATION)
    company.run("preparation")
    after = company.see(person)
    assert after.stage is Stage.APPROACH
    assert after.deck == f"decks/Volvo_{person.key}.pptx"
    assert after.pains
    assert company.decks.built == [f"Volvo_{person.key}.pptx"]
    assert [row.rule for row in company.ledger.decided] == ["preparation.so_what", "preparation.draft_passed"]


def test_a_draft_with_findings_stays_and_its_owner_is_asked_once(company: Company) -> None:
    person = company.person(stage=Stage.PREPARATION)
    company.decks.findings = (Finding(slide=2, problem="a claim has no source"),)
    result = company.run("preparation")
    after = company.see(person)
    assert (after.stage, after.deck) == (Stage.PREPARATION, None)
    assert result.failures == ()
    assert [(w.record_id, w.question) for w in result.waiting] == [(person.key, "slide 2: a claim has no source")]
    company.wait(DAY * 10)
    company.run("preparation")
    assert company.human_tasks(person) == ["The draft presentation needs a hand: slide 2: a claim has no source"]


def test_a_deck_that_cannot_be_built_is_a_failure_and_its_owner_is_asked(company: Company) -> None:
    person = company.person(stage=Stage.PREPARATION)
    company.decks.findings = (Finding(slide=1, problem="the deck cannot be built", broken=True),)
    result = company.run("preparation")
    assert [failure.record_id for failure in result.failures] == [person.key]
    assert result.waiting == ()
    assert len(company.human_tasks(person)) == 1


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


def test_a_rule_that_fails_at_one_prospect_holds_it_and_the_others_get_their_drafts(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd, other = company.person("odd", stage=Stage.PREPARATION), company.person("fine", stage=Stage.PREPARATION)

    def content(prospect: Prospect, playbook: Playbook, on: date) -> DeckContent:
        if prospect.key == odd.key:
            raise KeyError("FACT_LABELS")
        return deck_content(prospect, playbook, on)

    monkeypatch.setattr(preparation, "deck_content", content)
    result = company.run("preparation")
    assert [(failure.record_id, failure.problem) for failure in result.failures] == [
        (odd.key, "the rule failed (KeyError)")
    ]
    assert company.see(odd).stage is Stage.PREPARATION
    assert company.see(other).stage is Stage.APPROACH


def test_a_stale_fact_holds_the_draft_and_what_nobody_corrected_is_left_out_later(company: Company) -> None:
    person = company.person(stage=Stage.PREPARATION)
    old = person.facts["employees"].model_copy(update={"as_of": "2015"})
    company.ledger.people[person.key] = person.model_copy(update={"facts": person.facts | {"employees": old}})
    builder = PptxDeckBuilder()
    with TemporaryDirectory() as home:
        company.with_services(home=Path(home), decks=builder)
        result = company.run("preparation")
        assert company.see(person).stage is Stage.PREPARATION
        assert "is of 31 December 2015, too old to be said" in result.waiting[0].question
        company.wait(DAY * 10)
        company.run("preparation")
        after = company.see(person)
        assert after.stage is Stage.APPROACH
        shown = Presentation(str(Path(home, str(after.deck))))
    words = " ".join(node.text or "" for slide in shown.slides for node in slide._element.iter("{*}t"))
    assert "12,000" not in words
    assert "In Manufacturing" in words
