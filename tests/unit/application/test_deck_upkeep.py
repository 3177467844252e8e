"""A fact that changes after the deck was drawn: drawn again, or the owner is told, once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from closeloop.adapters.report.html import render_report
from closeloop.application.report import figures
from closeloop.domain.presentation_content import DeckContent, Finding
from closeloop.domain.prospect import Fact, Prospect
from closeloop.domain.stage import Stage, Standing
from tests.fakes.services import DAY, Company
from tests.unit.domain.people import fact


class Drawn:
    """Writes what each deck says into its file."""

    findings: tuple[Finding, ...] = ()

    def __init__(self) -> None:
        self.contents: list[DeckContent] = []

    def build_all(self, drafts: Sequence[tuple[DeckContent, Path]]) -> list[tuple[Finding, ...]]:
        for content, path in drafts:
            self.contents.append(content)
            if not self.findings:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content.model_dump_json(), encoding="utf-8")
        return [self.findings for _ in drafts]


@pytest.fixture
def decks(company: Company, tmp_path: Path) -> Drawn:
    made = Drawn()
    company.with_services(home=tmp_path, decks=made)
    return made


def drafted(company: Company) -> Prospect:
    person = company.person(stage=Stage.PREPARATION)
    company.run("preparation")
    company.run("sync")
    return company.see(person)


def learn(company: Company, person: Prospect, *facts: Fact, **fields: object) -> None:
    known = company.see(person).facts | {one.name: one for one in facts}
    company.ledger.people[person.key] = company.see(person).model_copy(update={"facts": known} | fields)
    company.ledger.changed.add(person.key)


def ask_tasks(company: Company, person: Prospect) -> list[str]:
    return [subject for subject in company.human_tasks(person) if "presentation says" in subject]


def test_a_draft_that_nobody_has_seen_is_drawn_again_and_uploaded(company: Company, decks: Drawn) -> None:
    person = drafted(company)
    learn(company, person, fact("employees", 15_000, "crm"))
    result = company.run("sync")
    after = company.see(person)
    assert result.counts["decks redrawn"] == 1
    assert "15,000" in decks.contents[-1].pains[0].pain
    assert (after.deck_drafts, after.deck_outdated, after.due_at) == (2, None, person.due_at)
    assert len(company.crm.rows("ContentVersion")) == 2
    row = company.ledger.decided[-1]
    assert (row.rule, row.reasons) == (
        "preparation.deck_redrawn",
        ("employees was 12,000 (test), now 15,000 (our records)",),
    )


def test_it_is_drawn_once(company: Company, decks: Drawn) -> None:
    person = drafted(company)
    learn(company, person, fact("employees", 15_000))
    company.run("sync")
    company.run("sync")
    assert len(decks.contents) == 2
    assert company.see(person).deck_facts["employees"].startswith("15,000")


def test_a_fact_that_the_deck_does_not_say_changes_nothing(company: Company, decks: Drawn) -> None:
    person = drafted(company)
    learn(company, person, fact("seniority", "vp"))
    assert "decks redrawn" not in company.run("sync").counts
    assert len(decks.contents) == 1


def test_once_the_customer_may_have_seen_it_the_owner_is_told_once_and_the_file_stays(
    company: Company, decks: Drawn
) -> None:
    person = drafted(company)
    learn(company, person, fact("employees", 15_000), stage=Stage.PRESENTATION, due_at=company.now + DAY * 3)
    company.run("sync")
    company.run("sync")
    after = company.see(person)
    (subject,) = ask_tasks(company, person)
    assert "employees was 12,000" in subject
    assert len(decks.contents) == 1
    assert "now 15,000" in str(after.deck_outdated)
    assert after.due_at == company.now + DAY * 3


def test_a_change_back_is_another_change(company: Company, decks: Drawn) -> None:
    person = drafted(company)
    learn(company, person, fact("employees", 15_000), stage=Stage.CLOSING)
    company.run("sync")
    learn(company, person, fact("employees", 12_000))
    company.run("sync")
    assert len(ask_tasks(company, person)) == 2


def test_a_new_draft_that_fails_its_lint_is_handed_over(company: Company, decks: Drawn) -> None:
    person = drafted(company)
    decks.findings = (Finding(slide=5, problem="pain 1 does not fit"),)
    learn(company, person, fact("employees", 15_000))
    result = company.run("sync")
    assert result.counts["decks handed to their owners"] == 1
    assert company.ledger.decided[-1].reasons[-1] == "slide 5: pain 1 does not fit"
    assert company.see(person).deck_drafts == 1


def test_an_ended_deal_is_flagged_and_nobody_is_bothered(company: Company, decks: Drawn) -> None:
    person = drafted(company)
    learn(company, person, fact("employees", 15_000), stage=Stage.FOLLOW_UP, standing=Standing.LOST)
    company.run("sync")
    assert ask_tasks(company, person) == []
    assert company.see(person).deck_outdated is not None


def test_a_file_that_a_person_changed_is_not_drawn_over(company: Company, decks: Drawn) -> None:
    person = drafted(company)
    path = company.services.home / str(person.deck)
    path.write_text("corrected by hand", encoding="utf-8")
    learn(company, person, fact("employees", 15_000))
    company.run("sync")
    assert path.read_text(encoding="utf-8") == "corrected by hand"
    assert len(ask_tasks(company, person)) == 1


def test_what_a_prospect_told_a_seller_is_no_longer_asked_and_comes_onto_the_goals_page(
    company: Company, decks: Drawn
) -> None:
    playbook = company.services.playbook
    gpct = playbook.qualification.model_copy(update={"framework": "gpct"})
    company.with_services(playbook=playbook.model_copy(update={"qualification": gpct}))
    company.run("pull")
    person = drafted(company)
    assert not decks.contents[-1].goals
    asked = {criterion.name: criterion.question for criterion in gpct.gpct.criteria}
    assert asked["goals"] in decks.contents[-1].questions
    company.wait(DAY)
    company.crm.change("Lead", person.key, Closeloop_Goals__c="cost and control")
    company.run("pull")
    company.run("sync")
    told = decks.contents[-1].goals
    assert [(one.label, one.value, one.source) for one in told] == [("Goal", "cost and control", "our records")]
    assert asked["goals"] not in decks.contents[-1].questions
    assert asked["plans"] in decks.contents[-1].questions
    assert company.ledger.decided[-1].reasons == ("goals was not known, now cost and control (our records)",)


def test_the_report_flags_a_deck_that_says_what_is_no_longer_so(company: Company, decks: Drawn) -> None:
    person = drafted(company)
    learn(company, person, fact("employees", 15_000, "crm"), stage=Stage.PRESENTATION)
    company.run("sync")
    found = figures(company.ledger, company.services.playbook, company.now)
    changed = "employees was 12,000 (test), now 15,000 (our records)"
    assert [row.deck_outdated for row in found.best] == [changed]
    assert f"Outdated: {changed}" in render_report(found, {})
