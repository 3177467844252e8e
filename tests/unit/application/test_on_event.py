"""What the CRM told by itself reaches the people it is about, at once and without harm."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from closeloop.application import on_event
from closeloop.application.on_event import Worked, work
from closeloop.domain.actions import ActionState
from closeloop.domain.crm_events import ChangeKind, CrmEvent
from closeloop.domain.prospect import Prospect
from closeloop.domain.stage import Profile, Stage, Standing
from tests.fakes.crm import INTEGRATION_USER, PERSON
from tests.fakes.services import RUN, Company

_numbers = count(1)


@pytest.fixture
def company() -> Company:
    return Company()


def event(record_id: str, name: str = "Lead", **fields: Any) -> CrmEvent:
    content: dict[str, Any] = {
        "source": "stream",
        "id": f"e{next(_numbers)}",
        "object": name,
        "record_id": record_id,
        "change": ChangeKind.UPDATE,
        "occurred_at": Company().now,
        "changed_by": PERSON,
    }
    return CrmEvent(**content | fields)


def tell(company: Company, *events: CrmEvent) -> Worked:
    return work(company.services, RUN, company.now, events)


def deal_of(company: Company, person: Prospect) -> str:
    """The person is converted, and the ledger knows."""
    changed = person.model_copy(update={"stage": Stage.CLOSING, "profile": Profile.OPPORTUNITY})
    company.ledger.people[person.key] = changed
    account = company.crm.insert("Account", Name="Volvo")
    contact = company.crm.insert("Contact", AccountId=account, Email=person.email, OwnerId=person.owner_id)
    deal = company.crm.insert(
        "Opportunity", StageName="Proposal", IsClosed=False, OwnerId=person.owner_id, Closeloop_Stage__c="closing"
    )
    company.crm.insert("OpportunityContactRole", OpportunityId=deal, ContactId=contact, IsPrimary=True)
    company.ledger.people[person.key] = changed.with_crm_ids(
        {"contact": contact, "account": account, "opportunity": deal}
    )
    return deal


@pytest.fixture(autouse=True)
def _converted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a conversion of ours the deals are not asked for; these tests make theirs by hand."""
    monkeypatch.setattr(
        "tests.fakes.ledger.MemoryLedger.state_counts", lambda self: {"convert": {ActionState.ACCEPTED: 1}}
    )


def test_a_new_lead_is_taken_in_and_its_stage_decides_at_once(company: Company) -> None:
    lead = company.crm.insert("Lead", Email="ivy@loom.example", LastName="Ito", Company="Loom")
    found = tell(company, event(lead, change=ChangeKind.CREATE))
    assert set(found.outcomes.values()) == {on_event.REFRESHED}
    assert [row.stage for row in company.ledger.decided] == [Stage.PROSPECTING]
    assert found.result.counts["new"] == 1


def test_only_the_told_one_is_decided_about_though_others_are_due(company: Company) -> None:
    waiting = company.person("otto", stage=Stage.PROSPECTING)
    lead = company.crm.insert("Lead", Email="ivy@loom.example", LastName="Ito", Company="Loom")
    tell(company, event(lead))
    assert {row.prospect_key for row in company.ledger.decided} == {lead}
    assert company.see(waiting) == waiting


def test_an_opt_out_in_the_crm_stops_at_once_and_drops_the_planned_mail(company: Company) -> None:
    person = company.written_to()
    company.crm.change("Lead", person.key, HasOptedOutOfEmail=True)
    found = tell(company, event(person.key))
    assert company.see(person).standing is Standing.STOPPED
    assert company.state(company.mail(person).key) is ActionState.SKIPPED
    assert found.result.counts["planned mails dropped"] == 1


def test_a_new_owner_is_taken_over(company: Company) -> None:
    person = company.person()
    company.crm.change("Lead", person.key, OwnerId=PERSON, Owner={"Name": "Anna Brandt"})
    tell(company, event(person.key))
    assert (company.see(person).owner_id, company.see(person).owner_name) == (PERSON, "Anna Brandt")


def test_nobody_inside_a_sequence_is_written_to_any_sooner_by_an_event(company: Company) -> None:
    person = company.written_to()
    before = company.see(person)
    company.crm.change("Lead", person.key, OwnerId=PERSON, Owner={"Name": "Anna Brandt"})
    tell(company, event(person.key))
    assert company.see(person).due_at == before.due_at
    assert len(company.mails(person)) == 1


def test_a_lead_converted_by_people_is_left_to_them(company: Company) -> None:
    person = company.person()
    company.crm.change("Lead", person.key, IsConverted=True)
    tell(company, event(person.key))
    assert company.see(person).due_at is None
    assert company.ledger.decided[-1].rule == "prospecting.converted_by_people"


def test_a_deleted_lead_is_let_go_and_its_planned_mail_dropped(company: Company) -> None:
    person = company.written_to()
    del company.crm.records["Lead"][person.key]
    found = tell(company, event(person.key, change=ChangeKind.DELETE))
    assert set(found.outcomes.values()) == {on_event.GONE}
    assert company.see(person).due_at is None
    assert company.state(company.mail(person).key) is ActionState.SKIPPED


@pytest.mark.parametrize(("won", "standing"), [(True, Standing.CUSTOMER), (False, Standing.LOST)])
def test_a_deal_that_people_close_is_closed_here_too(company: Company, won: bool, standing: Standing) -> None:
    person = company.person()
    deal = deal_of(company, person)
    company.crm.change("Opportunity", deal, IsClosed=True, IsWon=won)
    found = tell(company, event(deal, "Opportunity"))
    assert company.see(person).standing is standing
    assert company.see(person).closed_at == company.now
    assert set(found.outcomes.values()) == {on_event.REFRESHED}


def test_a_contact_who_opts_out_stops_the_deal(company: Company) -> None:
    person = company.person()
    deal_of(company, person)
    contact = company.see(person).crm.contact
    assert contact
    company.crm.change("Contact", contact, HasOptedOutOfEmail=True)
    tell(company, event(contact, "Contact"))
    assert company.see(person).standing is Standing.STOPPED


def test_a_task_we_asked_for_sets_the_process_going_when_a_seller_completes_it(company: Company) -> None:
    person = company.person(due_at=company.now + timedelta(days=9))
    key = f"task:{person.key}:ask:1:2"
    task = company.crm.insert("Task", Closeloop_Key__c=key, IsClosed=False)
    assert set(tell(company, event(task, "Task")).outcomes.values()) == {on_event.NOTED}
    assert company.ledger.decided == []
    company.crm.change("Task", task, IsClosed=True)
    assert set(tell(company, event(task, "Task")).outcomes.values()) == {on_event.NEXT_STEP}
    assert [row.prospect_key for row in company.ledger.decided] == [person.key]


def test_a_sellers_own_task_and_a_call_of_a_sequence_change_nothing(company: Company) -> None:
    person = company.person(due_at=company.now + timedelta(days=9))
    own = company.crm.insert("Task", IsClosed=True)
    call = company.crm.insert("Task", IsClosed=True, Closeloop_Key__c=f"task:{person.key}:approach:1:2")
    tell(company, event(own, "Task"), event(call, "Task"))
    assert company.see(person) == person


def test_our_own_write_is_recognised_and_nothing_is_read_for_it(company: Company) -> None:
    person = company.person()
    calls = company.crm.calls
    ours = event(person.key, origin="com/salesforce/api/rest/62.0;client=closeloop")
    by_user = event(person.key, changed_by=INTEGRATION_USER)
    other = event(person.key, "Account", changed_by=INTEGRATION_USER, origin="com/x;client=dataloader")
    found = tell(company, ours, by_user, other)
    assert list(found.outcomes.values()) == [on_event.ECHO, on_event.ECHO, on_event.NOT_OURS]
    assert company.crm.calls == calls


def test_ten_events_about_one_lead_are_one_look(company: Company) -> None:
    person = company.person()
    calls = company.crm.calls
    found = tell(company, *(event(person.key) for _ in range(10)))
    assert found.result.counts[on_event.REFRESHED] == 10
    assert company.crm.calls == calls + 1
