"""Field writes whose answer was lost: ours is known by what it set, and what may be a person's stays."""

from __future__ import annotations

from typing import Any

import pytest

from closeloop.application.field_sync import sync_fields
from closeloop.application.ports import Change, WriteState
from closeloop.application.results import Tally
from closeloop.application.undo import NOT_WRITTEN, undo
from closeloop.application.undo_result import UndoResult
from closeloop.domain.actions import ActionState
from closeloop.domain.field_undo import IN_DOUBT
from closeloop.domain.prospect import Prospect
from closeloop.domain.stage import Stage
from tests.fakes.services import DAY, Company

STAGE, HOLD = "Closeloop_Stage__c", "Closeloop_Hold__c"


def sync(company: Company, run: str, person: Prospect, **changes: Any) -> None:
    company.wait(DAY)
    changes = {"touches": company.see(person).touches + 1} | changes
    company.ledger.commit(Change(prospects=(company.see(person).model_copy(update=changes),)))
    sync_fields(company.services, run, company.now, 100, Tally("sync", run))


def lose(company: Company, run: str, person: Prospect, *, happens: bool, **changes: Any) -> None:
    """A pass that hears nothing of its writes."""
    if happens:
        company.crm.silent.add("update")
    else:
        company.crm.answers["update"] = ActionState.UNCERTAIN
    sync(company, run, person, **changes)
    company.crm.silent.clear()
    company.crm.answers.clear()
    company.wait(DAY)


def take_back(company: Company, run: str, *, dry_run: bool = False) -> UndoResult:
    company.wait(DAY)
    return undo(company.services, run, company.now, dry_run=dry_run)


def lead(company: Company, person: Prospect) -> dict[str, Any]:
    return company.crm.records["Lead"][person.key]


def states(company: Company, run: str) -> set[WriteState]:
    return {row.state for row in company.ledger.crm_writes(run)}


def held(company: Company) -> Prospect:
    """Somebody whose Lead says what is waited for."""
    person = company.written_to()
    sync(company, "r1", person, reason="waits for legal")
    assert lead(company, person)[HOLD] == "waits for legal"
    return person


def test_a_field_a_person_emptied_is_not_taken_for_our_lost_blank(company: Company) -> None:
    person = held(company)
    lose(company, "r2", person, happens=False, reason=None)
    company.crm.change("Lead", person.key, **{HOLD: None})
    sync(company, "r3", person, reason="waits for budget")
    assert lead(company, person)[HOLD] is None
    assert {line.reason for line in take_back(company, "r2").kept} == {IN_DOUBT}
    assert lead(company, person)[HOLD] is None


def test_a_lost_blank_in_a_record_that_we_changed_last_is_ours(company: Company) -> None:
    person = held(company)
    lose(company, "r2", person, happens=True, reason=None)
    sync(company, "r3", person, reason="waits for budget")
    assert (states(company, "r2"), lead(company, person)[HOLD]) == ({WriteState.WRITTEN}, "waits for budget")


def test_a_lost_blank_is_not_ours_when_the_org_does_not_say_who_we_are(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = held(company)
    lose(company, "r2", person, happens=True, reason=None)
    monkeypatch.setattr(company.crm, "our_user", lambda: None)
    sync(company, "r3", person, reason="waits for budget")
    assert (states(company, "r2"), lead(company, person)[HOLD]) == ({WriteState.INTENDED}, None)


def test_a_lost_blank_beside_a_word_of_ours_is_ours(company: Company) -> None:
    person = held(company)
    lose(company, "r2", person, happens=True, reason=None, stage=Stage.CLOSING)
    company.crm.change("Lead", person.key, Phone="+49 30 1")
    sync(company, "r3", person, reason="waits for budget")
    assert (states(company, "r2"), lead(company, person)[HOLD]) == ({WriteState.WRITTEN}, "waits for budget")


def test_what_another_pass_writes_is_no_evidence_for_a_lost_write(company: Company) -> None:
    person = held(company)
    lose(company, "r2", person, happens=False, reason=None)
    company.crm.change("Lead", person.key, **{HOLD: None})
    sync(company, "r3", person, stage=Stage.CLOSING)
    sync(company, "r4", person, reason="waits for budget")
    assert states(company, "r2") == {WriteState.INTENDED}
    assert (lead(company, person)[STAGE], lead(company, person)[HOLD]) == ("closing", None)


def test_a_lost_write_to_a_record_nobody_touched_did_not_happen(company: Company) -> None:
    person = held(company)
    lose(company, "r2", person, happens=False, reason=None)
    plan, done = take_back(company, "r2", dry_run=True), take_back(company, "r2")
    assert {line.reason for line in (*plan.kept, *done.kept)} == {NOT_WRITTEN}
    assert states(company, "r2") == {WriteState.REFUSED}
    assert HOLD in {line.field for line in take_back(company, "r1").restored}


def test_undo_does_not_go_past_a_write_nobody_knows_about(company: Company) -> None:
    person = held(company)
    lose(company, "r2", person, happens=True, reason="waits for budget")
    company.crm.change("Lead", person.key, **{HOLD: "waits for legal"})  # put back by a person
    kept = {line.field: line.reason for line in take_back(company, "r1").kept}
    assert (kept[HOLD], lead(company, person)[HOLD]) == (IN_DOUBT, "waits for legal")


def test_a_dry_run_says_what_the_undo_then_does(company: Company) -> None:
    person = company.written_to()
    lose(company, "r1", person, happens=True)
    company.crm.change("Lead", person.key, **{HOLD: "a person's"})
    said = take_back(company, "r1", dry_run=True)
    assert states(company, "r1") == {WriteState.INTENDED}
    done = take_back(company, "r1")
    assert (said.restored, said.kept) == (done.restored, done.kept)
    assert STAGE in {line.field for line in done.restored}
