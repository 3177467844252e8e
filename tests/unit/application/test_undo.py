"""Undo: what is taken back, what stays and why, and that it stays so."""

from __future__ import annotations

from typing import Any

import pytest

from closeloop.application.field_sync import sync_fields
from closeloop.application.ports import Change, WriteState
from closeloop.application.results import Tally
from closeloop.application.undo import NO_MEANS_NO, undo
from closeloop.application.undo_result import UndoResult
from closeloop.domain.actions import ActionState
from closeloop.domain.errors import UsageError
from closeloop.domain.field_undo import ALREADY, BY_PERSON
from closeloop.domain.prospect import Prospect
from closeloop.domain.signals import Label
from closeloop.domain.stage import Stage
from tests.fakes.services import DAY, RUN, Company

STAGE, HOLD, STATUS = "Closeloop_Stage__c", "Closeloop_Hold__c", "Status"


def sync(company: Company, run: str) -> None:
    company.wait(DAY)
    sync_fields(company.services, run, company.now, 100, Tally("sync", run))


def want(company: Company, person: Prospect, **changes: Any) -> None:
    company.ledger.commit(Change(prospects=(company.see(person).model_copy(update=changes),)))


def take_back(company: Company, run: str, *, dry_run: bool = False) -> UndoResult:
    company.wait(DAY)
    return undo(company.services, run, company.now, dry_run=dry_run)


def lead(company: Company, person: Prospect) -> dict[str, Any]:
    return company.crm.records["Lead"][person.key]


def test_a_run_is_taken_back_and_stays_so(company: Company) -> None:
    person = company.written_to()
    sync(company, "r1")
    result = take_back(company, "r1")
    assert (lead(company, person)[STAGE], lead(company, person)[STATUS]) == (None, "Open - Not Contacted")
    assert {line.field for line in result.restored} >= {STAGE, STATUS}
    want(company, person, stage=Stage.CLOSING)
    sync(company, "r2")
    assert lead(company, person)[STAGE] is None
    assert company.ledger.crm_writes("r2") == []


def test_what_stood_there_before_our_first_write_comes_back(company: Company) -> None:
    person = company.written_to()
    company.crm.change("Lead", person.key, **{STAGE: "their own word", STATUS: "Working - Contacted"})
    sync(company, "r1")
    assert lead(company, person)[STAGE] == "approach"
    before = {row.field: row.before for row in company.ledger.crm_writes("r1")}
    assert before[STAGE] == "their own word"
    take_back(company, "r1")
    assert lead(company, person)[STAGE] == "their own word"
    want(company, person, stage=Stage.CLOSING)
    sync(company, "r2")
    assert lead(company, person)[STAGE] == "their own word"


def test_what_a_person_changed_since_stays_and_is_named(company: Company) -> None:
    person = company.written_to()
    sync(company, "r1")
    company.crm.change("Lead", person.key, Status="Working - Waits for budget")
    result = take_back(company, "r1")
    assert lead(company, person)[STATUS] == "Working - Waits for budget"
    kept = {line.field: line for line in result.kept}
    assert (kept[STATUS].reason, kept[STATUS].says) == (BY_PERSON, "Working - Waits for budget")
    assert lead(company, person)[STAGE] is None


def test_what_a_later_run_wrote_stays_until_that_run_is_taken_back(company: Company) -> None:
    person = company.written_to()
    sync(company, "r1")
    want(company, person, stage=Stage.PRESENTATION)
    sync(company, "r2")
    first = {line.field: line.reason for line in take_back(company, "r1").kept}
    assert first[STAGE] == "the run r2 wrote it since: undo that one first"
    assert lead(company, person)[STAGE] == "presentation"
    take_back(company, "r2")
    assert lead(company, person)[STAGE] == "approach"
    take_back(company, "r1")
    assert lead(company, person)[STAGE] is None


def test_asking_twice_changes_nothing(company: Company) -> None:
    person = company.written_to()
    sync(company, "r1")
    take_back(company, "r1")
    before, calls = dict(lead(company, person)), len(company.ledger.journal)
    again = take_back(company, "r1")
    assert (dict(lead(company, person)), len(company.ledger.journal)) == (before, calls)
    assert (again.restored, again.undo_run) == ((), None)
    assert {line.reason for line in again.kept} == {ALREADY}


def test_an_undo_is_a_run_that_can_be_taken_back_too(company: Company) -> None:
    person = company.written_to()
    sync(company, "r1")
    taken = take_back(company, "r1")
    assert company.ledger.runs(1)[0].run_id == taken.undo_run
    assert {row.reason for row in company.ledger.crm_writes(taken.undo_run or "")} == {"undo of r1"}
    take_back(company, taken.undo_run or "")
    assert lead(company, person)[STAGE] == "approach"
    want(company, person, stage=Stage.CLOSING)
    sync(company, "r2")
    assert lead(company, person)[STAGE] == "closing"
    take_back(company, "r2")
    take_back(company, "r1")
    assert lead(company, person)[STAGE] is None


def test_a_dry_run_says_the_same_and_writes_nothing(company: Company) -> None:
    person = company.written_to()
    sync(company, "r1")
    before, journal = dict(lead(company, person)), list(company.ledger.journal)
    said = take_back(company, "r1", dry_run=True)
    assert (dict(lead(company, person)), company.ledger.journal, company.ledger.ran) == (before, journal, {})
    assert said.restored == take_back(company, "r1").restored


def test_an_opt_out_is_never_taken_back(company: Company) -> None:
    person = company.written_to()
    company.receive(company.reply(person, Label.UNSUBSCRIBE))
    sync(company, "r1")
    result = take_back(company, "r1")
    assert lead(company, person)["HasOptedOutOfEmail"] is True
    assert lead(company, person)["Closeloop_Do_Not_Contact__c"] is True
    assert {line.reason for line in result.kept} == {NO_MEANS_NO}
    assert lead(company, person)[STATUS] == "Open - Not Contacted"


def test_records_that_were_made_are_listed_with_what_can_be_done(company: Company) -> None:
    person = company.written_to()
    company.deliver()
    company.receive(company.reply(person, Label.INTERESTED))
    company.run("sync")
    result = take_back(company, RUN)
    found = {record.object: record for record in result.records}
    assert "cannot take a conversion back" in found["Opportunity"].why_kept
    assert "stays" in found["Task"].why_kept
    assert "delete it by hand" in found["OpportunityContactRole"].why_kept
    assert len(company.crm.rows("Task")) == 1
    assert company.crm.rows("Opportunity")[0][STAGE] is None


def test_what_the_crm_refuses_is_said(company: Company) -> None:
    person = company.written_to()
    sync(company, "r1")
    company.crm.answers["update"] = ActionState.REJECTED
    result = take_back(company, "r1")
    assert {line.field for line in result.failed} >= {STAGE, STATUS}
    assert lead(company, person)[STAGE] == "approach"
    del company.crm.answers["update"]
    assert {line.field for line in take_back(company, "r1").restored} >= {STAGE, STATUS}


def test_a_record_that_is_gone_is_said(company: Company) -> None:
    person = company.written_to()
    sync(company, "r1")
    del company.crm.records["Lead"][person.key]
    assert {line.reason for line in take_back(company, "r1").kept} == {"the record is gone from the CRM"}


def test_a_write_whose_answer_was_lost_is_taken_back_too(company: Company) -> None:
    person = company.written_to()
    company.crm.silent.add("update")
    sync(company, "r1")
    company.crm.silent.clear()
    assert {row.state for row in company.ledger.journal} == {WriteState.INTENDED}
    take_back(company, "r1")
    assert lead(company, person)[STAGE] is None


def test_a_run_nobody_knows_is_wrong_use_and_names_those_there_are(company: Company) -> None:
    with pytest.raises(UsageError, match="None has written"):
        take_back(company, "r9")
