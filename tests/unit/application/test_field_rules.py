"""Fields in the CRM by their rules: facts fill what is blank, people's words become facts, echoes are no news."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from closeloop.application.ports import Change
from closeloop.domain.crm_mapping import CrmMapping
from closeloop.domain.prospect import Prospect
from closeloop.domain.signals import Label
from tests.fakes.services import DAY, Company
from tests.unit.domain.people import crm_mapping


def with_rule(company: Company, name: str, word: str, rule: Any, **more: Any) -> None:
    content = crm_mapping().model_dump(mode="json")
    content["objects"][name]["fields"][word] |= {"rule": rule} | more
    company.with_services(mapping=CrmMapping.model_validate(content))


def lead(company: Company, person: Prospect) -> dict[str, Any]:
    return company.crm.records["Lead"][person.key]


def again(company: Company, person: Prospect, **changes: Any) -> None:
    """A day later the prospect has changed and is written back."""
    company.wait(DAY)
    changes = {"touches": company.see(person).touches + 1} | changes
    company.ledger.commit(Change(prospects=(company.see(person).model_copy(update=changes),)))
    company.run("sync")


def test_what_we_found_out_fills_what_is_blank_and_nothing_else(company: Company) -> None:
    person = company.person()
    company.crm.change("Lead", person.key, Industry="Energy")
    company.run("sync")
    assert (lead(company, person)["NumberOfEmployees"], lead(company, person)["Industry"]) == (12_000, "Energy")
    rows = {row.field: row for row in company.ledger.journal}
    assert rows["NumberOfEmployees"].reason == "registry:test, observed 2026-01-05"
    assert "Industry" not in rows


def test_what_a_person_emptied_stays_empty(company: Company) -> None:
    person = company.person()
    company.run("sync")
    company.crm.change("Lead", person.key, NumberOfEmployees=None)
    again(company, person)
    assert lead(company, person)["NumberOfEmployees"] is None


def test_a_deal_fills_its_account_once_for_all_colleagues(company: Company) -> None:
    for name in ("anna", "bo"):
        person = company.written_to(name)
        company.receive(company.reply(person, Label.INTERESTED))
    company.run("sync")
    (account,) = company.crm.rows("Account")
    assert account["NumberOfEmployees"] == 12_000
    assert len([row for row in company.ledger.journal if row.object == "Account" and row.field == "Industry"]) == 1


def test_a_field_that_is_theirs_is_never_written(company: Company) -> None:
    with_rule(company, "Lead", "employees", "theirs")
    with_rule_person = company.person()
    company.run("sync")
    assert lead(company, with_rule_person)["NumberOfEmployees"] is None


def test_an_enforced_field_is_written_over_a_person_s_edit_and_the_journal_says_so(company: Company) -> None:
    with_rule(company, "Lead", "stage", {"ours": "enforce"})
    person = company.person()
    company.run("sync")
    company.crm.change("Lead", person.key, Closeloop_Stage__c="mine")
    again(company, person)
    assert lead(company, person)["Closeloop_Stage__c"] == "approach"
    last = [row for row in company.ledger.journal if row.field == "Closeloop_Stage__c"][-1]
    assert (last.before, last.after) == ("mine", "approach")
    assert "over a person's edit" in last.reason


@pytest.mark.parametrize(("hours", "wins"), [(1, "ours"), (-1, "theirs")])
def test_the_newer_of_two_wins(company: Company, hours: int, wins: str) -> None:
    with_rule(company, "Lead", "industry", "newest_wins")
    person = company.person()
    company.run("sync")
    company.wait(DAY)
    company.crm.change("Lead", person.key, Industry="theirs")
    learned = (
        company.see(person)
        .facts["industry"]
        .model_copy(update={"value": "ours", "observed_at": company.now + timedelta(hours=hours)})
    )
    again(company, person, facts=company.see(person).facts | {"industry": learned})
    assert lead(company, person)["Industry"] == wins


def test_a_value_the_org_has_no_word_for_stays_with_us(company: Company) -> None:
    with_rule(company, "Lead", "industry", "fill_if_blank", values={"Media": "Medien"})
    person = company.person()
    company.run("sync")
    assert lead(company, person)["Industry"] is None
    assert lead(company, person)["NumberOfEmployees"] == 12_000


def test_custom_names_and_picklist_words_are_used(company: Company) -> None:
    words = {"working": "In Arbeit", "disqualified": "Erledigt", "converted": "Gewandelt"}
    with_rule(company, "Lead", "status", "ours", values=words)
    with_rule_status = company.written_to()
    company.run("sync")
    assert lead(company, with_rule_status)["Status"] == "In Arbeit"


def test_our_own_writes_come_back_as_no_news(company: Company) -> None:
    person = company.person()
    company.run("sync")
    company.wait(DAY)
    assert company.run("pull").considered == 1
    before, decided = company.see(person), len(company.ledger.decided)
    company.wait(DAY)
    company.crm.change("Lead", person.key, Description="a note that touches the record")
    assert company.run("pull").counts == {}
    assert (company.see(person), len(company.ledger.decided)) == (before, decided)
    assert company.see(person).facts["employees"].source == "registry:test"


def test_what_people_write_about_the_company_becomes_a_fact(company: Company) -> None:
    person = company.person()
    company.run("sync")
    company.wait(DAY)
    company.crm.change("Lead", person.key, NumberOfEmployees=900)
    company.run("pull")
    learned = company.see(person).facts["employees"]
    assert (learned.value, learned.source) == (900, "crm:employees")
    company.run("sync")
    assert lead(company, person)["NumberOfEmployees"] == 900


def test_a_field_we_may_not_write_is_said_and_not_taken_for_written(company: Company) -> None:
    company.crm.read_only = frozenset({"Closeloop_Stage__c"})
    person = company.written_to()
    result = company.run("sync")
    assert any("Closeloop_Stage__c may not be written by us" in reason for reason in result.holds)
    assert all(row.field != "Closeloop_Stage__c" for row in company.ledger.journal)
    company.crm.read_only = frozenset()
    again(company, person)
    assert lead(company, person)["Closeloop_Stage__c"] == "approach"


def test_a_write_has_the_decision_behind_it_as_its_reason(company: Company) -> None:
    company.written_to()
    company.run("sync")
    reasons = {row.reason for row in company.ledger.journal if row.field == "Closeloop_Stage__c"}
    (last,) = company.ledger.last_decisions([row.prospect_key or "" for row in company.ledger.journal]).values()
    assert reasons == {f"{last.rule}: {last.reasons[0]}"}


def test_an_opt_out_reaches_a_lead_that_others_made_and_we_wrote_to(company: Company) -> None:
    person = company.written_to()
    company.run("sync")
    company.receive(company.reply(person, Label.UNSUBSCRIBE))
    company.run("sync")
    assert lead(company, person)["LastModifiedById"] != lead(company, person)["CreatedById"]
    assert lead(company, person)["HasOptedOutOfEmail"] is True


def test_a_deal_that_people_touched_before_our_first_write_is_left_as_they_made_it(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = company.written_to()
    company.receive(company.reply(person, Label.INTERESTED))
    original = company.crm._convert

    def and_then_a_person(*arguments: Any) -> Any:
        outcome = original(*arguments)
        company.crm.user = "005000000000003EAA"
        company.crm.change("Opportunity", outcome.ids["opportunity"], StageName="Negotiation/Review")
        return outcome

    monkeypatch.setattr(company.crm, "_convert", and_then_a_person)
    company.run("sync")
    (deal,) = company.crm.rows("Opportunity")
    assert deal["StageName"] == "Negotiation/Review"
    assert deal["Closeloop_Stage__c"] == "presentation"


def test_what_we_would_leave_as_it_is_in_any_case_is_not_read(company: Company) -> None:
    person = company.written_to()
    company.run("sync")
    calls = company.crm.calls
    again(company, person)
    assert company.crm.calls == calls
    again(company, person, score=77)
    assert company.crm.calls > calls
    assert lead(company, person)["Closeloop_Score__c"] == 77


def test_a_record_that_somebody_changes_while_we_write_is_read_again(company: Company) -> None:
    person = company.person()
    read = company.crm.read_together

    def and_then_a_person_writes(wanted: Any) -> Any:
        found = read(wanted)
        company.wait(timedelta(minutes=1))
        company.crm.change("Lead", person.key, Status="Working - Contacted")
        company.crm.read_together = read  # type: ignore[method-assign]
        return found

    company.crm.read_together = and_then_a_person_writes  # type: ignore[method-assign]
    result = company.run("sync")
    assert result.failures[0].problem == "Lead: changed meanwhile"
    assert "Closeloop_Stage__c" not in lead(company, person)
    company.run("sync")
    assert lead(company, person)["Closeloop_Stage__c"] == person.stage.value
    assert lead(company, person)["Status"] == "Working - Contacted"
