"""What hangs on records: decks, meetings, memberships and people's changes, in the fake and over real HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from closeloop.application.ports import CrmDeal, CrmFile, CrmMeeting, CrmMember, CrmOutcome
from closeloop.domain.actions import ActionState
from tests.contract.crm_orgs import FakeOrg, Org, SandboxOrg, lead_row, owner, wish
from tests.sandbox.conftest import Sandbox

ACCEPTED, SKIPPED = ActionState.ACCEPTED, ActionState.SKIPPED
CAMPAIGN = "701000000000001EAA"


def deck(lead: str, content: bytes = b"first draft", **fields: Any) -> CrmFile:
    values: dict[str, Any] = {
        "key": lead,
        "mark": f"[closeloop deck {lead}]",
        "record_id": lead,
        "owner_id": "005000000000001EAA",
        "title": "North Mills – draft presentation",
        "file_name": f"{lead}.pptx",
        "content": content,
    }
    return CrmFile(**(values | fields))


def versions(org: Org) -> list[tuple[str, bool]]:
    return [(row["Title"], row["IsLatest"]) for row in org.rows("ContentVersion", "Title", "IsLatest")]


# decks


def test_a_deck_is_uploaded_once_however_often_it_is_put(org: Org) -> None:
    (lead,) = org.insert("Lead", [lead_row()])
    assert org.crm.files_in_place([deck(lead)]) == {}
    (made,) = org.crm.put_files([deck(lead)])
    (again,) = org.crm.put_files([deck(lead)])
    assert (made.state, again.state) == (ACCEPTED, ACCEPTED)
    assert made.record_id == again.record_id
    assert versions(org) == [("North Mills – draft presentation", True)]
    assert org.crm.files_in_place([deck(lead)]) == {lead: made.record_id}


def test_a_changed_deck_is_a_new_version_of_the_same_file(org: Org) -> None:
    (lead,) = org.insert("Lead", [lead_row()])
    org.crm.put_files([deck(lead)])
    (made,) = org.crm.put_files([deck(lead, b"second draft")])
    assert made.state is ACCEPTED
    assert sorted(latest for _, latest in versions(org)) == [False, True]
    assert len({row["ContentDocumentId"] for row in org.rows("ContentVersion", "ContentDocumentId")}) == 1
    assert org.crm.files_in_place([deck(lead)]) == {}


def test_a_version_that_a_person_put_there_is_kept(org: Org) -> None:
    (lead,) = org.insert("Lead", [lead_row()])
    org.crm.put_files([deck(lead)])
    (version,) = org.rows("ContentVersion", "Id")
    org.change("ContentVersion", version["Id"], ReasonForChange="nicer colours")
    (kept,) = org.crm.put_files([deck(lead, b"second draft")])
    assert (kept.state, len(versions(org))) == (SKIPPED, 1)
    assert "a person" in kept.detail


def test_a_deck_whose_title_people_changed_is_still_the_same(org: Org) -> None:
    (lead,) = org.insert("Lead", [lead_row()])
    org.crm.put_files([deck(lead)])
    (version,) = org.rows("ContentVersion", "Id")
    org.change("ContentVersion", version["Id"], Title="For the board")
    org.crm.put_files([deck(lead)])
    assert len(versions(org)) == 1


def test_a_deck_goes_on_with_the_deal_without_a_second_upload(org: Org) -> None:
    (lead,) = org.insert("Lead", [lead_row()])
    org.crm.put_files([deck(lead)])
    (made,) = org.crm.convert([wish(lead, owner(org, lead))])
    deal = made.ids["opportunity"]
    on_deal = deck(lead, record_id=deal, also_at=(lead, made.ids["contact"]))
    (moved,) = org.crm.put_files([on_deal])
    (again,) = org.crm.put_files([on_deal])
    assert (moved.state, again.state, len(versions(org))) == (ACCEPTED, ACCEPTED, 1)
    assert set(org.crm.files_in_place([on_deal])) == {lead}


def test_two_hundred_and_one_decks_each_reach_their_own_record(org: Org) -> None:
    leads = org.insert("Lead", [lead_row(n) for n in range(201)])
    decks = [deck(lead, lead.encode(), title=f"Deck of {lead}") for lead in leads]
    assert {outcome.state for outcome in org.crm.put_files(decks)} == {ACCEPTED}
    assert set(org.crm.files_in_place(decks)) == set(leads)


def deals_of(org: Org, since: str | None = None) -> tuple[CrmDeal, ...]:
    return org.crm.news(since, None, meetings=False).deals


# meetings


def meeting(lead: str, seller: str, **fields: Any) -> CrmMeeting:
    values: dict[str, Any] = {
        "action_key": f"event:{lead}:1:1",
        "key": f"event:{lead}:1",
        "who_id": lead,
        "what_id": None,
        "owner_id": seller,
        "subject": "Meeting with Moreau, North Mills",
        "description": "Agreed by reply",
        "on": "2026-01-12",
    }
    return CrmMeeting(**(values | fields))


def test_a_meeting_is_entered_once_and_moved_when_it_moves(org: Org) -> None:
    (lead,) = org.insert("Lead", [lead_row()])
    seller = owner(org, lead)
    (made,) = org.crm.put_meetings([meeting(lead, seller)])
    (moved,) = org.crm.put_meetings([meeting(lead, seller, action_key=f"event:{lead}:1:2", on="2026-01-14")])
    assert (made.state, moved.state, moved.key) == (ACCEPTED, ACCEPTED, f"event:{lead}:1:2")
    assert org.rows("Event", "ActivityDate", "WhoId", "IsAllDayEvent", "ShowAs") == [
        {"ActivityDate": "2026-01-14", "WhoId": lead, "IsAllDayEvent": True, "ShowAs": "Free"}
    ]
    assert org.crm.meetings_by_key([f"event:{lead}:1", "event:x:1"]) == {
        f"event:{lead}:1": (made.record_id, "2026-01-14")
    }


def test_a_meeting_with_an_hour_is_moved_while_it_stands_where_we_put_it(org: Org) -> None:
    (lead,) = org.insert("Lead", [lead_row()])
    first, second = "2026-01-12T09:30:00+00:00", "2026-01-13T10:00:00+00:00"
    one = meeting(lead, owner(org, lead), starts_at=first, minutes=45)
    (made,) = org.crm.put_meetings([one])
    assert org.crm.meetings_by_key([one.key]) == {one.key: (made.record_id, "2026-01-12")}
    again = one.model_copy(update={"action_key": f"{one.key}:2", "starts_at": second, "was": first})
    (moved,) = org.crm.put_meetings([again])
    assert moved.state is ACCEPTED
    assert events(org) == [(one.key, False, second, 45)]
    (row,) = org.rows("Event", "ShowAs", "IsAllDayEvent")
    assert row == {"ShowAs": "Busy", "IsAllDayEvent": False}
    org.change("Event", str(made.record_id), StartDateTime="2026-01-14T15:00:00.000+0000")
    (kept,) = org.crm.put_meetings([again.model_copy(update={"action_key": f"{one.key}:3"})])
    assert kept.state is SKIPPED


def test_one_that_is_called_off_stays_in_the_calendar_and_blocks_nobody(org: Org) -> None:
    (lead,) = org.insert("Lead", [lead_row()])
    one = meeting(lead, owner(org, lead), starts_at="2026-01-12T09:30:00+00:00")
    org.crm.put_meetings([one])
    off = one.model_copy(update={"subject": "Called off: Meeting", "called_off": True, "was": one.starts_at})
    org.crm.put_meetings([off])
    assert org.rows("Event", "Subject", "ShowAs") == [{"Subject": "Called off: Meeting", "ShowAs": "Free"}]


def events(org: Org, since: str | None = None) -> list[tuple[str, bool, str | None, int | None]]:
    """Our Events as the news tell them: key, whether it is gone, its hour and its length."""
    found = org.crm.news(None, since, meetings=True).events
    return [(one.key, one.is_gone, one.starts_at, one.minutes) for one in found]


def test_what_people_change_in_an_event_is_news_and_a_deleted_one_too(org: Org) -> None:
    (lead,) = org.insert("Lead", [lead_row()])
    org.crm.convert([wish(lead, owner(org, lead))])
    one = meeting(lead, owner(org, lead), who_id=contact_of(org, lead))
    (made,) = org.crm.put_meetings([one])
    assert events(org) == [(one.key, False, None, None)]
    (told,) = org.crm.news(None, None, meetings=True).events
    assert org.crm.news(None, None, meetings=False).events == ()
    org.later()
    hour = {"IsAllDayEvent": False, "StartDateTime": "2026-01-12T09:30:00.000+0000", "DurationInMinutes": 45}
    org.change("Event", str(made.record_id), **hour)
    assert events(org, told.cursor)[-1] == (one.key, False, "2026-01-12T09:30:00+00:00", 45)
    org.later()
    org.delete("Event", str(made.record_id))
    assert events(org, told.cursor)[-1][:2] == (one.key, True)


def contact_of(org: Org, lead: str) -> str:
    return org.crm.converted([lead])[lead]["contact"]


def test_a_meeting_whose_hour_a_person_set_is_left_alone(org: Org) -> None:
    (lead,) = org.insert("Lead", [lead_row()])
    seller = owner(org, lead)
    (made,) = org.crm.put_meetings([meeting(lead, seller)])
    hour = {"IsAllDayEvent": False, "ActivityDateTime": "2026-01-12T09:30:00.000+0000", "DurationInMinutes": 45}
    org.change("Event", str(made.record_id), **hour)
    (kept,) = org.crm.put_meetings([meeting(lead, seller, on="2026-01-20")])
    assert kept.state is SKIPPED
    assert [row["IsAllDayEvent"] for row in org.rows("Event", "IsAllDayEvent")] == [False]


# campaign members


@pytest.fixture
def campaign(org: Org) -> str:
    return (
        CAMPAIGN if isinstance(org, FakeOrg) else org.insert("Campaign", [{"Name": "Spring", "IsActive": True}])[0]
    )


def member(campaign: str, lead: str, status: str = "Sent", **fields: Any) -> CrmMember:
    earlier = ("Sent",) if status == "Responded" else ()
    values = {"action_key": f"c:{lead}:{status}", "campaign_id": campaign, "lead_id": lead, "contact_id": None}
    return CrmMember(**(values | fields), status=status, earlier=earlier)


def statuses(org: Org) -> list[str]:
    return [row["Status"] for row in org.rows("CampaignMember", "Status")]


def test_a_person_is_a_member_once_and_responds_once(org: Org, campaign: str) -> None:
    (lead,) = org.insert("Lead", [lead_row()])
    assert org.crm.members_in_place([member(campaign, lead)]) == {}
    (made,) = org.crm.put_members([member(campaign, lead)])
    org.crm.put_members([member(campaign, lead)])
    assert (made.state, statuses(org)) == (ACCEPTED, ["Sent"])
    assert org.crm.members_in_place([member(campaign, lead, "Responded")]) == {}
    org.crm.put_members([member(campaign, lead, "Responded")])
    org.crm.put_members([member(campaign, lead)])
    assert statuses(org) == ["Responded"]
    assert org.crm.members_in_place([member(campaign, lead)]) == {f"c:{lead}:Sent": made.record_id}


def test_a_member_who_became_a_contact_is_no_second_member(org: Org, campaign: str) -> None:
    (lead,) = org.insert("Lead", [lead_row()])
    org.crm.put_members([member(campaign, lead)])
    (made,) = org.crm.convert([wish(lead, owner(org, lead))])
    org.crm.put_members([member(campaign, lead, "Responded", contact_id=made.ids["contact"])])
    assert statuses(org) == ["Responded"]


# what people change after the conversion


def test_an_opt_out_and_a_new_owner_after_the_conversion_are_told(org: Org) -> None:
    quiet, lead = org.insert("Lead", [lead_row(1), lead_row(2)])
    seller = owner(org, lead)
    other, made = org.crm.convert([wish(quiet, seller), wish(lead, seller)])
    for deal in (other, made):
        org.change("Opportunity", deal.ids["opportunity"], Closeloop_Stage__c="presentation")
    ours = {other.ids["opportunity"], made.ids["opportunity"]}
    first = [deal for deal in deals_of(org) if deal.opportunity_id in ours]
    assert len(first) == 2
    org.later()
    org.change("Contact", made.ids["contact"], HasOptedOutOfEmail=True)
    (told,) = (deal for deal in deals_of(org, first[-1].cursor) if deal.cursor > first[-1].cursor)
    assert (told.contact_id, told.opted_out, told.owner_id) == (made.ids["contact"], True, seller)


def test_the_reason_that_people_give_for_a_lost_deal_is_told(org: Org) -> None:
    (lead,) = org.insert("Lead", [lead_row()])
    (made,) = org.crm.convert([wish(lead, owner(org, lead))])
    deal = made.ids["opportunity"]
    org.change("Opportunity", deal, Closeloop_Stage__c="closing")
    assert [one.lost_reason for one in deals_of(org) if one.opportunity_id == deal] == [None]
    org.change("Opportunity", deal, Closeloop_Lost_Reason__c="Budget frozen")
    assert [one.lost_reason for one in deals_of(org) if one.opportunity_id == deal] == ["Budget frozen"]


def test_a_quote_lies_beside_the_deck_and_covers_nothing(org: Org) -> None:
    (lead,) = org.insert("Lead", [lead_row()])
    drawn = deck(lead)
    quotes = [
        drawn.model_copy(
            update={
                "key": f"{lead}:{number}",
                "mark": f"[closeloop quote {lead} {number}]",
                "title": f"Volvo – quote {number}",
                "file_name": f"{number}.pdf",
                "content": number.encode(),
                "what": "quote",
            }
        )
        for number in ("Q-2601-AAAAAAAA", "Q-2601-BBBBBBBB")
    ]
    for _ in range(2):
        outcomes = org.crm.put_files([drawn, *quotes])
        assert [one.state for one in outcomes] == [ActionState.ACCEPTED] * 3
    assert all(one.existed for one in outcomes)
    assert set(org.crm.files_in_place([drawn, *quotes])) == {one.key for one in (drawn, *quotes)}


def test_deals_of_other_people_are_not_read(org: Org) -> None:
    (lead,) = org.insert("Lead", [lead_row()])
    (made,) = org.crm.convert([wish(lead, owner(org, lead))])
    assert made.ids["opportunity"] not in {deal.opportunity_id for deal in deals_of(org)}


# lost answers


@pytest.mark.parametrize("what", ["file", "meeting", "member"])
def test_what_may_have_been_made_is_found_and_not_made_again(sandbox: Sandbox, what: str) -> None:
    org = SandboxOrg(sandbox)
    (lead,) = org.insert("Lead", [lead_row()])
    (campaign,) = org.insert("Campaign", [{"Name": "Spring"}])
    seller = owner(org, lead)
    put: dict[str, Callable[[], list[CrmOutcome]]] = {
        "file": lambda: org.crm.put_files([deck(lead)]),
        "meeting": lambda: org.crm.put_meetings([meeting(lead, seller)]),
        "member": lambda: org.crm.put_members([member(campaign, lead)]),
    }
    org.crm.ready()
    rule = {"kind": "reset_after_commit", "match": {"path": "/composite$"}, "nth": [1]}
    sandbox.post_control("faults", {"rules": [rule], "seed": 1})
    (lost,) = put[what]()
    rules = requests.get(f"{sandbox.control}/faults", timeout=10).json()["rules"]
    requests.delete(f"{sandbox.control}/faults", timeout=10)
    assert rules[0]["struck"] == 1
    assert lost.state in {ACCEPTED, ActionState.UNCERTAIN}
    found: dict[str, Callable[[], Any]] = {
        "file": lambda: org.crm.files_in_place([deck(lead)]),
        "meeting": lambda: org.crm.meetings_by_key([f"event:{lead}:1"]),
        "member": lambda: org.crm.members_in_place([member(campaign, lead)]),
    }
    assert found[what]()
    put[what]()
    name = {"file": "ContentVersion", "meeting": "Event", "member": "CampaignMember"}[what]
    assert len(org.rows(name, "Id")) == 1
