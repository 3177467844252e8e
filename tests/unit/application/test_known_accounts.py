"""A deal goes to the Account its company has already; in doubt a person is asked, and nothing is made."""

from __future__ import annotations

from closeloop.domain.prospect import Prospect
from closeloop.domain.signals import Label
from closeloop.domain.stage import Stage
from tests.fakes.services import DAY, Company


def won_over(company: Company, **fields: str) -> Prospect:
    """Somebody who agreed to a meeting: their Lead is to be converted."""
    person = company.person(stage=Stage.APPROACH, **fields)
    company.run("approach")
    company.receive(company.reply(person, Label.MEETING))
    return person


def test_a_deal_goes_to_the_account_that_people_made(company: Company) -> None:
    account = company.crm.insert("Account", Name="VOLVO AB (publ)", Website="https://www.volvo.example/se")
    person = won_over(company)
    company.run("sync")
    assert company.see(person).crm.account == account
    assert len(company.crm.rows("Account")) == 1


def test_an_account_that_is_another_company_is_left_alone(company: Company) -> None:
    company.crm.insert("Account", Name="Volvik Marine", Website="volvik.example")
    person = won_over(company)
    company.run("sync")
    assert company.see(person).crm.account is not None
    assert len(company.crm.rows("Account")) == 2


def test_a_doubtful_account_is_asked_about_once_and_nothing_is_made_until_it_is_clear(company: Company) -> None:
    account = company.crm.insert("Account", Name="Volvoh", BillingCountry="DE")
    person = won_over(company, country="DE")
    company.run("sync")
    company.wait(DAY)
    company.run("sync")
    assert company.see(person).crm.account is None
    assert company.crm.rows("Opportunity") == []
    asked = [task for task in company.crm.rows("Task") if task["Subject"] == "Is Volvo an Account already?"]
    assert len(asked) == 1
    assert account in asked[0]["Description"]
    assert "name a slip apart (+6.0)" in asked[0]["Description"]
    company.crm.change("Account", account, Website="volvo.example")
    company.wait(DAY)
    company.run("sync")
    assert company.see(person).crm.account == account
