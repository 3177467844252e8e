"""Reconciling: evidence settles what is uncertain; what has none goes to a person and is not done again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from closeloop.domain.actions import ActionState
from closeloop.domain.signals import Label
from tests.fakes.mailer import Does, ProviderCrashed
from tests.fakes.services import DAY, Company


def test_a_lease_that_ran_out_makes_the_mail_uncertain_and_not_before(company: Company) -> None:
    person = company.written_to()
    lease = company.services.lease
    company.mailer.then(Does.CRASH)
    with pytest.raises(ProviderCrashed):
        company.deliver()
    company.wait(lease - timedelta(seconds=1))
    company.run("reconcile")
    assert company.state(company.mail(person).key) is ActionState.CLAIMED
    company.wait(timedelta(seconds=1))
    assert company.run("reconcile").counts["leases expired"] == 1
    assert company.state(company.mail(person).key) is ActionState.UNCERTAIN


def test_a_mail_without_evidence_is_handed_to_a_person_once_after_a_day(company: Company) -> None:
    person = company.written_to()
    company.mailer.then(Does.LOSE)
    company.deliver()
    assert company.run("reconcile").counts == {"waiting for evidence": 1}
    for _ in range(3):
        company.wait(DAY)
        company.run("reconcile")
    subject = company.mail(person).payload["subject"]
    assert company.human_tasks(person) == [f"Check whether this mail went out: {subject}"]
    assert company.state(company.mail(person).key) is ActionState.UNCERTAIN
    assert company.mailer.arrived == []


def test_a_task_that_is_not_in_the_crm_is_created_again(company: Company) -> None:
    company.written_to()
    company.deliver()
    company.crm.answers["create_tasks"] = ActionState.UNCERTAIN
    company.run("sync")
    assert company.crm.rows("Task") == []
    company.crm.answers.clear()
    company.run("reconcile")
    company.run("sync")
    assert len(company.crm.rows("Task")) == 1


def test_a_lead_that_is_not_converted_is_converted_again(company: Company) -> None:
    person = company.written_to()
    company.receive(company.reply(person, Label.INTERESTED))
    company.crm.answers["convert"] = ActionState.UNCERTAIN
    company.run("sync")
    company.crm.answers.clear()
    company.run("reconcile")
    company.run("sync")
    assert len(company.crm.rows("Opportunity")) == 1
    assert company.see(person).crm.opportunity


def test_a_lead_that_people_converted_without_a_deal_is_given_up_with_the_reason(company: Company) -> None:
    person = company.written_to()
    company.receive(company.reply(person, Label.INTERESTED))
    account, contact = company.crm.insert("Account"), company.crm.insert("Contact")
    made = {"ConvertedAccountId": account, "ConvertedContactId": contact}
    company.crm.change("Lead", person.key, IsConverted=True, **made)
    company.run("sync")
    result = company.run("reconcile")
    assert company.state(f"convert:{person.key}") is ActionState.REJECTED
    assert [(f.record_id, f.problem) for f in result.failures] == [
        (person.key, "a person converted the Lead without an Opportunity")
    ]


def test_nothing_uncertain_costs_no_call(company: Company) -> None:
    company.written_to()
    before = company.crm.calls
    assert company.run("reconcile").considered == 0
    assert company.crm.calls == before
