"""Writing to an org that others use: locks, duplicate rules, lost answers, ten thousand rows."""

from __future__ import annotations

import csv
import io
import time
from itertools import groupby
from typing import Any

import pytest

from closeloop.adapters.salesforce.crm import EMAILS_PER_QUERY
from closeloop.adapters.salesforce.writing import Record
from closeloop.application.ports import CrmUpdate
from closeloop.domain.actions import ActionState
from tests.contract.crm_orgs import SandboxOrg, draft, lead_row, owner, task, wish
from tests.contract.crm_people import DOMAIN, marked
from tests.real_org_settings import REAL_ORG

ACCEPTED, REJECTED, PLANNED = ActionState.ACCEPTED, ActionState.REJECTED, ActionState.PLANNED
RULE = {"name": "Same_phone", "object": "Lead", "match": ["Phone"]}


@pytest.fixture
def org(salesforce: SandboxOrg) -> SandboxOrg:
    salesforce.crm = salesforce.connected(bulk_rows=2_500, sleep=_pause)
    return salesforce


def _pause(seconds: float) -> None:
    """The sandbox is quick; a real org's bulk job is not done by asking at once."""
    time.sleep(seconds if REAL_ORG else 0)


def strike(org: SandboxOrg, *rules: dict[str, Any]) -> None:
    org.sandbox.post_control("faults", {"rules": list(rules), "seed": 1})


def test_rows_that_people_hold_for_a_moment_are_written_all_the_same(org: SandboxOrg) -> None:
    strike(org, {"kind": "lock", "per": "record", "probability": 0.3, "times": 150})
    outcomes = org.crm.upsert_leads([draft(n) for n in range(400)])
    assert {o.state for o in outcomes} == {ACCEPTED}
    assert len(org.rows("Lead", "Id")) == 400


def test_a_row_that_stays_locked_waits_and_the_others_do_not(org: SandboxOrg) -> None:
    held, free = org.insert("Lead", [lead_row(1), lead_row(2)])
    strike(org, {"kind": "lock", "per": "record", "match": {"record": held}})
    updates = [CrmUpdate(object="Lead", record_id=i, fields={"Title": "CFO"}, reason="") for i in (held, free)]
    outcomes = org.crm.update(updates)
    assert [o.state for o in outcomes] == [PLANNED, ACCEPTED]
    assert "UNABLE_TO_LOCK_ROW" in outcomes[0].detail


def test_a_lead_that_the_duplicate_rule_stops_is_linked_to_the_one_that_is_there(org: SandboxOrg) -> None:
    (there,) = org.insert("Lead", [lead_row(1, Phone="+33 1 00 00 00 01")])
    org.sandbox.post_control("org", {"duplicate_rules": [RULE]})
    outcomes = org.crm.upsert_leads([draft(7, phone="+33 1 00 00 00 01"), draft(8, phone="+33 1 00 00 00 02")])
    assert [o.state for o in outcomes] == [ACCEPTED, ACCEPTED]
    assert outcomes[0].record_id == there
    assert len(org.rows("Lead", "Id")) == 2


def test_one_validation_rule_of_the_admin_costs_one_record(org: SandboxOrg) -> None:
    outcomes = org.crm.upsert_leads([draft(1), draft(2, last_name="x" * 200), draft(3)])
    assert [o.state for o in outcomes] == [ACCEPTED, REJECTED, ACCEPTED]
    assert "STRING_TOO_LONG" in outcomes[1].detail


def test_tasks_whose_answer_is_lost_are_there_once(org: SandboxOrg) -> None:
    leads = org.insert("Lead", [lead_row(n) for n in range(20)])
    strike(org, {"kind": "reset_after_commit", "times": 1, "match": {"operation": "composite"}})
    seller = owner(org, leads[0])
    outcomes = org.crm.create_tasks([task(f"task:{lead}", lead, seller) for lead in leads])
    assert {o.state for o in outcomes} == {ACCEPTED}
    assert sorted(row["Id"] for row in org.rows("Task", "Id")) == sorted(str(o.record_id) for o in outcomes)


def test_a_conversion_whose_answer_is_lost_is_read_back_and_not_made_twice(org: SandboxOrg) -> None:
    (lead,) = org.insert("Lead", [lead_row()])
    seller = owner(org, lead)
    strike(org, {"kind": "reset_after_commit", "times": 1, "match": {"operation": "convert"}})
    (outcome,) = org.crm.convert([wish(lead, seller)])
    assert (outcome.state, set(outcome.ids)) == (ACCEPTED, {"account", "contact", "opportunity"})
    assert outcome.ids == org.crm.converted([lead])[lead]
    assert len(org.rows("Opportunity", "Id")) == 1


def test_a_conversion_that_did_not_arrive_is_made_after_all(org: SandboxOrg) -> None:
    (lead,) = org.insert("Lead", [lead_row()])
    seller = owner(org, lead)
    strike(org, {"kind": "reset_before", "times": 1, "match": {"operation": "convert"}})
    (outcome,) = org.crm.convert([wish(lead, seller)])
    assert outcome.state is ACCEPTED


def test_a_cursor_that_expires_on_the_way_costs_no_row(org: SandboxOrg) -> None:
    ids = org.insert("Lead", [lead_row(n) for n in range(4_100)])
    strike(org, {"kind": "stale_cursor", "nth": [2]})
    assert {lead.id for lead in org.crm.changed_leads(org.beginning, 5_000)} == set(ids)


def test_thousands_of_rows_in_one_go_are_a_handful_of_calls(org: SandboxOrg) -> None:
    drafts = [draft(n, email=f"Person{n}@{DOMAIN}") for n in range(3_000)]
    drafts[17] = draft(17, email="nonsense")
    org.crm.ready()
    before = org.crm.calls_made()
    outcomes = org.crm.upsert_leads(drafts)
    assert [int(o.key) for o in outcomes if o.state is not ACCEPTED] == [17]
    looked_up = -(-len(drafts) // EMAILS_PER_QUERY)
    assert org.crm.calls_made() - before < 15 + looked_up
    emails = {row["Id"]: row["Email"] for row in org_rows(org)}
    assert all(emails[str(o.record_id)].lower() == f"person{o.key}@{DOMAIN}" for o in outcomes if o.record_id)
    again = org.crm.upsert_leads(drafts)
    assert [o.record_id for o in again] == [o.record_id for o in outcomes]


def org_rows(org: SandboxOrg) -> list[dict[str, Any]]:
    return [{"Id": lead.id, "Email": lead.email} for lead in org.crm.changed_leads(org.beginning, 5_000)]


def test_the_bulk_api_tells_too_which_rows_were_there_before(org: SandboxOrg) -> None:
    (there,) = org.insert("Lead", [lead_row(5)])
    outcomes = org.crm.writer.upsert([Record(str(n), "Lead", lead_row(n)) for n in range(2_600)], by="Email")
    assert {o.state for o in outcomes} == {ACCEPTED}
    assert [(o.key, o.record_id) for o in outcomes if o.existed] == [("5", there)]
    changes = [Record(o.key, "Lead", {"Id": o.record_id, "Title": "CFO"}) for o in outcomes]
    assert not any(o.existed for o in org.crm.writer.update(changes))


def test_children_of_one_parent_are_side_by_side_in_a_bulk_job(org: SandboxOrg) -> None:
    leads = org.insert("Lead", [lead_row(n) for n in range(3)])
    seller = owner(org, leads[0])
    org.crm.create_tasks([task(marked(f"task:{n}"), leads[n % 3], seller) for n in range(2_600)])
    (job,) = org.sandbox.rest("GET", "jobs/ingest").json()["records"]
    table = org.sandbox.rest("GET", f"jobs/ingest/{job['id']}/successfulResults/").text
    parents = [row["WhoId"] for row in csv.DictReader(io.StringIO(table))]
    assert len(parents) == 2_600
    assert [who for who, _ in groupby(parents)] == sorted(leads)


def test_thousands_of_rows_arrive_in_a_storm_too(org: SandboxOrg) -> None:
    strike(
        org,
        {"kind": "server_error", "status": 503, "html": True, "nth": [2, 5, 9]},
        {"kind": "expired_session", "nth": [3, 7]},
        {"kind": "reset_after_commit", "nth": [4, 6]},
        {"kind": "lock", "per": "record", "probability": 0.01},
    )
    outcomes = org.crm.upsert_leads([draft(n) for n in range(2_600)])
    assert {o.state for o in outcomes} <= {ACCEPTED, PLANNED}
    assert len(org.rows("Lead", "Id")) > 1_900


def test_tasks_by_the_thousand_are_there_once_and_known_by_their_key(org: SandboxOrg) -> None:
    (lead,) = org.insert("Lead", [lead_row()])
    seller = owner(org, lead)
    tasks = [task(marked(f"task:{n}"), lead, seller) for n in range(2_600)]
    first = org.crm.create_tasks(tasks)
    assert {o.state for o in first} == {ACCEPTED}
    assert [o.record_id for o in org.crm.create_tasks(tasks)] == [o.record_id for o in first]
