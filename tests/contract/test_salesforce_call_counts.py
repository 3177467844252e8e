"""How many calls a batch costs: each test counts, and shows that fewer calls read and write the same."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from closeloop.adapters.salesforce import reading, writing
from closeloop.adapters.salesforce.calls import Calls
from closeloop.adapters.salesforce.connection import connect
from closeloop.adapters.salesforce.crm import SalesforceCrm
from closeloop.adapters.salesforce.reading import Reader
from closeloop.application.ports import CrmMeeting, CrmRead, CrmUpdate
from closeloop.domain.actions import ActionState
from closeloop.domain.errors import CrmRefused
from tests.contract.crm_orgs import SandboxOrg, lead_row, login_to, person, task, wish
from tests.sandbox.conftest import Sandbox

ACCEPTED, PLANNED = ActionState.ACCEPTED, ActionState.PLANNED
OBJECTS = ("Lead", "Opportunity", "Contact")


@pytest.fixture
def org(sandbox: Sandbox) -> SandboxOrg:
    made = SandboxOrg(sandbox)
    made.crm = SalesforceCrm(lambda: connect(login_to(sandbox)), bulk_rows=10, sleep=lambda _: None)
    for name in OBJECTS:  # described once a process: in no count
        made.crm.writable(name, ())
    return made


class Counted:
    """The calls made inside the block, as the product counts them and as the org does."""

    def __init__(self, org: SandboxOrg) -> None:
        self._org = org
        self.calls = 0

    def __enter__(self) -> Counted:
        self._before = (self._org.crm.calls_made(), self._used())
        return self

    def __exit__(self, *_: object) -> None:
        self.calls = self._org.crm.calls_made() - self._before[0]
        assert self._used() - self._before[1] == self.calls

    def _used(self) -> int:
        return int(requests.get(f"{self._org.sandbox.control}/limits", timeout=30).json()["total"])


def deals(org: SandboxOrg, number: int) -> list[dict[str, str]]:
    """Converted Leads: the ids of each deal and of its Lead."""
    leads = org.insert("Lead", [lead_row(n, Company=f"Mill {n}") for n in range(number)])
    seller = str(org.rows("Lead", "OwnerId")[0]["OwnerId"])
    outcomes = org.crm.convert([wish(lead, seller) for lead in leads])
    return [{"lead": lead, **outcome.ids} for lead, outcome in zip(leads, outcomes, strict=True)]


# last looks


def test_twelve_hundred_last_looks_are_one_call(org: SandboxOrg) -> None:
    ids = org.insert("Lead", [lead_row(n) for n in range(1_200)])
    with Counted(org) as counted:
        assert len(org.crm.look([person(lead) for lead in ids])) == 1_200
    assert counted.calls == 1


def test_a_look_at_leads_deals_and_their_people_is_one_call(org: SandboxOrg) -> None:
    made = deals(org, 6)
    (lead,) = org.insert("Lead", [lead_row(77)])
    org.change("Contact", made[2]["contact"], HasOptedOutOfEmail=True)
    people = [person(**ids) for ids in made]
    with Counted(org) as counted:
        looks = org.crm.look([*people, person(lead)])
    assert counted.calls == 1
    assert [looks[p.key].opted_out for p in people] == [False, False, True, False, False, False]
    assert looks[lead].exists


def test_a_look_that_may_not_see_the_opt_out_clears_nobody(org: SandboxOrg) -> None:
    made = deals(org, 2)
    org.sandbox.post_control("org", {"field_security": {"Contact.HasOptedOutOfEmail": "hidden"}})
    with pytest.raises(CrmRefused, match="HasOptedOutOfEmail"):
        org.crm.look([person(**ids) for ids in made])


# reading


def test_ids_beyond_one_retrieve_are_five_parts_of_one_call(
    org: SandboxOrg, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "IDS_PER_RETRIEVE", 3)
    ids = org.insert("Lead", [lead_row(n, Title=f"Title {n}") for n in range(16)])
    (gone,) = org.insert("Lead", [lead_row(99)])
    assert org.sandbox.rest("DELETE", f"sobjects/Lead/{gone}").ok
    with Counted(org) as counted:
        found = org.crm.read("Lead", [*ids[:14], gone], ["Title"])
    assert counted.calls == 1
    assert found == {record: {"Title": f"Title {n}"} for n, record in enumerate(ids[:14])}
    with Counted(org) as counted:
        assert len(org.crm.read("Lead", ids, ["Title"])) == 16
    assert counted.calls == 2


def test_records_of_several_objects_are_read_in_one_call(org: SandboxOrg) -> None:
    (made,) = deals(org, 1)
    wanted = [
        CrmRead(object="Opportunity", ids=(made["opportunity"],), fields=("StageName", "Nowhere__c")),
        CrmRead(object="Contact", ids=(made["contact"],), fields=("LastName",)),
    ]
    with Counted(org) as counted:
        found = org.crm.read_together(wanted)
    assert counted.calls == 1
    assert found == {
        made["opportunity"]: {"StageName": "Prospecting"},
        made["contact"]: {"LastName": "Moreau 0"},
    }


def test_the_pages_of_a_long_query_take_two_calls(org: SandboxOrg) -> None:
    ids = org.insert("Lead", [lead_row(n) for n in range(4_100)])
    with Counted(org) as counted:
        assert {lead.id for lead in org.crm.changed_leads(None, 5_000)} == set(ids)
    assert counted.calls == 2


def pages(*found: dict[str, Any] | None) -> str:
    parts: list[dict[str, Any]] = [
        {"referenceId": f"part{n}", "httpStatusCode": 200 if page else 400, "body": page or []}
        for n, page in enumerate(found)
    ]
    return json.dumps({"compositeResponse": parts})


def page(*ids: str, after: str | None = None) -> dict[str, Any]:
    more = {"done": False, "nextRecordsUrl": after} if after else {"done": True}
    return {"totalSize": 3, "records": [{"Id": record} for record in ids], **more}


def test_an_org_that_follows_no_page_to_the_next_is_read_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    answers = iter([page("a", after="/q-1"), json.loads(pages(None, None)), page("b", after="/q-2"), page("c")])

    class Scripted(Calls):
        def _read(self, request: Any) -> Any:
            asked.append(request.path)
            return next(answers)

    class Client:
        sf_version = "62.0"

    rows = list(Reader(Scripted(Client())).query("SELECT Id FROM Lead"))  # type: ignore[arg-type]
    assert [row["Id"] for row in rows] == ["a", "b", "c"]
    assert asked == ["query/", "composite", "/q-1", "/q-2"]


# writing


def update(record: str, seen_at: str | None, **fields: Any) -> CrmUpdate:
    return CrmUpdate(object="Lead", record_id=record, fields=fields, reason="", seen_at=seen_at)


def seen(org: SandboxOrg, ids: list[str]) -> dict[str, str]:
    rows = org.crm.read("Lead", ids, ["LastModifiedDate"])
    return {record: row["LastModifiedDate"] for record, row in rows.items()}


def test_a_bulk_job_leaves_out_what_people_changed_since_it_was_read(org: SandboxOrg) -> None:
    ids = org.insert("Lead", [lead_row(n, Title="Clerk") for n in range(14)])
    at = seen(org, ids)
    org.later()
    org.change("Lead", ids[4], Title="Their own")
    outcomes = org.crm.update([update(record, at[record], Title="Ours") for record in ids])
    assert [o.state for o in outcomes] == [PLANNED if n == 4 else ACCEPTED for n in range(14)]
    assert "read again" in outcomes[4].detail
    titles = {row["Id"]: row["Title"] for row in org.rows("Lead", "Id", "Title")}
    assert [titles[record] for record in ids] == ["Their own" if n == 4 else "Ours" for n in range(14)]


def test_the_later_collections_of_a_batch_leave_out_what_people_changed_meanwhile(
    org: SandboxOrg, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"ROUNDS": (2, 1), "COLLECTIONS_PER_CALL": 1, "TRUSTED": 2}.items():
        monkeypatch.setattr(writing, name, value)
    ids = org.insert("Lead", [lead_row(n, Title="Clerk") for n in range(8)])
    at = seen(org, ids)
    org.later()
    org.change("Lead", ids[6], Title="Their own")
    with Counted(org) as counted:
        outcomes = org.crm.update([update(record, at[record], Title="Ours") for record in ids])
    assert [o.state for o in outcomes] == [PLANNED if n == 6 else ACCEPTED for n in range(8)]
    assert counted.calls == 4 + 1
    assert {row["Title"] for row in org.rows("Lead", "Id", "Title") if row["Id"] == ids[6]} == {"Their own"}


def test_what_nobody_could_look_at_again_waits(org: SandboxOrg) -> None:
    ids = org.insert("Lead", [lead_row(n) for n in range(12)])
    at = seen(org, ids)
    org.sandbox.post_control("faults", {"rules": [{"kind": "daily_limit", "match": {"operation": "retrieve"}}]})
    outcomes = org.crm.update([update(record, at[record], Title="Ours") for record in ids])
    assert {o.state for o in outcomes} == {PLANNED}
    assert {row["Title"] for row in org.rows("Lead", "Title")} == {None}


def test_a_bulk_update_without_failures_is_five_calls_and_one_for_the_look_before(org: SandboxOrg) -> None:
    ids = org.insert("Lead", [lead_row(n) for n in range(12)])
    at = seen(org, ids)
    with Counted(org) as counted:
        outcomes = org.crm.update([update(record, at[record], Title="Ours") for record in ids])
    assert {o.state for o in outcomes} == {ACCEPTED}
    assert [o.record_id for o in outcomes] == ids
    assert counted.calls == 5 + 1


def test_a_bulk_update_with_a_failure_says_which(org: SandboxOrg) -> None:
    ids = org.insert("Lead", [lead_row(n) for n in range(12)])
    outcomes = org.crm.update(
        [update(record, None, Email="x" if n == 7 else "a@b.example") for n, record in enumerate(ids)]
    )
    assert [o.state for o in outcomes] == [ActionState.REJECTED if n == 7 else ACCEPTED for n in range(12)]
    assert "INVALID_EMAIL_ADDRESS" in outcomes[7].detail


def test_a_bulk_insert_tells_the_ids_it_made(org: SandboxOrg) -> None:
    (lead,) = org.insert("Lead", [lead_row()])
    seller = str(org.rows("Lead", "OwnerId")[0]["OwnerId"])
    org.crm.ready()
    tasks = [task(f"task:{n}", lead, seller) for n in range(12)]
    with Counted(org) as counted:
        outcomes = org.crm.create_tasks(tasks)
    assert counted.calls == 6
    assert {o.record_id for o in outcomes} == {row["Id"] for row in org.rows("Task", "Id")}


# deals and meetings


def test_changed_deals_and_their_meetings_are_one_call(org: SandboxOrg) -> None:
    made = deals(org, 3)
    seller = str(org.rows("Opportunity", "OwnerId")[0]["OwnerId"])
    meetings = [
        CrmMeeting(
            action_key=f"event:{ids['lead']}:1:0",
            key=f"event:{ids['lead']}:1",
            who_id=ids["contact"],
            what_id=ids["opportunity"],
            owner_id=seller,
            subject="Meeting",
            description="Agreed",
            on="2026-01-12",
        )
        for ids in made
    ]
    assert {outcome.state for outcome in org.crm.put_meetings(meetings)} == {ACCEPTED}
    org.delete("Event", str(org.rows("Event", "Id")[0]["Id"]))
    with Counted(org) as counted:
        found = org.crm.news(None, None, meetings=True)
    assert counted.calls == 1
    assert sorted(event.is_gone for event in found.events) == [False, False, True]


def test_a_user_who_is_switched_off_is_news_though_no_deal_changed(org: SandboxOrg) -> None:
    made = deals(org, 2)
    for ids in made:
        org.change("Opportunity", ids["opportunity"], Closeloop_Stage__c="closing")
    told = org.crm.news(None, None, meetings=False).deals
    assert [deal.owner_is_active for deal in told] == [True, True]
    for _ in range(2):
        org.later()
    org.sandbox.post_control("users", {"id": told[0].owner_id, "active": False})
    with Counted(org) as counted:
        left = org.crm.news(told[-1].cursor, None, meetings=False).deals
    assert counted.calls == 1
    assert {(deal.opportunity_id, deal.owner_is_active) for deal in left} == {
        (ids["opportunity"], False) for ids in made
    }
