"""Decks, meetings and campaign members go to the CRM through the outbox: once each, settled by evidence."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import md5
from pathlib import Path

import pytest

from closeloop.domain.actions import ActionKind, ActionState
from closeloop.domain.presentation_content import DeckContent, Finding
from closeloop.domain.prospect import Prospect
from closeloop.domain.signals import Label
from closeloop.domain.stage import Stage
from tests.fakes.services import DAY, RUN, Company

CAMPAIGN = "701000000000001EAA"


class WrittenDecks:
    """Writes what the test says into each draft's file."""

    content = b"first draft"

    def build_all(self, drafts: Sequence[tuple[DeckContent, Path]]) -> list[tuple[Finding, ...]]:
        for _, path in drafts:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.content)
        return [() for _ in drafts]


@pytest.fixture
def decks(company: Company, tmp_path: Path) -> WrittenDecks:
    made = WrittenDecks()
    company.with_services(home=tmp_path, decks=made)
    return made


def drafted(company: Company, name: str = "anna") -> Prospect:
    person = company.person(name, stage=Stage.PREPARATION)
    company.run("preparation")
    return company.see(person)


def kinds(company: Company, kind: ActionKind) -> list[tuple[str, ActionState]]:
    kept = [(one.action.key, one.state) for one in company.ledger.kept.values() if one.action.kind is kind]
    return sorted(kept)


def versions(company: Company) -> list[bool]:
    return [row["IsLatest"] for row in company.crm.rows("ContentVersion")]


# decks


def test_a_draft_that_passed_is_on_its_lead_after_the_sync(company: Company, decks: WrittenDecks) -> None:
    person = drafted(company)
    result = company.run("sync")
    (link,) = company.crm.rows("ContentDocumentLink")
    assert (link["LinkedEntityId"], versions(company)) == (person.crm.lead, [True])
    assert result.counts["decks in the CRM"] == 1
    company.run("sync")
    assert versions(company) == [True]


def test_the_same_draft_built_again_is_not_planned_again(company: Company, decks: WrittenDecks) -> None:
    person = drafted(company)
    company.ledger.people[person.key] = company.see(person).model_copy(
        update={"stage": Stage.PREPARATION, "due_at": company.now}
    )
    company.run("preparation")
    assert len(kinds(company, ActionKind.FILE)) == 1


def test_a_draft_that_changed_is_a_new_version(company: Company, decks: WrittenDecks) -> None:
    person = drafted(company)
    company.run("sync")
    decks.content = b"second draft"
    company.ledger.people[person.key] = company.see(person).model_copy(
        update={"stage": Stage.PREPARATION, "due_at": company.now}
    )
    company.run("preparation")
    company.run("sync")
    assert sorted(versions(company)) == [False, True]


def test_a_draft_that_was_changed_back_is_in_the_crm_as_it_is(company: Company, decks: WrittenDecks) -> None:
    decks.content = b"first draft"
    person = drafted(company)
    company.run("sync")
    for content in (b"second draft", b"first draft", b"second draft"):
        decks.content = content
        company.ledger.people[person.key] = company.see(person).model_copy(
            update={"stage": Stage.PREPARATION, "due_at": company.now}
        )
        company.run("preparation")
        company.run("sync")
        (latest,) = [row for row in company.crm.rows("ContentVersion") if row["IsLatest"]]
        assert latest["Checksum"] == md5(content, usedforsecurity=False).hexdigest()
    assert len(versions(company)) == 4


def test_uploads_can_be_switched_off(company: Company, decks: WrittenDecks) -> None:
    company.with_services(upload_decks=False)
    drafted(company)
    company.run("sync")
    assert (kinds(company, ActionKind.FILE), versions(company)) == ([], [])


def test_an_upload_without_an_answer_is_read_back_not_made_again(company: Company, decks: WrittenDecks) -> None:
    drafted(company)
    company.crm.silent.add("put_files")
    company.run("sync")
    assert [state for _, state in kinds(company, ActionKind.FILE)] == [ActionState.UNCERTAIN]
    company.crm.silent.clear()
    company.run("reconcile")
    company.run("sync")
    assert [state for _, state in kinds(company, ActionKind.FILE)] == [ActionState.ACCEPTED]
    assert versions(company) == [True]


def test_an_upload_that_never_arrived_is_made_after_all(company: Company, decks: WrittenDecks) -> None:
    drafted(company)
    company.crm.answers["put_files"] = ActionState.UNCERTAIN
    company.run("sync")
    del company.crm.answers["put_files"]
    company.run("reconcile")
    company.run("sync")
    assert versions(company) == [True]


def test_a_draft_whose_file_is_gone_says_so(company: Company, decks: WrittenDecks) -> None:
    person = drafted(company)
    (company.services.home / str(person.deck)).unlink()
    result = company.run("sync")
    assert "its file is gone from the home folder" in result.holds


def test_after_the_conversion_the_deck_is_on_the_deal_too(company: Company, decks: WrittenDecks) -> None:
    person = drafted(company)
    company.run("sync")
    company.run("approach")
    company.receive(company.reply(person, Label.INTERESTED))
    company.run("sync")
    after = company.see(person)
    assert {row["LinkedEntityId"] for row in company.crm.rows("ContentDocumentLink")} == {
        person.crm.lead,
        after.crm.opportunity,
    }
    assert versions(company) == [True]


def test_a_thousand_decks_go_in_one_pass(company: Company, decks: WrittenDecks) -> None:
    for n in range(1_003):
        company.person(f"p{n}", stage=Stage.PREPARATION)
    company.run("preparation")
    company.run("sync")
    assert len(versions(company)) == 1_003


# meetings


def events(company: Company) -> list[tuple[str, str]]:
    return [(row["ActivityDate"], row["Subject"]) for row in company.crm.rows("Event")]


def test_an_agreed_meeting_is_an_event_on_the_day_of_the_next_step(company: Company) -> None:
    person = company.written_to()
    company.receive(company.reply(person, Label.MEETING))
    company.run("sync")
    after = company.see(person)
    assert after.next_step
    assert events(company) == [(after.next_step.on.isoformat(), f"{after.next_step.what}, Volvo")]
    (event,) = company.crm.rows("Event")
    assert (event["WhoId"], event["WhatId"]) == (after.crm.contact, after.crm.opportunity)


def test_a_meeting_that_moves_is_the_same_event_on_another_day(company: Company) -> None:
    person = company.written_to()
    company.receive(company.reply(person, Label.MEETING))
    company.run("sync")
    company.wait(DAY)
    company.receive(company.reply(company.see(person), Label.MEETING))
    company.run("sync")
    after = company.see(person)
    assert after.next_step
    assert [day for day, _ in events(company)] == [after.next_step.on.isoformat()]
    assert after.meetings == 1


def test_a_meeting_after_one_that_took_place_is_a_second_event(company: Company) -> None:
    person = company.written_to()
    company.receive(company.reply(person, Label.MEETING))
    company.run("sync")
    company.wait(DAY * 9)
    company.receive(company.reply(company.see(person), Label.MEETING))
    company.run("sync")
    assert len(events(company)) == 2


def test_a_meeting_without_an_answer_is_read_back(company: Company) -> None:
    person = company.written_to()
    company.receive(company.reply(person, Label.MEETING))
    company.crm.silent.add("put_meetings")
    company.run("sync")
    company.crm.silent.clear()
    company.run("reconcile")
    company.run("sync")
    assert [state for _, state in kinds(company, ActionKind.EVENT)] == [ActionState.ACCEPTED]
    assert len(events(company)) == 1


# campaign members


def test_who_was_written_to_is_sent_and_who_answered_responded(company: Company) -> None:
    company.with_services(campaign=CAMPAIGN)
    quiet, loud = company.written_to("anna"), company.written_to("bo", domain="other.example")
    company.run("sync")
    assert company.crm.rows("CampaignMember") == []
    company.deliver()
    company.run("sync")
    company.receive(company.reply(loud, Label.QUESTION))
    company.run("sync")
    members = {row["LeadId"]: row["Status"] for row in company.crm.rows("CampaignMember")}
    assert members == {quiet.crm.lead: "Sent", loud.crm.lead: "Responded"}


def test_who_answers_before_the_first_sync_is_one_member(company: Company) -> None:
    company.with_services(campaign=CAMPAIGN)
    person = company.written_to()
    company.deliver()
    company.receive(company.reply(person, Label.OBJECTION_PRICE))
    company.run("sync")
    assert [row["Status"] for row in company.crm.rows("CampaignMember")] == ["Responded"]
    assert {state for _, state in kinds(company, ActionKind.CAMPAIGN)} == {ActionState.ACCEPTED}


def test_an_absence_note_is_no_response(company: Company) -> None:
    company.with_services(campaign=CAMPAIGN)
    person = company.written_to()
    company.deliver()
    company.receive(company.reply(person, Label.OUT_OF_OFFICE))
    company.run("sync")
    assert [row["Status"] for row in company.crm.rows("CampaignMember")] == ["Sent"]


def test_a_status_that_people_set_stays(company: Company) -> None:
    company.with_services(campaign=CAMPAIGN)
    person = company.written_to()
    company.deliver()
    company.run("sync")
    (row,) = company.crm.rows("CampaignMember")
    company.crm.change("CampaignMember", row["Id"], Status="Attended")
    company.receive(company.reply(person, Label.INTERESTED))
    company.run("sync")
    assert [row["Status"] for row in company.crm.rows("CampaignMember")] == ["Attended"]


def test_a_membership_without_an_answer_is_read_back(company: Company) -> None:
    company.with_services(campaign=CAMPAIGN)
    company.written_to()
    company.deliver()
    company.crm.silent.add("put_members")
    company.run("sync")
    company.crm.silent.clear()
    company.run("reconcile")
    company.run("sync")
    assert {state for _, state in kinds(company, ActionKind.CAMPAIGN)} == {ActionState.ACCEPTED}
    assert len(company.crm.rows("CampaignMember")) == 1


def test_without_a_campaign_nobody_is_enrolled(company: Company) -> None:
    person = company.written_to()
    company.deliver()
    company.receive(company.reply(person, Label.INTERESTED))
    assert kinds(company, ActionKind.CAMPAIGN) == []


# the journal


def test_the_journal_names_what_was_made_and_not_what_was_there(company: Company, decks: WrittenDecks) -> None:
    company.with_services(campaign=CAMPAIGN)
    person = drafted(company)
    company.crm.insert("CampaignMember", CampaignId=CAMPAIGN, LeadId=person.crm.lead, ContactId=None, Status="Sent")
    company.run("sync")
    company.run("approach")
    company.deliver()
    company.receive(company.reply(person, Label.MEETING))
    company.run("sync")
    made = [row.object for row in company.ledger.crm_writes(RUN) if row.makes_record]
    counts = {name: made.count(name) for name in ("ContentVersion", "Event", "CampaignMember")}
    assert counts == {"ContentVersion": 1, "Event": 1, "CampaignMember": 0}
