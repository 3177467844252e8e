"""What an administrator can set up in the org, met through the unmodified client."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from simple_salesforce.exceptions import SalesforceMalformedRequest

from tests.sandbox.conftest import Client, Sandbox, content

LEAD = {"LastName": "Berg", "Company": "Fjord AS", "Email": "nora@fjord.example"}
ALERT = {"name": "Standard_Lead_Duplicate_Rule", "object": "Lead", "match": ["Email"]}


def create(sandbox: Sandbox, body: dict[str, Any], kind: str = "Lead", **headers: str) -> requests.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return sandbox.rest("POST", f"sobjects/{kind}", json=body, headers=named)


def refused(answer: requests.Response, code: str) -> dict[str, Any]:
    assert answer.status_code == 400, answer.text
    (error,) = answer.json()
    assert error["errorCode"] == code
    return dict(error)


def human(sandbox: Sandbox, username: str = "anna.brandt@sandbox.example") -> Client:
    opened = sandbox.post_control("sessions", {"username": username})
    known = sandbox.salesforce["instance_url"]
    return sandbox.client(session_id=opened["access_token"], instance_url=known)


def test_a_new_org_has_no_rules_and_takes_duplicates(sandbox: Sandbox) -> None:
    assert requests.get(f"{sandbox.control}/org", timeout=10).json() == {}
    assert [create(sandbox, LEAD).status_code for _ in range(2)] == [201, 201]


def test_an_alert_names_the_record_and_lets_the_duplicate_pass_on_request(sandbox: Sandbox) -> None:
    sandbox.post_control("org", {"duplicate_rules": [ALERT]})
    there = create(sandbox, LEAD).json()["id"]
    error = refused(create(sandbox, {**LEAD, "Email": "NORA@fjord.example"}), "DUPLICATES_DETECTED")
    assert error["message"] == "Use one of these records?"
    result = error["duplicateResut"]
    assert (result["allowSave"], result["duplicateRule"]) == (True, ALERT["name"])
    (match,) = result["matchResults"]
    assert (match["entityType"], match["size"]) == ("Lead", 1)
    address = f"/services/data/v66.0/sobjects/Lead/{there}"
    assert match["matchRecords"][0]["record"] == {"attributes": {"type": "Lead", "url": address}, "Id": there}
    allowed = create(sandbox, LEAD, Sforce_Duplicate_Rule_Header="allowSave=true; runAsCurrentUser=true")
    assert allowed.status_code == 201


def test_the_record_comes_with_its_fields_on_request(sandbox: Sandbox) -> None:
    sandbox.post_control("org", {"duplicate_rules": [ALERT]})
    create(sandbox, LEAD)
    error = refused(
        create(sandbox, LEAD, Sforce_Duplicate_Rule_Header="includeRecordDetails=true"), "DUPLICATES_DETECTED"
    )
    record = error["duplicateResut"]["matchResults"][0]["matchRecords"][0]["record"]
    assert (record["Company"], record["DoNotCall"]) == ("Fjord AS", False)


def test_a_block_is_a_block(sandbox: Sandbox) -> None:
    rule = {**ALERT, "object": "Contact", "against": ["Contact", "Lead"], "on_create": "block"}
    sandbox.post_control("org", {"duplicate_rules": [{**rule, "spelling": "duplicateResult"}]})
    create(sandbox, LEAD)
    header = {"Sforce_Duplicate_Rule_Header": "allowSave=true"}
    answer = create(sandbox, {"LastName": "Berg", "Email": LEAD["Email"]}, "Contact", **header)
    result = refused(answer, "DUPLICATES_DETECTED")["duplicateResult"]
    assert result["allowSave"] is False
    assert [match["entityType"] for match in result["matchResults"]] == ["Lead"]


def test_collections_refuse_only_the_duplicate(sandbox: Sandbox) -> None:
    sandbox.post_control("org", {"duplicate_rules": [ALERT]})
    create(sandbox, LEAD)
    records = [{"attributes": {"type": "Lead"}, **LEAD, "Email": email} for email in (LEAD["Email"], "a@b.example")]
    answer = sandbox.rest("POST", "composite/sobjects", json={"records": records}).json()
    assert answer[0]["errors"] == [
        {"statusCode": "DUPLICATES_DETECTED", "message": "Use one of these records?", "fields": []}
    ]
    assert answer[1]["success"] is True
    part = {
        "method": "POST",
        "url": "/services/data/v66.0/sobjects/Lead",
        "referenceId": "a",
        "body": LEAD,
        "httpHeaders": {"Sforce-Duplicate-Rule-Header": "allowSave=true"},
    }
    parts = [{**part, "httpHeaders": {}, "referenceId": "b"}, part]
    answer = sandbox.rest("POST", "composite", json={"compositeRequest": parts}).json()
    assert [each["httpStatusCode"] for each in answer["compositeResponse"]] == [400, 201]


def test_the_rules_in_force_can_be_queried(sandbox: Sandbox, sf: Client) -> None:
    statement = "SELECT DeveloperName, SobjectType FROM DuplicateRule WHERE IsActive = true"
    assert sf.query(statement)["records"] == []
    sandbox.post_control("org", {"duplicate_rules": [ALERT]})
    (row,) = sf.query(statement)["records"]
    assert (row["DeveloperName"], row["SobjectType"]) == (ALERT["name"], "Lead")
    sandbox.post_control("org", {"duplicate_rules": []})
    assert sf.query(statement)["records"] == []


def test_an_update_is_looked_at_only_where_the_rule_says_so(sandbox: Sandbox, sf: Client) -> None:
    sf.Lead.create(LEAD)
    other = sf.Lead.create({**LEAD, "Email": "other@fjord.example"})["id"]
    sandbox.post_control("org", {"duplicate_rules": [ALERT]})
    assert sf.Lead.update(other, {"Email": LEAD["Email"]}) == 204
    sf.Lead.update(other, {"Email": "other@fjord.example"})
    sandbox.post_control("org", {"duplicate_rules": [{**ALERT, "on_update": "block"}]})
    assert sf.Lead.update(other, {"Company": "Other AS"}) == 204
    with pytest.raises(SalesforceMalformedRequest) as caught:
        sf.Lead.update(other, {"Email": LEAD["Email"]})
    assert content(caught)[0]["errorCode"] == "DUPLICATES_DETECTED"


def test_a_lead_is_no_duplicate_of_the_contact_it_becomes(sandbox: Sandbox) -> None:
    rule = {**ALERT, "object": "Contact", "against": ["Contact", "Lead"], "on_create": "block"}
    sandbox.post_control("org", {"duplicate_rules": [rule]})
    lead_id = create(sandbox, LEAD).json()["id"]
    answer = sandbox.convert(lead_id)
    assert "<success>true</success>" in answer.text


RULE = {
    "name": "Won_needs_amount",
    "object": "Opportunity",
    "when": {
        "all": [
            {"field": "StageName", "op": "equals", "value": "Closed Won"},
            {"any": [{"field": "Amount", "op": "blank"}, {"field": "Amount", "op": "less_than", "value": 1}]},
        ]
    },
    "message": "A won deal needs an amount.",
    "field": "Amount",
}


def test_a_validation_rule_refuses_with_the_administrators_words(sandbox: Sandbox, sf: Client) -> None:
    sandbox.post_control("org", {"validation_rules": [RULE]})
    deal = {"Name": "Fjord", "StageName": "Prospecting", "CloseDate": "2026-03-31"}
    deal_id = sf.Opportunity.create(deal)["id"]
    with pytest.raises(SalesforceMalformedRequest) as caught:
        sf.Opportunity.update(deal_id, {"StageName": "Closed Won"})
    assert content(caught) == [
        {
            "message": "A won deal needs an amount.",
            "errorCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION",
            "fields": ["Amount"],
        }
    ]
    assert sf.Opportunity.get(deal_id)["StageName"] == "Prospecting"
    assert sf.Opportunity.update(deal_id, {"StageName": "Closed Won", "Amount": 5}) == 204


def test_a_rule_can_forbid_a_change_and_leave_creation_alone(sandbox: Sandbox, sf: Client) -> None:
    rule = {
        "name": "Email_is_fixed",
        "object": "Lead",
        "when": {"field": "Email", "op": "changed"},
        "message": "The address may not change.",
        "on": ["update"],
    }
    sandbox.post_control("org", {"validation_rules": [rule]})
    lead_id = sf.Lead.create(LEAD)["id"]
    assert sf.Lead.update(lead_id, {"Title": "CEO", "Email": LEAD["Email"]}) == 204
    records = [{"id": lead_id, "attributes": {"type": "Lead"}, "Email": "new@fjord.example"}]
    answer = sandbox.rest("PATCH", "composite/sobjects", json={"records": records}).json()
    assert answer[0]["errors"] == [
        {"statusCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "message": "The address may not change.", "fields": []}
    ]


def test_a_required_custom_field_is_missed(sandbox: Sandbox, sf: Client) -> None:
    sandbox.post_control("org", {"fields": [{"object": "Lead", "name": "Region__c", "required": True}]})
    error = refused(create(sandbox, LEAD), "REQUIRED_FIELD_MISSING")
    assert (error["message"], error["fields"]) == ("Required fields are missing: [Region__c]", ["Region__c"])
    lead_id = create(sandbox, {**LEAD, "Region__c": "North"}).json()["id"]
    described = {field["name"]: field for field in sf.Lead.describe()["fields"]}
    assert (described["Region__c"]["nillable"], described["Region__c"]["custom"]) == (False, True)
    assert sf.query("SELECT Region__c FROM Lead WHERE Region__c = 'north'")["records"][0]["Region__c"] == "North"
    with pytest.raises(SalesforceMalformedRequest):
        sf.Lead.update(lead_id, {"Region__c": None})


def test_a_picklist_can_be_restricted_to_values_of_its_own(sandbox: Sandbox, sf: Client) -> None:
    field = {"object": "Lead", "name": "LeadSource", "values": ["Web", "Fair"], "restricted": True}
    sandbox.post_control("org", {"fields": [field]})
    error = refused(create(sandbox, {**LEAD, "LeadSource": "Closeloop"}), "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST")
    assert error["message"].endswith("bad value for restricted picklist field: Closeloop")
    assert create(sandbox, {**LEAD, "LeadSource": "Fair"}).status_code == 201
    (shown,) = [field for field in sf.Lead.describe()["fields"] if field["name"] == "LeadSource"]
    assert ([value["value"] for value in shown["picklistValues"]], shown["restrictedPicklist"]) == (
        ["Web", "Fair"],
        True,
    )


def test_a_field_can_be_shorter_or_of_another_type_than_a_client_expects(sandbox: Sandbox, sf: Client) -> None:
    short = {"object": "Lead", "name": "Title", "length": 5}
    text = {"object": "Lead", "name": "Closeloop_Score__c", "type": "string", "length": 10}
    sandbox.post_control("org", {"fields": [short, text]})
    described = {field["name"]: field for field in sf.Lead.describe()["fields"]}
    assert (described["Title"]["length"], described["Closeloop_Score__c"]["type"]) == (5, "string")
    refused(create(sandbox, {**LEAD, "Title": "Director"}), "STRING_TOO_LONG")
    lead_id = create(sandbox, {**LEAD, "Closeloop_Score__c": "high"}).json()["id"]
    assert sf.Lead.get(lead_id)["Closeloop_Score__c"] == "high"


def test_a_record_type_is_for_its_object_and_for_those_who_may_choose_it(sandbox: Sandbox, sf: Client) -> None:
    kinds = [("Lead", "Inbound", True), ("Lead", "Partner", False), ("Task", "Touch", True)]
    types = [{"object": kind, "name": name, "available": free} for kind, name, free in kinds]
    assert "RecordTypeId" not in {field["name"] for field in sf.Lead.describe()["fields"]}
    sandbox.post_control("org", {"record_types": types})
    rows = sf.query("SELECT Id, DeveloperName, SobjectType FROM RecordType ORDER BY Id")["records"]
    assert [(row["DeveloperName"], row["SobjectType"]) for row in rows] == [(name, kind) for kind, name, _ in kinds]
    inbound, partner, touch = (row["Id"] for row in rows)
    infos = sf.Lead.describe()["recordTypeInfos"]
    assert [(info["recordTypeId"], info["available"]) for info in infos] == [
        (inbound, True),
        (partner, False),
        ("012000000000000AAA", True),
    ]
    lead = create(sandbox, {**LEAD, "RecordTypeId": inbound}).json()["id"]
    assert (
        sf.query(f"SELECT RecordType.Name FROM Lead WHERE Id = '{lead}'")["records"][0]["RecordType"]["Name"]
        == "Inbound"
    )
    for wrong in (partner, touch, "012000000000009AAA"):
        error = refused(create(sandbox, {**LEAD, "RecordTypeId": wrong}), "INVALID_CROSS_REFERENCE_KEY")
        assert error["message"] == f"Record Type ID: this ID value isn't valid for the user: {wrong}"
    sf.Lead.update(lead, {"RecordTypeId": "012000000000000AAA"})
    assert sf.Lead.get(lead)["RecordTypeId"] is None


def test_a_hidden_field_is_not_there_for_us_and_is_for_people(sandbox: Sandbox, sf: Client) -> None:
    sandbox.post_control("org", {"field_security": {"Lead.HasOptedOutOfEmail": "hidden"}})
    assert "HasOptedOutOfEmail" not in {field["name"] for field in sf.Lead.describe()["fields"]}
    error = refused(create(sandbox, {**LEAD, "HasOptedOutOfEmail": True}), "INVALID_FIELD")
    assert error["message"] == "No such column 'HasOptedOutOfEmail' on sobject of type Lead"
    lead_id = sf.Lead.create(LEAD)["id"]
    assert "HasOptedOutOfEmail" not in sf.Lead.get(lead_id)
    with pytest.raises(SalesforceMalformedRequest) as caught:
        sf.query("SELECT Id FROM Lead WHERE HasOptedOutOfEmail = false")
    assert content(caught)[0]["errorCode"] == "INVALID_FIELD"
    human(sandbox).Lead.update(lead_id, {"HasOptedOutOfEmail": True})
    assert human(sandbox).Lead.get(lead_id)["HasOptedOutOfEmail"] is True


def test_no_way_of_reading_or_finding_shows_a_hidden_field(sandbox: Sandbox, sf: Client) -> None:
    lead_id = sf.Lead.create({**LEAD, "Closeloop_Key__c": "k1"})["id"]
    sandbox.post_control("org", {"field_security": {"Lead.Closeloop_Key__c": "hidden"}})
    whole = sf.query("SELECT FIELDS(ALL) FROM Lead LIMIT 1")["records"][0]
    assert (whole["Company"], "Closeloop_Key__c" in whole) == ("Fjord AS", False)
    asked = {"ids": [lead_id], "fields": ["Closeloop_Key__c"]}
    assert sandbox.rest("POST", "composite/sobjects/Lead", json=asked).status_code == 400
    assert sandbox.rest("GET", f"sobjects/Lead/{lead_id}?fields=Closeloop_Key__c").status_code == 400
    assert sandbox.rest("PATCH", "sobjects/Lead/Closeloop_Key__c/k1", json={"Title": "CEO"}).status_code == 404
    records = [{"attributes": {"type": "Lead"}, "Closeloop_Key__c": "k1", **LEAD}]
    answer = sandbox.rest("PATCH", "composite/sobjects/Lead/Email", json={"records": records}).json()
    assert answer[0]["errors"][0]["statusCode"] == "INVALID_FIELD"
    job = {"object": "Lead", "operation": "upsert", "externalIdFieldName": "Closeloop_Key__c", "contentType": "CSV"}
    assert sandbox.rest("POST", "jobs/ingest", json=job).status_code == 400
    query = {"operation": "query", "query": "SELECT Closeloop_Key__c FROM Lead"}
    assert sandbox.rest("POST", "jobs/query", json=query).status_code == 400


def test_a_read_only_field_can_be_read_and_not_written(sandbox: Sandbox, sf: Client) -> None:
    sandbox.post_control("org", {"field_security": {"Lead.Rating": "read_only"}})
    lead_id = human(sandbox).Lead.create({**LEAD, "Rating": "Hot"})["id"]
    assert sf.Lead.get(lead_id)["Rating"] == "Hot"
    with pytest.raises(SalesforceMalformedRequest) as caught:
        sf.Lead.update(lead_id, {"Rating": "Cold"})
    assert content(caught)[0]["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"
    (shown,) = [field for field in sf.Lead.describe()["fields"] if field["name"] == "Rating"]
    assert (shown["createable"], shown["updateable"]) == (False, False)


def test_people_and_other_integrations_leave_their_name(sandbox: Sandbox, sf: Client) -> None:
    lead_id = sf.Lead.create(LEAD)["id"]
    other = sandbox.post_control("sessions", {"username": "sync@marketing.example", "name": "Marketing Sync"})
    client = sandbox.client(session_id=other["access_token"], instance_url=sandbox.salesforce["instance_url"])
    client.Lead.update(lead_id, {"Title": "CEO"})
    row = sf.query("SELECT CreatedBy.Name, LastModifiedById, LastModifiedBy.Name FROM Lead")["records"][0]
    assert (row["CreatedBy"]["Name"], row["LastModifiedBy"]["Name"]) == ("Closeloop Integration", "Marketing Sync")
    assert row["LastModifiedById"] == other["user_id"]
    again = sandbox.post_control("sessions", {"username": "SYNC@marketing.example"})
    assert (again["user_id"], again["username"]) == (other["user_id"], "sync@marketing.example")
    assert sandbox.journal("salesforce")[1]["summary"]["user"] == "sync@marketing.example"


def test_sections_are_replaced_one_by_one_and_all_taken_back(sandbox: Sandbox) -> None:
    sandbox.post_control("org", {"duplicate_rules": [ALERT]})
    shown = sandbox.post_control("org", {"field_security": {"Lead.Rating": "hidden"}})
    assert set(shown) == {"duplicate_rules", "field_security"}
    create(sandbox, LEAD)
    refused(create(sandbox, LEAD), "DUPLICATES_DETECTED")
    assert requests.delete(f"{sandbox.control}/org", timeout=10).json() == {}
    assert create(sandbox, {**LEAD, "Rating": "Hot"}).status_code == 201


@pytest.mark.parametrize(
    ("setup", "hint"),
    [
        ({"holidays": []}, "unknown field 'holidays'"),
        ({"fields": {}}, "fields must be a list"),
        ({"fields": [{"object": "Lead", "name": "Region"}]}, "ends with __c"),
        ({"fields": [{"object": "Lead", "name": "R__c", "type": "hologram"}]}, "fields[0].type"),
        ({"fields": [{"object": "Lead", "name": "Title", "type": "int"}]}, "standard field"),
        ({"fields": [{"object": "Lead", "name": "OwnerId", "length": 5}]}, "is no text"),
        ({"outbound_messages": [{"name": "a", "object": "Lead", "url": "ftp://x"}]}, "absolute http"),
        ({"fields": [{"object": "Planet", "name": "R__c"}]}, "there is no object 'Planet'"),
        ({"field_security": {"Lead.LastName": "hidden"}}, "needed by every record"),
        ({"field_security": {"Lead.Rating": "secret"}}, "one of hidden, read_only"),
        ({"validation_rules": [{**RULE, "when": {"field": "Shoe", "op": "blank"}}]}, "no field 'Shoe'"),
        ({"validation_rules": [{**RULE, "when": {"field": "Name", "op": "likes"}}]}, "when.op"),
        ({"duplicate_rules": [{**ALERT, "match": []}]}, "at least one field"),
        ({"duplicate_rules": [{**ALERT, "on_create": "pray"}]}, "on_create must be one of"),
        ({"history": {"Task": ["Status"]}}, "history is kept of Lead and Opportunity"),
        ({"change_log": ["Planet"]}, "there is no object 'Planet'"),
    ],
)
def test_a_setup_that_cannot_be_is_refused_and_changes_nothing(
    sandbox: Sandbox, setup: dict[str, Any], hint: str
) -> None:
    sandbox.post_control("org", {"duplicate_rules": [ALERT]})
    answer = requests.post(f"{sandbox.control}/org", json=setup, timeout=10)
    assert answer.status_code == 400
    assert hint in answer.json()["error"]
    assert set(requests.get(f"{sandbox.control}/org", timeout=10).json()) == {"duplicate_rules"}
