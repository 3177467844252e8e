"""What the platform does around a write: stages, activities, campaigns, roles."""

from __future__ import annotations

from typing import Any

import pytest
from simple_salesforce.exceptions import SalesforceMalformedRequest

from tests.sandbox.conftest import Client

DEAL = {"Name": "Fjord", "StageName": "Needs Analysis", "CloseDate": "2026-05-20", "Amount": 1000}
LEAD = {"LastName": "Berg", "Company": "Fjord AS"}


def deal(sf: Client, record_id: str) -> dict[str, Any]:
    return dict(sf.Opportunity.get(record_id))


def test_a_stage_brings_its_probability_and_forecast(sf: Client) -> None:
    record_id = sf.Opportunity.create(DEAL)["id"]
    created = deal(sf, record_id)
    assert (created["Probability"], created["ExpectedRevenue"], created["Fiscal"]) == (20.0, 200.0, "2026 2")
    sf.Opportunity.update(record_id, {"StageName": "Closed Won"})
    won = deal(sf, record_id)
    assert (won["Probability"], won["IsClosed"], won["IsWon"]) == (100.0, True, True)
    assert (won["ForecastCategory"], won["ForecastCategoryName"]) == ("Closed", "Closed")


def test_a_given_probability_wins_over_that_of_the_stage(sf: Client) -> None:
    record_id = sf.Opportunity.create({**DEAL, "Probability": 33})["id"]
    assert deal(sf, record_id)["ExpectedRevenue"] == 330.0


def test_each_change_of_stage_or_amount_leaves_one_row_of_history(sf: Client) -> None:
    record_id = sf.Opportunity.create(DEAL)["id"]
    sf.Opportunity.update(record_id, {"NextStep": "call"})
    sf.Opportunity.update(record_id, {"StageName": "Closed Lost", "Amount": 5})
    rows = sf.query("SELECT StageName, Amount FROM OpportunityHistory ORDER BY Id")["records"]
    expected = [("Needs Analysis", 1000.0), ("Closed Lost", 5.0)]
    assert [(row["StageName"], row["Amount"]) for row in rows] == expected


def test_the_stages_of_the_org_can_be_read(sf: Client) -> None:
    found = sf.query("SELECT MasterLabel, DefaultProbability FROM OpportunityStage WHERE IsWon = true")
    assert [(row["MasterLabel"], row["DefaultProbability"]) for row in found["records"]] == [("Closed Won", 100.0)]


def test_only_one_contact_role_is_primary(sf: Client) -> None:
    people = [sf.Contact.create({"LastName": name})["id"] for name in "AB"]
    record_id = sf.Opportunity.create({**DEAL, "ContactId": people[0]})["id"]
    sf.OpportunityContactRole.create({"OpportunityId": record_id, "ContactId": people[1], "IsPrimary": True})
    roles = sf.query("SELECT ContactId FROM OpportunityContactRole WHERE IsPrimary = true")["records"]
    assert [role["ContactId"] for role in roles] == [people[1]]


def test_a_finished_task_is_closed_and_dates_the_lead(sf: Client) -> None:
    lead = sf.Lead.create(LEAD)["id"]
    record_id = sf.Task.create({"WhoId": lead, "Status": "Completed", "ActivityDate": "2026-01-04"})["id"]
    task = sf.Task.get(record_id)
    assert (task["IsClosed"], task["Priority"]) == (True, "Normal")
    assert sf.Lead.get(lead)["LastActivityDate"] == "2026-01-04"
    sf.Task.update(record_id, {"Status": "In Progress"})
    assert sf.Task.get(record_id)["IsClosed"] is False


def test_a_leads_task_relates_to_nothing_else(sf: Client) -> None:
    lead = sf.Lead.create(LEAD)["id"]
    account = sf.Account.create({"Name": "A"})["id"]
    with pytest.raises(SalesforceMalformedRequest, match="FIELD_INTEGRITY_EXCEPTION"):
        sf.Task.create({"WhoId": lead, "WhatId": account})
    task = sf.Task.create({"WhoId": lead})["id"]
    with pytest.raises(SalesforceMalformedRequest, match="FIELD_INTEGRITY_EXCEPTION"):
        sf.Task.update(task, {"WhatId": account})


def test_a_task_knows_the_account_of_what_it_relates_to(sf: Client) -> None:
    account = sf.Account.create({"Name": "A"})["id"]
    record_id = sf.Opportunity.create({**DEAL, "AccountId": account})["id"]
    task = sf.Task.create({"WhatId": record_id})["id"]
    assert sf.Task.get(task)["AccountId"] == account


def test_a_meeting_knows_its_end(sf: Client) -> None:
    body = {"Subject": "Demo", "StartDateTime": "2026-01-07T15:00:00+01:00", "DurationInMinutes": 45}
    record_id = sf.Event.create(body)["id"]
    meeting = sf.Event.get(record_id)
    assert meeting["ActivityDateTime"] == "2026-01-07T14:00:00.000+0000"
    assert meeting["EndDateTime"] == "2026-01-07T14:45:00.000+0000"
    sf.Event.update(record_id, {"StartDateTime": "2026-01-08T09:00:00Z"})
    assert sf.Event.get(record_id)["EndDateTime"] == "2026-01-08T09:45:00.000+0000"
    sf.Event.update(record_id, {"EndDateTime": "2026-01-08T10:00:00Z"})
    assert sf.Event.get(record_id)["DurationInMinutes"] == 60


def test_nobody_is_a_campaign_member_twice(sf: Client) -> None:
    campaign = sf.Campaign.create({"Name": "Spring"})["id"]
    lead = sf.Lead.create(LEAD)["id"]
    member = sf.CampaignMember.create({"CampaignId": campaign, "LeadId": lead})["id"]
    with pytest.raises(SalesforceMalformedRequest, match="Already a campaign member"):
        sf.CampaignMember.create({"CampaignId": campaign, "LeadId": lead})
    sf.CampaignMember.update(member, {"Status": "Responded"})
    assert sf.CampaignMember.get(member)["HasResponded"] is True


def test_deleting_an_account_takes_what_it_owns_along(sf: Client) -> None:
    account = sf.Account.create({"Name": "A"})["id"]
    contact = sf.Contact.create({"LastName": "B", "AccountId": account})["id"]
    record_id = sf.Opportunity.create({**DEAL, "AccountId": account, "ContactId": contact})["id"]
    sf.Task.create({"WhatId": record_id})
    sf.Account.delete(account)
    for kind in ("Account", "Contact", "Opportunity", "OpportunityContactRole", "Task"):
        assert sf.query(f"SELECT COUNT() FROM {kind}")["totalSize"] == 0
