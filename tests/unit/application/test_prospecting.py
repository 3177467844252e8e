"""Prospecting: what the pull takes from the CRM and leaves there, and that accounts are asked about once."""

from __future__ import annotations

from typing import Any

import pytest

from closeloop.domain.errors import CrmUnavailable
from closeloop.domain.prospect import Prospect
from closeloop.domain.stage import Stage, Standing
from tests.fakes.services import DAY, Company
from tests.unit.domain.people import fact


def lead(company: Company, name: str = "anna", **fields: Any) -> str:
    values = {"Email": f"{name}@volvo.example", "FirstName": name.title(), "LastName": "Okafor", "Company": "Volvo"}
    return company.crm.insert("Lead", **(values | fields))


def pulled(company: Company) -> list[Prospect]:
    company.run("pull")
    return list(company.ledger.all_prospects())


def test_a_new_lead_becomes_a_prospect_with_what_the_crm_knows(company: Company) -> None:
    key = lead(company, Email="Anna@Volvo.example", Title="CFO", NumberOfEmployees=900, Industry="Energy")
    (person,) = pulled(company)
    assert (person.key, person.crm.lead, person.email, person.domain) == (
        key,
        key,
        "anna@volvo.example",
        "volvo.example",
    )
    assert (person.stage, person.standing, person.due_at) == (Stage.PROSPECTING, Standing.OPEN, company.now)
    assert (person.fact("employees"), person.fact("industry"), person.fact("seniority")) == (
        900,
        "Energy",
        "c_level",
    )
    assert person.owner_name == "Closeloop Integration"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"Email": None}, "no e-mail address in the CRM"),
        ({"HasOptedOutOfEmail": True}, "opted out in the CRM"),
        ({"Closeloop_Do_Not_Contact__c": True}, "opted out in the CRM"),
        ({"IsConverted": True}, "already converted by people"),
    ],
)
def test_a_lead_we_may_not_work_is_left_with_its_reason_and_taken_in_when_people_change_it(
    company: Company, fields: dict[str, Any], reason: str
) -> None:
    key = lead(company, **fields)
    assert company.run("pull").holds == {reason: 1}
    assert company.ledger.people == {}
    company.wait(DAY)
    company.crm.change(
        "Lead",
        key,
        Email="anna@volvo.example",
        HasOptedOutOfEmail=False,
        Closeloop_Do_Not_Contact__c=False,
        IsConverted=False,
    )
    assert len(pulled(company)) == 1


def test_nothing_is_read_twice_and_the_pages_add_up(company: Company) -> None:
    for n in range(7):
        lead(company, f"p{n}")
    assert company.run("pull", limit=3).considered == 3
    assert company.run("pull").counts == {"new": 4}
    assert company.run("pull").considered == 0


def test_the_cursor_stays_when_the_crm_is_down(company: Company) -> None:
    lead(company)
    company.crm.down = CrmUnavailable("Salesforce is busy")
    with pytest.raises(CrmUnavailable):
        company.run("pull")
    company.crm.down = None
    assert len(pulled(company)) == 1


def test_a_new_owner_is_taken_over(company: Company) -> None:
    key = lead(company)
    company.run("pull")
    company.wait(DAY)
    company.crm.change("Lead", key, OwnerId="005000000000009EAA", Owner={"Name": "Niran Suwan"})
    assert company.run("pull").counts == {"updated": 1}
    person = company.ledger.people[key]
    assert (person.owner_id, person.owner_name) == ("005000000000009EAA", "Niran Suwan")


def test_a_name_a_title_and_an_address_that_people_corrected_are_taken_over(company: Company) -> None:
    key = lead(company, Title="CFO")
    company.run("pull")
    company.wait(DAY)
    company.crm.change(
        "Lead", key, FirstName="Anne", Title="Head of Purchasing", Email="Anne@Skoda.example", Phone=None
    )
    assert company.run("pull").counts == {"updated": 1}
    person = company.ledger.people[key]
    assert (person.first_name, person.last_name, person.title) == ("Anne", "Okafor", "Head of Purchasing")
    assert (person.email, person.domain, person.fact("domain")) == (
        "anne@skoda.example",
        "skoda.example",
        "skoda.example",
    )
    assert person.fact("seniority") == "head"


def test_a_mail_that_was_planned_before_goes_to_the_corrected_address(company: Company) -> None:
    person = company.written_to()
    company.run("pull")
    company.wait(DAY)
    company.crm.change("Lead", person.key, Email="corrected@north.example")
    company.run("pull")
    company.deliver()
    assert [mail.to for mail in company.mailer.sent] == ["corrected@north.example"]


def test_an_address_that_people_emptied_stays_as_we_know_it(company: Company) -> None:
    key = lead(company)
    company.run("pull")
    company.wait(DAY)
    company.crm.change("Lead", key, Email=None, LastName="Okafor-Berg")
    company.run("pull")
    person = company.ledger.people[key]
    assert (person.email, person.last_name) == ("anna@volvo.example", "Okafor-Berg")


@pytest.mark.parametrize("field", ["HasOptedOutOfEmail", "Closeloop_Do_Not_Contact__c"])
def test_an_opt_out_that_people_enter_stops_the_process(company: Company, field: str) -> None:
    person = company.written_to()
    company.run("pull")
    company.wait(DAY)
    company.crm.change("Lead", person.key, **{field: True})
    company.run("pull")
    after = company.see(person)
    assert (after.standing, after.opted_out, after.due_at) == (Standing.STOPPED, True, None)
    company.deliver()
    assert company.mailer.sent == []


def test_a_lead_that_people_converted_is_theirs(company: Company) -> None:
    person = company.written_to()
    company.run("pull")
    company.wait(DAY)
    company.crm.change("Lead", person.key, IsConverted=True, ConvertedContactId="003000000000077EAA")
    company.run("pull")
    assert company.see(person).due_at is None
    company.wait(DAY * 30)
    assert company.run("approach").considered == 0
    company.deliver()
    assert company.mailer.sent == []


def test_what_we_write_ourselves_is_no_change_by_people(company: Company) -> None:
    lead(company, Title="CFO", NumberOfEmployees=12_000, AnnualRevenue=3_000_000_000, Industry="Manufacturing")
    company.run("pull")
    company.run("prospecting")
    company.wait(DAY)
    company.run("sync")
    assert company.run("pull").counts == {}


# qualification


def test_an_account_is_asked_about_once_for_all_its_people(company: Company) -> None:
    company.accounts.facts["volvo.example"] = (fact("employees", 12_000),)
    for name in ("anna", "bo", "cy"):
        lead(company, name)
    company.run("pull")
    company.run("prospecting")
    assert company.accounts.asked == ["volvo.example"]
    assert {p.fact("employees") for p in company.ledger.all_prospects()} == {12_000}


def test_a_known_miss_is_not_asked_for_again_before_it_expires(company: Company) -> None:
    lead(company, "anna")
    company.run("pull")
    company.run("prospecting")
    company.wait(DAY)
    lead(company, "bo")
    company.run("pull")
    company.run("prospecting")
    assert company.accounts.asked == ["volvo.example"]
    company.wait(company.services.facts_ttl)
    lead(company, "cy")
    company.run("pull")
    company.run("prospecting")
    assert len(company.accounts.asked) == 2


def test_what_people_wrote_in_the_crm_wins_over_a_source(company: Company) -> None:
    company.accounts.facts["volvo.example"] = (fact("employees", 12_000), fact("industry", "Energy"))
    key = lead(company, NumberOfEmployees=900)
    company.run("pull")
    company.run("prospecting")
    person = company.ledger.people[key]
    assert (person.fact("employees"), person.fact("industry")) == (900, "Energy")


@pytest.mark.parametrize(
    ("fields", "stage", "standing"),
    [
        (
            {
                "Title": "CFO",
                "NumberOfEmployees": 12_000,
                "AnnualRevenue": 3_000_000_000,
                "Industry": "Manufacturing",
            },
            Stage.PREPARATION,
            Standing.OPEN,
        ),
        ({"Title": "Intern", "NumberOfEmployees": 3}, Stage.PROSPECTING, Standing.DISQUALIFIED),
        ({"Email": "info@volvo.example"}, Stage.PROSPECTING, Standing.DISQUALIFIED),
    ],
)
def test_each_lead_is_qualified_or_not_with_its_reason(
    company: Company, fields: dict[str, Any], stage: Stage, standing: Standing
) -> None:
    key = lead(company, Country="DE", **fields)
    company.run("pull")
    company.run("prospecting")
    person = company.ledger.people[key]
    assert (person.stage, person.standing) == (stage, standing)
    assert company.ledger.decided[-1].reasons
