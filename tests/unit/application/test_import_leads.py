"""Importing: every row is counted once; what the CRM refuses is quarantined under its line."""

from __future__ import annotations

import pytest

from closeloop.application.api_share import API_CALLS
from closeloop.application.import_leads import ImportResult, import_leads
from closeloop.application.undo import undo
from closeloop.domain.actions import ActionState
from closeloop.domain.errors import CrmRefused
from closeloop.domain.leads import LeadDraft, LeadFile, Quarantined
from tests.fakes.services import DAY, Company


def draft(line: int, email: str | None = None) -> LeadDraft:
    return LeadDraft(line=line, email=email or f"p{line}@north.example", last_name="Moreau", company="North Mills")


def run(company: Company, *drafts: LeadDraft, quarantined: tuple[Quarantined, ...] = ()) -> ImportResult:
    found = LeadFile(drafts=drafts, quarantined=quarantined)
    return import_leads(company.services, found, "leads.csv", company.now)


def test_every_row_is_imported_or_quarantined(company: Company) -> None:
    bad = Quarantined(line=4, reason="no company", row={"email": "x"})
    result = run(company, draft(2), draft(3), quarantined=(bad,))
    assert (result.rows, result.imported, result.quarantined) == (3, 2, (bad,))
    assert len(company.crm.rows("Lead")) == 2
    assert company.ledger.quarantine() == [("leads.csv", bad)]


def test_a_row_the_crm_refuses_is_quarantined_under_its_line_with_its_words(company: Company) -> None:
    later = Quarantined(line=9, reason="no company", row={})
    result = run(company, draft(2), draft(5, "nonsense"), draft(6), quarantined=(later,))
    assert [row.line for row in result.quarantined] == [5, 9]
    assert "INVALID_EMAIL_ADDRESS" in result.quarantined[0].reason
    assert result.quarantined[0].row["company"] == "North Mills"
    assert result.imported == 2


@pytest.mark.parametrize("state", [ActionState.PLANNED, ActionState.UNCERTAIN])
def test_a_row_without_an_answer_says_to_import_again(company: Company, state: ActionState) -> None:
    company.crm.answers["upsert_leads"] = state
    (row,) = run(company, draft(2)).quarantined
    assert "import the file again, nothing will be doubled" in row.reason


def test_importing_again_doubles_nothing(company: Company) -> None:
    rows = [draft(n) for n in range(2, 6)]
    run(company, *rows)
    assert run(company, *rows).imported == 4
    assert len(company.crm.rows("Lead")) == 4


def test_a_large_file_is_given_to_the_crm_at_once_since_it_knows_its_own_limits(company: Company) -> None:
    result = run(company, *(draft(n) for n in range(2, 2_302)))
    assert result.imported == 2_300
    assert company.crm.calls == 1 + 1 + 1, "signing in, looking people up, writing"


def test_nothing_is_imported_into_a_crm_that_refuses_us(company: Company) -> None:
    company.crm.down = CrmRefused("Task has no field Closeloop_Key__c")
    with pytest.raises(CrmRefused):
        run(company, draft(2))
    assert company.ledger.quarantine() == []


def test_an_import_is_a_run_with_its_calls_and_its_counts(company: Company) -> None:
    result = run(company, draft(2), draft(3))
    (row,) = company.ledger.runs(9)
    assert (row.run_id, row.stage, row.counts["imported"]) == (result.run, "import", 2)
    assert row.counts[API_CALLS] == company.crm.calls > 1


def test_a_file_beyond_our_share_is_refused_before_anything_is_written(company: Company) -> None:
    company.crm.allowed = 50
    with pytest.raises(CrmRefused, match=r"this import needs about \d\d Salesforce calls, \d left .*nothing was"):
        run(company, *(draft(n) for n in range(2, 1_002)))
    assert (company.crm.rows("Lead"), company.ledger.runs(9)) == ([], [])


def test_an_import_is_taken_back_but_for_what_people_changed_and_the_leads_it_made(company: Company) -> None:
    there = {"LastName": "Moreau", "Company": "North Mills"}
    filled = company.crm.insert("Lead", Email="p2@north.example", **there)
    edited = company.crm.insert("Lead", Email="p3@north.example", **there)
    result = run(company, *(draft(n).model_copy(update={"phone": "+33 1 00"}) for n in (2, 3, 4)))
    company.crm.change("Lead", edited, Phone="+33 1 99")
    company.wait(DAY)
    taken = undo(company.services, result.run, company.now)
    phones = {row["Id"]: row["Phone"] for row in company.crm.rows("Lead")}
    assert (phones[filled], phones[edited]) == (None, "+33 1 99")
    assert [line.record_id for line in taken.kept] == [edited]
    assert [line.why_kept for line in taken.records] == [
        "somebody may work on it already: delete it by hand if it does not belong there"
    ]
    assert (company.ledger.runs(1)[0].run_id, company.ledger.runs(1)[0].stage) == (taken.undo_run, "undo")


def test_a_filled_blank_whose_answer_was_lost_can_still_be_taken_back(company: Company) -> None:
    lead = company.crm.insert("Lead", Email="p2@north.example", LastName="Moreau", Company="North Mills")
    company.crm.silent.add("upsert_leads")
    result = run(company, draft(2).model_copy(update={"phone": "+33 1 00"}))
    assert result.imported == 0
    company.crm.silent.clear()
    company.wait(DAY)
    taken = undo(company.services, result.run, company.now)
    assert [line.field for line in taken.restored] == ["Phone"]
    assert company.crm.records["Lead"][lead]["Phone"] is None
