"""A batch knows who is in play at its accounts before anybody there is written to."""

from __future__ import annotations

from closeloop.domain.signals import Label
from closeloop.domain.stage import Profile, Stage, Standing
from tests.fakes.services import DAY, Company


def test_nobody_at_an_account_gets_cold_mail_while_a_colleague_is_a_customer(company: Company) -> None:
    company.person("buyer", stage=Stage.FOLLOW_UP, standing=Standing.CUSTOMER, profile=Profile.OPPORTUNITY)
    cold = company.person("cold", stage=Stage.APPROACH)
    sleeper = company.person("sleeper", stage=Stage.FOLLOW_UP, standing=Standing.NURTURE)
    found = company.run("approach")
    company.run("follow_up")
    assert company.mails(cold) == []
    assert company.mails(sleeper) == []
    assert found.holds == {"a colleague at Volvo is a customer": 1}
    assert company.see(cold).due_at is not None


def test_a_colleague_who_answers_ends_the_cold_mails_to_the_others(company: Company) -> None:
    first, second = company.written_to("first"), company.person("second", stage=Stage.APPROACH)
    company.receive(company.reply(first, Label.INTERESTED))
    company.run("approach")
    assert company.mails(second) == []


def test_the_others_go_on_once_the_deal_is_lost(company: Company) -> None:
    deal = company.person("deal", stage=Stage.CLOSING, profile=Profile.OPPORTUNITY)
    cold = company.person("cold", stage=Stage.APPROACH)
    company.run("approach")
    lost = company.see(deal).model_copy(update={"standing": Standing.LOST})
    company.ledger.people[deal.key] = lost
    company.wait(DAY * 15)
    company.run("approach")
    assert len(company.mails(cold)) == 1


def test_another_account_is_not_held(company: Company) -> None:
    company.person("deal", stage=Stage.CLOSING, profile=Profile.OPPORTUNITY)
    cold = company.person("cold", stage=Stage.APPROACH, domain="other.example")
    company.run("approach")
    assert len(company.mails(cold)) == 1
