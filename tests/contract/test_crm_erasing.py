"""Forgetting a person in the CRM: found by key, mark and address, deleted once, in the fake and over real HTTP."""

from __future__ import annotations

from closeloop.application.crm_erasure import QUESTION, CrmPerson, CrmTrace
from closeloop.application.ports import CrmMeeting, CrmTask
from closeloop.domain.actions import ActionState
from tests.contract.crm_orgs import Org, lead_row, owner, task
from tests.contract.test_crm_attachments import deck

ANA = "ana@north.example"


def meeting(org: Org, lead: str) -> CrmMeeting:
    return CrmMeeting(
        action_key="event:1",
        key="meeting:1",
        who_id=lead,
        what_id=None,
        owner_id=owner(org, lead),
        subject="Meeting",
        description="",
        on="2026-03-09",
    )


def person(*leads: str) -> CrmPerson:
    return CrmPerson(
        leads=leads,
        addresses=(ANA,),
        task_keys=("task:ours", "task:never made"),
        event_keys=("meeting:1",),
        deck_marks=tuple(f"[closeloop deck {lead}]" for lead in leads),
    )


def test_what_we_made_is_found_and_deleted_and_what_people_made_stays(org: Org) -> None:
    (lead,) = org.insert("Lead", [lead_row(Email=ANA)])
    org.crm.create_tasks([task("task:ours", lead, owner(org, lead)), task("task:other", lead, owner(org, lead))])
    org.crm.put_meetings([meeting(org, lead)])
    org.crm.put_files([deck(lead)])
    found = org.crm.traces(person(lead))
    assert [(one.object, one.id, one.ours) for one in found.people] == [("Lead", lead, False)]
    assert sorted((one.object, one.ours) for one in found.made) == [
        ("ContentDocument", True),
        ("Event", True),
        ("Task", True),
    ]

    outcomes = org.crm.delete(found.made)
    assert {(one.state, one.existed) for one in outcomes} == {(ActionState.ACCEPTED, True)}
    assert [row["Closeloop_Key__c"] for row in org.rows("Task", "Closeloop_Key__c")] == ["task:other"]
    assert org.rows("Event", "Id") == org.rows("ContentVersion", "Id") == []
    assert org.crm.traces(person(lead)).made == ()


def test_what_is_gone_already_counts_as_deleted(org: Org) -> None:
    (lead,) = org.insert("Lead", [lead_row()])
    org.crm.create_tasks([task("task:ours", lead, owner(org, lead))])
    made = org.crm.traces(person(lead)).made
    org.crm.delete(made)
    (again,) = org.crm.delete(made)
    assert (again.state, again.existed) == (ActionState.ACCEPTED, False)


def test_a_person_is_found_by_address_whoever_made_the_record(org: Org) -> None:
    org.insert("Lead", [lead_row(Email="somebody@else.example")])
    (lead,) = org.insert("Lead", [lead_row(Email="Ana@North.example")])
    assert [one.id for one in org.crm.traces(person()).people] == [lead]
    assert org.crm.delete([CrmTrace(object="Lead", id=lead)])[0].state is ActionState.ACCEPTED
    assert org.crm.traces(person()).people == ()


def test_a_deck_that_people_changed_is_theirs(org: Org) -> None:
    (lead,) = org.insert("Lead", [lead_row()])
    org.crm.put_files([deck(lead)])
    (version,) = org.rows("ContentVersion", "Id")
    org.change("ContentVersion", version["Id"], ReasonForChange="new prices")
    (found,) = org.crm.traces(person(lead)).made
    assert not found.ours
    assert "newer version" in found.theirs


def question(org: Org, about: str, *, names: str, mark: str) -> CrmTask:
    asked = task(f"{QUESTION}{about}:{mark}", about, owner(org, about))
    return asked.model_copy(update={"subject": "Is Ana Adler already here?", "description": names})


def test_a_question_about_who_is_who_is_found_by_each_of_those_whom_it_names(org: Org) -> None:
    (lead, other) = org.insert("Lead", [lead_row(Email=ANA), lead_row(Email="bo@south.example")])
    texts = {
        "address": f"{ANA.upper()}. She was not added",
        "record": f"may be https://org.example/{lead}",
        "longer address": f"mari{ANA}, x.{ANA}.example",
        "somebody else": f"bo@south.example may be {other}",
    }
    org.crm.create_tasks([question(org, other, names=text, mark=mark) for mark, text in texts.items()])
    org.crm.create_tasks([question(org, lead, names="edited by a person", mark="who")])
    found = {one.id for one in org.crm.traces(person(lead)).made}
    rows = [row for row in org.rows("Task", "Id", "Closeloop_Key__c") if row["Id"] in found]
    keys = {row["Closeloop_Key__c"].split(":")[2] for row in rows}
    assert keys == {"address", "record", "who"}
    assert {one.object for one in org.crm.traces(person(lead)).made} == {"Task"}


def test_somebody_who_has_no_record_is_found_in_questions_by_address(org: Org) -> None:
    (other,) = org.insert("Lead", [lead_row(Email="bo@south.example")])
    org.crm.create_tasks([question(org, other, names=f"Ana Adler, {ANA} (line 2)", mark="a")])
    assert [one.object for one in org.crm.traces(person()).made] == ["Task"]
