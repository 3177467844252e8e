"""Doubles at the door: nobody is made twice, the doubtful are asked about, and nothing of a row is lost."""

from __future__ import annotations

from closeloop.application.import_leads import ImportResult, import_leads
from closeloop.application.undo import undo
from closeloop.domain.leads import LeadDraft, LeadFile
from closeloop.domain.signals import Label
from tests.fakes.services import DAY, Company


def row(line: int, first: str, last: str, email: str, **fields: str) -> LeadDraft:
    return LeadDraft(
        line=line, email=email, first_name=first, last_name=last, **({"company": "North Mills Ltd"} | fields)
    )


def run(company: Company, *drafts: LeadDraft) -> ImportResult:
    return import_leads(company.services, LeadFile(drafts=drafts, quarantined=()), "leads.csv", company.now)


def lead(company: Company, first: str, last: str, email: str | None, **fields: str) -> str:
    return company.crm.insert(
        "Lead", FirstName=first, LastName=last, Email=email, **({"Company": "North Mills"} | fields)
    )


def test_a_lead_the_crm_has_under_another_address_is_filled_and_not_doubled(company: Company) -> None:
    there = lead(company, "Robert", "Müller", "r.mueller@northmills.example")
    result = run(company, row(2, "Bob", "Mueller", "bob.mueller@northmills.example", phone="+4930901820"))
    assert [(one.line, one.record_id) for one in result.matched] == [(2, there)]
    assert "short form of the given name" in result.matched[0].why
    (only,) = company.crm.rows("Lead")
    assert (only["Email"], only["Phone"]) == ("r.mueller@northmills.example", "+4930901820")
    assert (result.imported, result.updated) == (1, 1)


def test_a_known_lead_without_an_address_gets_the_one_of_the_row_and_can_lose_it_again(company: Company) -> None:
    there = lead(company, "Anna", "Okafor", None, Country="DE")
    result = run(company, row(2, "Anna", "Okafor", "anna@northmills.example", country="DE"))
    (only,) = company.crm.rows("Lead")
    assert (only["Id"], only["Email"]) == (there, "anna@northmills.example")
    company.wait(DAY)
    undo(company.services, result.run, company.now)
    assert company.crm.records["Lead"][there]["Email"] is None


def test_a_contact_is_not_made_a_lead_beside_it(company: Company) -> None:
    account = company.crm.insert("Account", Name="North Mills", Website="northmills.example")
    contact = company.crm.insert(
        "Contact", FirstName="Anna", LastName="Okafor", Email="a.okafor@northmills.example", AccountId=account
    )
    result = run(company, row(2, "Anna", "Okafor", "anna.okafor@northmills.example"))
    (kept,) = result.quarantined
    assert f"known already as Anna Okafor at North Mills (Contact {contact})" in kept.reason
    assert kept.row["email"] == "anna.okafor@northmills.example"
    assert company.crm.rows("Lead") == []


def doubtful(line: int = 2, **fields: str) -> LeadDraft:
    return row(line, "Cristina", "Okafor", "c.o@mailhub.example", phone="+4930901820", **fields)


def test_a_doubtful_row_is_not_made_but_asked_about_with_both_named(company: Company) -> None:
    there = lead(company, "Christina", "Okafor", "christina@northmills.example", OwnerId="005000000000009EAA")
    company.with_services(crm_url="https://org.example")
    result = run(company, doubtful())
    assert len(company.crm.rows("Lead")) == 1
    (task,) = company.crm.rows("Task")
    assert (task["WhoId"], task["OwnerId"]) == (there, "005000000000009EAA")
    assert task["Subject"] == "Is Cristina Okafor (North Mills Ltd) already here?"
    for said in (
        f"https://org.example/{there}",
        "given name a slip apart (+1.4)",
        "c.o@mailhub.example",
        "`Same as`",
    ):
        assert said in task["Description"]
    assert [kept.line for _, kept in company.ledger.quarantine()] == [2]
    assert result.imported == 0


def test_the_same_question_is_not_asked_twice(company: Company) -> None:
    lead(company, "Christina", "Okafor", "christina@northmills.example")
    for _ in range(2):
        run(company, doubtful())
    assert len(company.crm.rows("Task")) == 1


def test_a_person_says_who_it_is_and_the_row_goes_there_or_becomes_a_lead(company: Company) -> None:
    there = lead(company, "Christina", "Okafor", "christina@northmills.example")
    run(company, doubtful(same_as=there))
    assert [one["Phone"] for one in company.crm.rows("Lead")] == ["+4930901820"]
    run(company, doubtful(same_as="new"))
    assert len(company.crm.rows("Lead")) == 2


def test_an_unknown_id_is_told_and_not_believed(company: Company) -> None:
    (kept,) = run(company, doubtful(same_as="00Q000000000999EAA")).quarantined
    assert "names 00Q000000000999EAA, which is no open Lead" in kept.reason


def test_two_rows_of_one_file_that_are_one_person_become_one_lead(company: Company) -> None:
    result = run(
        company,
        row(2, "Elizabeth", "Tan", "elizabeth.tan@northmills.example"),
        row(3, "Liz", "Tan", "liz.tan@northmills.example"),
        row(4, "Elif", "Tan", "elif.tan@northmills.example"),
    )
    assert [kept.line for kept in result.quarantined] == [3]
    assert "the same person as line 2" in result.quarantined[0].reason
    assert len(company.crm.rows("Lead")) == 2


def test_importing_a_file_again_after_its_matches_changes_nothing(company: Company) -> None:
    lead(company, "Robert", "Müller", "r.mueller@northmills.example")
    rows = (row(2, "Bob", "Mueller", "bob.mueller@northmills.example"), row(3, "Ada", "Eze", "ada@north.example"))
    run(company, *rows)
    before = company.crm.rows("Lead")
    assert run(company, *rows).updated == 2
    assert [(one["Id"], one["Email"]) for one in company.crm.rows("Lead")] == [
        (one["Id"], one["Email"]) for one in before
    ]


def test_a_referral_to_somebody_the_crm_knows_makes_no_second_lead(company: Company) -> None:
    person = company.written_to()
    account = company.crm.insert("Account", Name="Volvo", Website="volvo.example")
    company.crm.insert(
        "Contact", FirstName="Maria", LastName="Novak", Email="maria.novak@volvo.example", AccountId=account
    )
    company.receive(company.reply(person, Label.REFERRAL, "Maria Novak <m.novak@volvo.example>"))
    assert [one["LastName"] for one in company.crm.rows("Lead")] == ["Okafor"]
    assert "known already as Maria Novak" in company.ledger.quarantine()[0][1].reason
