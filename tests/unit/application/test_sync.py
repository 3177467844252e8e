"""Writing back: conversions, then fields, then activities; a person's edit stays, and each write has its story."""

from __future__ import annotations

import pytest

from closeloop.application import settling, sync
from closeloop.application.contact_roles import roles_wait
from closeloop.application.ports import WriteState
from closeloop.application.workload import has_work
from closeloop.domain.actions import ActionState
from closeloop.domain.errors import CrmUnavailable
from closeloop.domain.prospect import Prospect
from closeloop.domain.signals import Label
from closeloop.domain.stage import Standing
from tests.fakes.services import DAY, RUN, Company


def deal(company: Company, name: str = "anna", **fields: str) -> Prospect:
    """A prospect who said yes; the conversion is planned."""
    person = company.written_to(name, **fields)
    company.receive(company.reply(person, Label.INTERESTED))
    return company.see(person)


def test_a_deal_is_converted_named_filled_in_and_logged_in_one_pass(company: Company) -> None:
    person = company.written_to()
    company.deliver()
    company.receive(company.reply(person, Label.INTERESTED))
    company.run("sync")
    after = company.see(person)
    (opportunity,) = company.crm.rows("Opportunity")
    (role,) = company.crm.rows("OpportunityContactRole")
    (task,) = company.crm.rows("Task")
    assert after.crm.opportunity == opportunity["Id"]
    stage_name = company.services.mapping.org_value("Opportunity", "deal_stage", "presentation")
    assert (opportunity["StageName"], opportunity["Amount"]) == (stage_name, 63_000.0)
    assert opportunity["Closeloop_Stage__c"] == "presentation"
    assert (role["Role"], role["IsPrimary"]) == ("Decision Maker", True)
    assert (task["WhoId"], task["WhatId"]) == (after.crm.contact, after.crm.opportunity)


def test_a_second_pass_writes_nothing(company: Company) -> None:
    deal(company)
    company.run("sync")
    before = [dict(row) for name in company.crm.records for row in company.crm.rows(name)]
    writes = list(company.ledger.journal)
    company.wait(DAY)
    company.run("sync")
    assert [dict(row) for name in company.crm.records for row in company.crm.rows(name)] == before
    assert company.ledger.journal == writes


def test_colleagues_who_both_say_yes_share_one_account(company: Company) -> None:
    people = [deal(company, name) for name in ("anna", "bo", "cy")]
    company.run("sync")
    accounts = {company.see(person).crm.account for person in people}
    assert len(accounts) == len(company.crm.rows("Account")) == 1
    assert len(company.crm.rows("Opportunity")) == 3


def test_a_colleague_who_says_yes_later_joins_the_account(company: Company) -> None:
    first = deal(company, "anna")
    company.run("sync")
    second = deal(company, "bo")
    company.run("sync")
    assert company.see(second).crm.account == company.see(first).crm.account


def test_people_without_an_account_domain_share_none(company: Company) -> None:
    deal(company, "anna", email="anna@free.example", domain=None)  # type: ignore[arg-type]
    deal(company, "bo", email="bo@free.example", domain=None)  # type: ignore[arg-type]
    company.run("sync")
    assert len(company.crm.rows("Account")) == 2


def test_a_deal_without_its_opportunity_is_not_written_to(company: Company) -> None:
    person = deal(company)
    company.crm.answers["convert"] = ActionState.PLANNED
    company.run("sync")
    assert company.ledger.journal == []
    assert person.key in company.ledger.changed
    del company.crm.answers["convert"]
    company.wait(DAY)
    company.run("sync")
    assert company.crm.rows("Opportunity")[0]["Closeloop_Stage__c"] == "presentation"


def test_a_conversion_without_an_answer_is_read_back_not_made_again(company: Company) -> None:
    person = deal(company)
    company.crm.silent.add("convert")
    company.run("sync")
    assert company.state(f"convert:{person.key}") is ActionState.UNCERTAIN
    company.crm.silent.clear()
    company.wait(DAY)
    company.run("sync")
    company.run("reconcile")
    company.run("sync")
    assert company.state(f"convert:{person.key}") is ActionState.ACCEPTED
    assert len(company.crm.rows("Opportunity")) == 1
    assert company.crm.rows("Opportunity")[0]["Closeloop_Stage__c"] == "presentation"


# fields


def test_each_write_keeps_before_after_and_reason(company: Company) -> None:
    person = company.written_to()
    company.run("sync")
    rows = {row.field: row for row in company.ledger.journal}
    assert (rows["Status"].before, rows["Status"].after) == ("Open - Not Contacted", "Working - Contacted")
    assert (rows["Closeloop_Stage__c"].before, rows["Closeloop_Stage__c"].after) == (None, "approach")
    assert {(row.record_id, row.run_id, row.prospect_key) for row in rows.values()} == {
        (person.key, RUN, person.key)
    }
    assert all(row.reason for row in rows.values())


def test_only_differences_are_written(company: Company) -> None:
    person = company.written_to()
    company.deliver()
    company.run("sync")
    written = len(company.ledger.journal)
    company.wait(DAY * 5)
    company.run("approach")
    company.run("sync")
    assert len(company.ledger.journal) == written
    assert company.see(person).touches == 2


def test_what_a_person_changed_stays_and_is_said(company: Company) -> None:
    person = company.written_to()
    company.run("sync")
    company.crm.change("Lead", person.key, Status="Working - Waits for budget")
    company.receive(company.reply(person, Label.UNSUBSCRIBE))
    result = company.run("sync")
    lead = company.crm.records["Lead"][person.key]
    assert lead["Status"] == "Working - Waits for budget"
    assert result.holds["Status was changed by a person: kept"] == 1
    assert (lead["HasOptedOutOfEmail"], lead["Closeloop_Do_Not_Contact__c"]) == (True, True)


def test_what_a_person_changed_before_our_first_write_stays_too(company: Company) -> None:
    key = company.crm.insert("Lead", Email="anna@volvo.example", LastName="Okafor", Company="Volvo")
    company.run("pull")
    company.crm.change("Lead", key, Status="Called, likes us")
    company.run("prospecting")
    person = company.ledger.people[key]
    company.receive(company.reply(person, Label.UNSUBSCRIBE))
    company.run("sync")
    assert company.crm.records["Lead"][key]["Status"] == "Called, likes us"


def test_an_opt_out_is_never_taken_back(company: Company) -> None:
    person = company.written_to()
    company.crm.change("Lead", person.key, HasOptedOutOfEmail=True)
    company.run("sync")
    assert company.crm.records["Lead"][person.key]["HasOptedOutOfEmail"]
    assert all(row.field != "HasOptedOutOfEmail" for row in company.ledger.journal)


@pytest.mark.parametrize("state", [ActionState.PLANNED, ActionState.UNCERTAIN])
def test_a_write_that_may_not_have_happened_is_made_at_the_next_pass(company: Company, state: ActionState) -> None:
    person = company.written_to()
    company.crm.answers["update"] = state
    result = company.run("sync")
    assert [failure.record_id for failure in result.failures] == [person.key]
    left = WriteState.REFUSED if state is ActionState.PLANNED else WriteState.INTENDED
    assert {row.state for row in company.ledger.journal} == {left}
    del company.crm.answers["update"]
    company.run("sync")
    assert company.crm.records["Lead"][person.key]["Closeloop_Stage__c"] == "approach"


def test_a_write_whose_answer_was_lost_is_not_taken_for_a_person_s(company: Company) -> None:
    person = company.written_to()
    company.crm.silent.add("update")
    company.run("sync")
    company.crm.silent.clear()
    company.run("sync")
    company.receive(company.reply(person, Label.OBJECTION_PRICE))
    result = company.run("sync")
    assert result.holds == {}
    assert company.crm.records["Lead"][person.key]["Closeloop_Stage__c"] == "objections"


def test_a_record_the_crm_refuses_is_said_and_not_tried_for_ever(company: Company) -> None:
    refused, fine = company.written_to("anna"), company.written_to("bo", domain="other.example")
    company.crm.change("Lead", refused.key, IsConverted=True)
    result = company.run("sync")
    assert [failure.record_id for failure in result.failures] == [refused.key]
    assert company.crm.records["Lead"][fine.key]["Closeloop_Stage__c"] == "approach"
    assert company.run("sync").failures == ()


def test_a_record_that_is_gone_is_a_hold(company: Company) -> None:
    person = company.written_to()
    del company.crm.records["Lead"][person.key]
    assert company.run("sync").holds == {"the Lead is gone from the CRM": 1}


def test_those_who_wait_for_their_conversion_do_not_keep_the_others_waiting(company: Company) -> None:
    deals = [deal(company, f"d{n}", domain=f"d{n}.example") for n in range(3)]
    others = [company.written_to(f"o{n}", domain=f"o{n}.example") for n in range(3)]
    company.crm.answers["convert"] = ActionState.REJECTED
    for _ in range(3):
        sync.run_batch(company.services, RUN, company.now, limit=4)
    assert {person.key for person in deals} == company.ledger.changed
    assert {company.crm.records["Lead"][p.key].get("Closeloop_Stage__c") for p in others[:1]} == {"approach"}


# activities


def test_a_sent_mail_becomes_one_completed_task(company: Company) -> None:
    person = company.written_to()
    company.deliver()
    company.run("sync")
    company.run("sync")
    (task,) = company.crm.rows("Task")
    assert (task["WhoId"], task["Status"], task["TaskSubtype"]) == (person.key, "Completed", "Email")
    assert task["Description"] == company.mail(person).payload["text"]


def test_a_task_without_an_answer_is_found_by_its_key_and_not_doubled(company: Company) -> None:
    company.written_to()
    company.deliver()
    company.crm.silent.add("create_tasks")
    company.run("sync")
    company.crm.silent.clear()
    company.wait(DAY)
    result = company.run("reconcile")
    company.run("sync")
    assert result.counts["settled by read-back"] == 1
    assert len(company.crm.rows("Task")) == 1


def test_a_busy_crm_is_asked_again_a_few_times_and_then_no_more(company: Company) -> None:
    person = company.written_to()
    company.deliver()
    company.crm.answers["create_tasks"] = ActionState.PLANNED
    for _ in range(settling.MOST_ATTEMPTS + 1):
        company.run("sync")
        company.wait(DAY)
    key = f"task:log:{company.mail(person).key}"
    assert company.state(key) is ActionState.REJECTED
    assert company.ledger.kept[key].attempt == settling.MOST_ATTEMPTS


def test_a_crm_that_is_down_costs_no_claim(company: Company) -> None:
    person = deal(company)
    company.crm.down = CrmUnavailable("Salesforce is busy")
    with pytest.raises(CrmUnavailable):
        company.run("sync")
    assert company.state(f"convert:{person.key}") is ActionState.PLANNED
    company.crm.down = None
    company.run("sync")
    assert company.see(person).crm.opportunity


def test_a_lost_deal_is_closed_in_the_crm_with_its_reason(company: Company) -> None:
    person = deal(company)
    company.run("sync")
    company.receive(company.reply(person, Label.UNSUBSCRIBE))
    company.run("sync")
    (opportunity,) = company.crm.rows("Opportunity")
    (contact,) = company.crm.rows("Contact")
    assert company.see(person).standing is Standing.STOPPED
    assert opportunity["StageName"] == "Closed Lost"
    assert opportunity["Closeloop_Lost_Reason__c"] == "replied: asked us to stop"
    assert contact["HasOptedOutOfEmail"]


# what a conversion leaves open


def test_a_role_whose_answer_is_lost_is_named_in_a_later_pass(company: Company) -> None:
    person = deal(company)
    company.crm.answers["contact_roles"] = ActionState.UNCERTAIN
    company.run("sync")
    assert company.crm.rows("OpportunityContactRole")[0]["Role"] is None
    assert has_work("sync", company.ledger, company.now)
    company.crm.answers.clear()
    company.run("sync")
    (role,) = company.crm.rows("OpportunityContactRole")
    assert (role["Role"], role["ContactId"]) == ("Decision Maker", company.see(person).crm.contact)
    assert not roles_wait(company.ledger)


def test_a_role_that_the_org_refuses_is_told_once_and_not_asked_for_again(company: Company) -> None:
    deal(company)
    company.crm.answers["contact_roles"] = ActionState.REJECTED
    assert any("contact role" in told.problem for told in company.run("sync").failures)
    assert not roles_wait(company.ledger)


def test_a_conversion_that_was_read_back_gets_its_role_too(company: Company) -> None:
    deal(company)
    company.crm.silent.add("convert")
    company.run("sync")
    company.crm.silent.clear()
    company.run("reconcile")
    company.run("sync")
    (role,) = company.crm.rows("OpportunityContactRole")
    assert role["Role"] == "Decision Maker"


def test_an_activity_waits_while_nobody_knows_whether_its_lead_is_a_contact_by_now(company: Company) -> None:
    person = company.written_to()
    company.deliver()
    company.receive(company.reply(person, Label.INTERESTED))
    company.crm.silent.add("convert")
    company.run("sync")
    assert company.crm.rows("Task") == []
    company.crm.silent.clear()
    company.run("reconcile")
    company.wait(DAY)
    company.run("sync")
    (task,) = company.crm.rows("Task")
    assert task["WhoId"] == company.see(person).crm.contact


def test_a_mail_is_logged_on_its_day_however_late_the_crm_hears_of_it(company: Company) -> None:
    company.written_to()
    company.deliver()
    day = company.now.date().isoformat()
    company.crm.answers["create_tasks"] = ActionState.PLANNED
    company.run("sync")
    company.crm.answers.clear()
    company.wait(3 * DAY)
    company.run("sync")
    (task,) = company.crm.rows("Task")
    assert task["ActivityDate"] == day
