"""After the conversion people go on working in the CRM: their owner, their opt-out and their mark win."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from closeloop.domain.crm_mapping import CrmMapping
from closeloop.domain.endings import Why
from closeloop.domain.prospect import Prospect
from closeloop.domain.restored import CURSOR as RESTORED
from closeloop.domain.restored import Gap
from closeloop.domain.signals import Label
from closeloop.domain.stage import Standing
from tests.fakes.crm import INTEGRATION_USER
from tests.fakes.services import DAY, RUN, Company

SELLER, OTHER = "005000000000002EAA", "005000000000003EAA"


def deal(company: Company) -> Prospect:
    person = company.written_to()
    company.receive(company.reply(person, Label.INTERESTED))
    company.run("sync")
    company.run("pull")
    company.wait(DAY)
    return company.see(person)


@pytest.mark.parametrize("field", ["HasOptedOutOfEmail", "Closeloop_Do_Not_Contact__c"])
def test_a_no_on_the_contact_stops_us(company: Company, field: str) -> None:
    person = deal(company)
    company.crm.change("Contact", str(person.crm.contact), **{field: True})
    company.run("pull")
    assert company.see(person).standing is Standing.STOPPED


def test_our_own_opt_out_reaches_the_contact(company: Company) -> None:
    person = deal(company)
    company.receive(company.reply(person, Label.UNSUBSCRIBE))
    company.run("sync")
    contact = company.crm.records["Contact"][str(person.crm.contact)]
    assert (contact["HasOptedOutOfEmail"], contact["Closeloop_Do_Not_Contact__c"]) == (True, True)


def test_our_own_opt_out_reaches_the_lead_that_was_only_linked(company: Company) -> None:
    person = deal(company)
    lead = company.crm.records["Lead"][person.crm.lead]
    lead["IsConverted"] = False
    linked = person.crm.model_copy(update={"open_lead": person.crm.lead})
    company.ledger.people[person.key] = person.model_copy(update={"crm": linked})
    company.receive(company.reply(person, Label.UNSUBSCRIBE))
    company.run("sync")
    assert (lead["HasOptedOutOfEmail"], lead["Closeloop_Do_Not_Contact__c"]) == (True, True)


@pytest.mark.parametrize("name", ["Opportunity", "Contact"])
def test_a_new_owner_of_the_deal_or_of_its_person_is_taken_over(company: Company, name: str) -> None:
    person = deal(company)
    record = person.crm.opportunity if name == "Opportunity" else person.crm.contact
    company.crm.change(name, str(record), OwnerId=SELLER)
    company.run("pull")
    assert company.see(person).owner_id == SELLER
    company.wait(DAY)
    company.run("pull")
    assert company.see(person).owner_id == SELLER


def test_whoever_changed_the_owner_last_decides(company: Company) -> None:
    person = deal(company)
    company.crm.change("Contact", str(person.crm.contact), OwnerId=SELLER)
    company.run("pull")
    company.wait(DAY)
    company.crm.change("Opportunity", str(person.crm.opportunity), OwnerId=OTHER)
    company.run("pull")
    assert company.see(person).owner_id == OTHER


def test_the_owner_is_never_written(company: Company) -> None:
    person = deal(company)
    company.crm.change("Opportunity", str(person.crm.opportunity), OwnerId=SELLER)
    company.run("pull")
    company.receive(company.reply(person, Label.OBJECTION_PRICE))
    company.run("sync")
    assert [row.field for row in company.ledger.crm_writes(RUN) if row.field == "OwnerId"] == []
    assert company.crm.records["Opportunity"][str(person.crm.opportunity)]["OwnerId"] == SELLER
    assert company.crm.records["Contact"][str(person.crm.contact)]["OwnerId"] == INTEGRATION_USER


def test_a_pull_that_finds_nothing_new_changes_nobody(company: Company) -> None:
    person = deal(company)
    company.run("sync")
    before = company.see(person)
    result = company.run("pull")
    assert company.see(person) == before
    assert "deals updated" not in result.counts


def test_without_a_deal_the_crm_is_not_asked_for_one(company: Company) -> None:
    company.written_to()
    calls = company.crm.calls
    company.run("pull")
    with_deals = company.crm.calls - calls
    deal(company)
    calls = company.crm.calls
    company.run("pull")
    assert company.crm.calls - calls == with_deals + 1


def test_a_new_owner_postpones_nothing_that_is_due(company: Company) -> None:
    person = deal(company)
    company.receive(company.reply(person, Label.OBJECTION_PRICE))
    assert company.see(person).due_at == company.now
    company.crm.change("Opportunity", str(person.crm.opportunity), OwnerId=SELLER)
    company.run("pull")
    assert (company.see(person).owner_id, company.see(person).due_at) == (SELLER, company.now)
    assert company.run("objections").considered == 1


def test_a_deal_whose_owner_was_switched_off_is_handed_over_once(company: Company) -> None:
    person = deal(company)
    left = company.see(person).owner_id
    hand_over = company.services.playbook.follow_up.hand_over.model_copy(
        update={"to_id": OTHER, "to_name": "Tom Reyes"}
    )
    follow_up = company.services.playbook.follow_up.model_copy(update={"hand_over": hand_over})
    company.with_services(playbook=company.services.playbook.model_copy(update={"follow_up": follow_up}))
    company.crm.gone_users = frozenset({left})
    for _ in range(3):
        company.run("pull")
        company.run("sync")
        company.wait(DAY)
    assert company.see(person).owner_id == OTHER
    tasks = [task for task in company.crm.rows("Task") if task["Subject"].startswith("Take over ")]
    assert [task["OwnerId"] for task in tasks] == [OTHER]


def test_where_nobody_is_named_whoever_runs_the_process_is_asked_once(company: Company) -> None:
    person = deal(company)
    company.crm.gone_users = frozenset({company.see(person).owner_id})
    for _ in range(3):
        company.run("pull")
        company.run("sync")
        company.wait(DAY)
    tasks = [task for task in company.crm.rows("Task") if task["Subject"].startswith("Choose a new owner")]
    assert [task["OwnerId"] for task in tasks] == [INTEGRATION_USER]


# why people closed it


def closed(company: Company, reason: str | None = None, **changes: Any) -> Prospect:
    person = deal(company)
    company.crm.change("Opportunity", str(person.crm.opportunity), IsClosed=True, **changes)
    if reason:
        company.crm.change("Opportunity", str(person.crm.opportunity), Closeloop_Lost_Reason__c=reason)
    company.run("pull")
    return company.see(person)


def mapped(company: Company, **lost_reason: Any) -> None:
    content = company.services.mapping.model_dump(mode="json")
    content["objects"]["Opportunity"]["fields"]["lost_reason"] |= lost_reason
    company.with_services(mapping=CrmMapping.model_validate(content))


def test_the_reason_that_a_person_gave_is_kept_and_stays_in_the_crm(company: Company) -> None:
    person = closed(company, "Budget frozen")
    assert person.ending is not None
    assert (person.ending.won, person.ending.why) == (False, Why.OTHER)
    assert person.ending.words == "a person closed the deal as lost in the CRM: Budget frozen"
    assert person.next_step is not None
    assert person.next_step.what == "Win-back"
    company.run("sync")
    (opportunity,) = company.crm.rows("Opportunity")
    assert opportunity["Closeloop_Lost_Reason__c"] == "Budget frozen"


def test_without_a_reason_or_for_a_won_deal_it_is_said_that_people_closed_it(company: Company) -> None:
    person = closed(company, "left over from before", IsWon=True)
    assert person.ending is not None
    assert (person.ending.won, person.ending.why) == (True, Why.BY_PEOPLE)


def test_a_picklist_value_is_the_reason_that_it_stands_for(company: Company) -> None:
    mapped(company, rule="theirs", values={"price": "Too expensive"})
    person = closed(company, "Too expensive")
    assert person.ending is not None
    assert person.ending.why is Why.PRICE


def test_our_own_reason_is_written_in_the_words_of_the_picklist(company: Company) -> None:
    mapped(company, values={"opted_out": "No contact wanted"})
    person = deal(company)
    company.receive(company.reply(person, Label.UNSUBSCRIBE))
    company.run("sync")
    (opportunity,) = company.crm.rows("Opportunity")
    assert opportunity["Closeloop_Lost_Reason__c"] == "No contact wanted"


def test_a_reason_that_no_deal_can_be_lost_for_is_refused_with_the_mapping(company: Company) -> None:
    with pytest.raises(ValidationError, match="no deal is lost for weather"):
        mapped(company, values={"weather": "Rain"})


def test_after_a_restore_whoever_a_person_closed_a_deal_of_meanwhile_is_in_doubt(company: Company) -> None:
    person = deal(company)
    company.crm.change(
        "Opportunity", str(person.crm.opportunity), StageName="Closed Won", IsClosed=True, IsWon=True
    )
    gap = Gap(begins=company.now - DAY, ends=company.now + DAY)
    company.ledger.set_cursor(RESTORED, gap.model_dump_json())
    company.run("pull")
    assert company.see(person).standing is Standing.CUSTOMER
    assert company.ledger.doubted([person.key]) == {person.key}
