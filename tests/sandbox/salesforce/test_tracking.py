"""Field history and the change log."""

from __future__ import annotations

from typing import Any

import requests

from tests.sandbox.conftest import Client, Sandbox

LEAD = {"LastName": "Berg", "Company": "Fjord AS"}


def changes(sandbox: Sandbox, after: int = 0, **query: Any) -> requests.Response:
    return requests.get(f"{sandbox.control}/changes", params={"after": after, **query}, timeout=10)


def test_history_tells_who_changed_a_tracked_field_from_what_to_what(sandbox: Sandbox, sf: Client) -> None:
    sandbox.post_control("org", {"history": {"Lead": ["Status", "OwnerId", "AnnualRevenue"]}})
    lead_id = sf.Lead.create(LEAD)["id"]
    anna = sandbox.post_control("sessions", {"username": "anna.brandt@sandbox.example"})
    people = sandbox.client(session_id=anna["access_token"], instance_url=sandbox.salesforce["instance_url"])
    people.Lead.update(lead_id, {"Status": "Working - Contacted", "AnnualRevenue": 5000, "Title": "CEO"})
    statement = "SELECT Field, DataType, OldValue, NewValue, CreatedById FROM LeadHistory ORDER BY Id"
    rows = sf.query(statement)["records"]
    shown = [(row["Field"], row["DataType"], row["OldValue"], row["NewValue"]) for row in rows]
    assert shown == [
        ("created", "Text", None, None),
        ("Status", "DynamicEnum", "Open - Not Contacted", "Working - Contacted"),
        ("AnnualRevenue", "Currency", None, 5000),
    ]
    assert [row["CreatedById"] == anna["user_id"] for row in rows] == [False, True, True]
    sf.Lead.update(lead_id, {"OwnerId": anna["user_id"]})
    rows = sf.query(f"SELECT (SELECT Field, NewValue FROM Histories ORDER BY Id) FROM Lead WHERE Id = '{lead_id}'")
    told = [(row["Field"], row["NewValue"]) for row in rows["records"][0]["Histories"]["records"]]
    assert told[-2:] == [("Owner", "Anna Brandt"), ("Owner", anna["user_id"])]


def test_opportunities_have_a_history_of_stages_and_one_of_tracked_fields(sandbox: Sandbox, sf: Client) -> None:
    sandbox.post_control("org", {"history": {"Opportunity": ["NextStep"]}})
    deal = {"Name": "Fjord", "StageName": "Prospecting", "CloseDate": "2026-03-31"}
    deal_id = sf.Opportunity.create(deal)["id"]
    sf.Opportunity.update(deal_id, {"StageName": "Closed Won", "NextStep": "Invoice"})
    stages = sf.query("SELECT StageName FROM OpportunityHistory ORDER BY Id")["records"]
    assert [row["StageName"] for row in stages] == ["Prospecting", "Closed Won"]
    tracked = sf.query("SELECT Field, NewValue FROM OpportunityFieldHistory ORDER BY Id")["records"]
    assert [(row["Field"], row["NewValue"]) for row in tracked] == [("created", None), ("NextStep", "Invoice")]


def test_without_tracking_there_is_no_history(sandbox: Sandbox, sf: Client) -> None:
    lead_id = sf.Lead.create(LEAD)["id"]
    sf.Lead.update(lead_id, {"Status": "Working - Contacted"})
    assert sf.query("SELECT COUNT() FROM LeadHistory")["totalSize"] == 0


def test_the_change_log_holds_committed_changes_in_order(sandbox: Sandbox, sf: Client) -> None:
    sandbox.post_control("org", {"change_log": ["Lead"]})
    lead_id = sf.Lead.create(LEAD)["id"]
    headers = {"Sforce-Call-Options": "client=closeloop"}
    sandbox.rest("PATCH", f"sobjects/Lead/{lead_id}", json={"Title": "CEO", "Company": "Fjord AS"}, headers=headers)
    sf.Lead.update(lead_id, {"Title": None})
    sf.Lead.delete(lead_id)
    sf.Account.create({"Name": "Not logged"})
    body = changes(sandbox).json()
    heads = [event["ChangeEventHeader"] for event in body["events"]]
    assert [head["changeType"] for head in heads] == ["CREATE", "UPDATE", "UPDATE", "DELETE"]
    assert {head["recordIds"][0] for head in heads} == {lead_id}
    assert body["events"][0]["Company"] == "Fjord AS"
    assert heads[1]["changedFields"] == ["Title", "LastModifiedDate"]
    assert heads[1]["changeOrigin"] == "com/salesforce/api/rest/66.0;client=closeloop"
    assert heads[2]["nulledFields"] == ["Title"]
    assert len({head["transactionKey"] for head in heads}) == 4
    second = body["events"][1]["replayId"]
    assert [event["replayId"] for event in changes(sandbox, second).json()["events"]] == [second + 1, second + 2]


def test_what_was_rolled_back_was_never_logged(sandbox: Sandbox) -> None:
    sandbox.post_control("org", {"change_log": ["Lead"]})
    records = [{"attributes": {"type": "Lead"}, **LEAD}, {"attributes": {"type": "Lead"}}]
    sandbox.rest("POST", "composite/sobjects", json={"allOrNone": True, "records": records})
    assert changes(sandbox).json()["events"] == []


def test_a_replay_id_older_than_72_hours_is_refused(sandbox: Sandbox, sf: Client) -> None:
    sandbox.post_control("org", {"change_log": ["Lead"]})
    for _ in range(3):
        sf.Lead.create(LEAD)
    sandbox.post_control("advance", {"hours": 73})
    sf.Lead.create(LEAD)
    answer = changes(sandbox, 1)
    assert answer.status_code == 400
    assert "holds 4 to 4" in answer.json()["error"]
    assert [event["replayId"] for event in changes(sandbox, 3).json()["events"]] == [4]
    assert changes(sandbox, 0).json()["latestReplayId"] == 4


def test_a_conversion_is_in_the_history(sandbox: Sandbox, sf: Client) -> None:
    sandbox.post_control("org", {"history": {"Lead": ["Status"]}})
    lead_id = sf.Lead.create(LEAD)["id"]
    sandbox.convert(lead_id)
    rows = sf.query("SELECT Field FROM LeadHistory ORDER BY Id")["records"]
    assert [row["Field"] for row in rows] == ["created", "Status", "leadConverted"]
