"""A question whether two records are one person names them both: it goes when either is forgotten."""

from __future__ import annotations

import pytest

from closeloop.application.import_leads import import_leads
from closeloop.domain.leads import LeadDraft, LeadFile
from tests.fakes.services import Company
from tests.fakes.stop_lists import MemoryStopLists
from tests.unit.application.test_forget import everything, forgotten, lists, number

__all__ = ["lists"]

CRISTINA, CHRISTINA = "c.o@mailhub.example", "christina@northmills.example"


def asked_about(company: Company) -> None:
    """Cristina's row may be Christina: it was not made, a seller was asked, and the row waits in the quarantine."""
    company.crm.insert(
        "Lead",
        FirstName="Christina",
        LastName="Okafor",
        Email=CHRISTINA,
        Company="North Mills",
    )
    draft = LeadDraft(
        line=2,
        email=CRISTINA,
        first_name="Cristina",
        last_name="Okafor",
        company="North Mills Ltd",
        phone="+4930901820",
    )
    import_leads(company.services, LeadFile(drafts=(draft,), quarantined=()), "leads.csv", company.now)
    assert len(company.crm.rows("Task")) == 1
    assert [line.record_id for line in company.ledger.journal if line.object == "Task"]


@pytest.mark.parametrize("who", [CRISTINA, CHRISTINA])
def test_a_question_whether_two_are_one_person_goes_with_either_of_them(
    company: Company, lists: MemoryStopLists, who: str
) -> None:
    asked_about(company)
    done = forgotten(company, who)
    assert (done.waits, number(done, "CRM", "Task deleted")) == ((), 1)
    assert company.crm.rows("Task") == []
    assert [line for line in company.ledger.journal if line.object == "Task"] == []
    assert number(forgotten(company, who), "CRM", "Task deleted") == 1
    assert ("Cristina" in everything(company)) is (who == CHRISTINA)


def test_the_journal_of_a_question_names_nobody(company: Company, lists: MemoryStopLists) -> None:
    asked_about(company)
    assert "Okafor" not in repr(company.ledger.journal)
