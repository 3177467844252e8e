"""Leads that a queue owns: over real HTTP, in the sandbox, whose rules about owners are Salesforce's."""

from __future__ import annotations

import pytest
import requests

from closeloop.adapters.salesforce.connection import connect
from closeloop.adapters.salesforce.crm import SalesforceCrm
from closeloop.domain.actions import ActionState
from sandbox.salesforce.seed import INTEGRATION_USER_ID
from tests.contract.crm_orgs import SandboxOrg, lead_row, login_to, owner, task, wish
from tests.contract.test_crm_attachments import deck, meeting
from tests.sandbox.conftest import Sandbox

ACCEPTED, PLANNED = ActionState.ACCEPTED, ActionState.PLANNED
PATH = "closeloop/convert"


def lead_in_a_queue(org: SandboxOrg) -> tuple[str, str]:
    """Ids of the Lead and of its queue."""
    (queue,) = org.insert("Group", [{"Name": "Inbound", "DeveloperName": "Inbound", "Type": "Queue"}])
    (lead,) = org.insert("Lead", [lead_row(OwnerId=queue)])
    return lead, queue


@pytest.mark.parametrize("way", ["soap", f"apex:{PATH}", "create"])
def test_what_comes_of_a_queues_lead_belongs_to_our_user(sandbox: Sandbox, way: str) -> None:
    org = SandboxOrg(sandbox)
    sandbox.post_control("apexrest", {"path": PATH})
    org.crm = SalesforceCrm(lambda: connect(login_to(sandbox)), convert_by=way)
    lead, queue = lead_in_a_queue(org)
    (outcome,) = org.crm.convert([wish(lead, queue, domain="north.example", close_on="2026-04-05")])
    requests.delete(f"{sandbox.control}/apexrest", timeout=10)
    assert (outcome.state, outcome.detail) == (ACCEPTED, "")
    for made in ("Account", "Contact", "Opportunity"):
        assert [row["OwnerId"] for row in org.rows(made, "OwnerId")] == [INTEGRATION_USER_ID]
    assert owner(org, lead) == queue


def test_activities_and_files_of_a_queues_lead_belong_to_our_user(sandbox: Sandbox) -> None:
    org = SandboxOrg(sandbox)
    lead, queue = lead_in_a_queue(org)
    outcomes = org.crm.create_tasks([task(f"task:{lead}", lead, queue)])
    outcomes += org.crm.put_meetings([meeting(lead, queue)])
    outcomes += org.crm.put_files([deck(lead, owner_id=queue)])
    assert [(outcome.state, outcome.detail) for outcome in outcomes] == [(ACCEPTED, "")] * 3
    for made in ("Task", "Event", "ContentVersion"):
        assert [row["OwnerId"] for row in org.rows(made, "OwnerId")] == [INTEGRATION_USER_ID]


def test_a_queues_lead_is_read_with_the_name_of_the_queue(sandbox: Sandbox) -> None:
    org = SandboxOrg(sandbox)
    lead, queue = lead_in_a_queue(org)
    (read,) = org.crm.changed_leads(None, 10)
    assert (read.id, read.owner_id, read.owner_name) == (lead, queue, "Inbound")


def test_a_queues_lead_waits_while_nobody_says_who_we_are(sandbox: Sandbox) -> None:
    org = SandboxOrg(sandbox)
    lead, queue = lead_in_a_queue(org)
    org.crm.our_user = lambda: None  # type: ignore[method-assign]
    (outcome,) = org.crm.convert([wish(lead, queue)])
    assert outcome.state is PLANNED
    assert "which user we are" in outcome.detail


def test_salesforce_converts_no_lead_for_a_queue(sandbox: Sandbox) -> None:
    org = SandboxOrg(sandbox)
    sandbox.post_control("apexrest", {"path": PATH})
    lead, queue = lead_in_a_queue(org)
    body = {"leads": [{"leadId": lead, "convertedStatus": "Closed - Converted", "ownerId": queue}]}
    session = {"Authorization": f"Bearer {sandbox.salesforce['access_token']}"}
    answer = requests.post(f"{sandbox.url}/services/apexrest/{PATH}", json=body, headers=session, timeout=10).json()
    requests.delete(f"{sandbox.control}/apexrest", timeout=10)
    assert answer[0]["success"] is False
    assert "only be owned by users" in answer[0]["errors"][0]["message"]
