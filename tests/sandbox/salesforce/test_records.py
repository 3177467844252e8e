"""Single records through the unmodified client: create, read, change, delete, upsert, and every refusal."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from simple_salesforce.exceptions import (
    SalesforceMalformedRequest,
    SalesforceMoreThanOneRecord,
    SalesforceResourceNotFound,
)

from tests.sandbox.conftest import Client, Sandbox, content

LEAD = {"LastName": "Berg", "Company": "Fjord AS", "Email": "Nora.Berg@fjord.example"}


def refusal(sf: Client, kind: str, body: dict[str, Any]) -> dict[str, Any]:
    with pytest.raises(SalesforceMalformedRequest) as caught:
        getattr(sf, kind).create(body)
    error: dict[str, Any] = content(caught)[0]
    return error


def test_a_created_lead_reads_back_with_its_defaults(sf: Client) -> None:
    record_id = sf.Lead.create({**LEAD, "FirstName": " Nora ", "Description": ""})["id"]
    lead = sf.Lead.get(record_id)
    assert (lead["Name"], lead["FirstName"], lead["Description"]) == ("Nora Berg", "Nora", None)
    assert (lead["Status"], lead["IsConverted"]) == ("Open - Not Contacted", False)
    assert lead["CreatedDate"] == "2026-01-05T08:00:00.000+0000"


def test_changing_a_name_changes_the_full_name(sf: Client) -> None:
    record_id = sf.Lead.create(LEAD)["id"]
    assert sf.Lead.update(record_id, {"FirstName": "Nora"}) == 204
    assert sf.Lead.get(record_id[:15])["Name"] == "Nora Berg"


def test_a_deleted_record_is_gone_but_in_the_recycle_bin(sf: Client) -> None:
    record_id = sf.Lead.create(LEAD)["id"]
    sf.Task.create({"WhoId": record_id, "Subject": "Call"})
    assert sf.Lead.delete(record_id) == 204
    with pytest.raises(SalesforceResourceNotFound) as caught:
        sf.Lead.update(record_id, {"Title": "CEO"})
    assert content(caught) == [{"message": "entity is deleted", "errorCode": "ENTITY_IS_DELETED", "fields": []}]
    assert sf.query("SELECT Id FROM Task")["totalSize"] == 0
    gone = sf.query("SELECT Id, IsDeleted FROM Lead", include_deleted=True)["records"]
    assert [record["IsDeleted"] for record in gone] == [True]


def test_an_unknown_id_is_not_found(sf: Client) -> None:
    with pytest.raises(SalesforceResourceNotFound, match="The requested resource does not exist"):
        sf.Lead.get("00Q000000000001EAA")
    with pytest.raises(SalesforceResourceNotFound, match="Provided external ID field does not exist"):
        sf.Lead.get("rid")


@pytest.mark.parametrize(
    ("kind", "body", "code", "fields"),
    [
        ("Lead", {"FirstName": "A"}, "REQUIRED_FIELD_MISSING", ["LastName", "Company"]),
        ("Lead", {**LEAD, "Title": "x" * 300}, "STRING_TOO_LONG", ["Title"]),
        ("Lead", {**LEAD, "Email": "foo"}, "INVALID_EMAIL_ADDRESS", ["Email"]),
        ("Lead", {**LEAD, "Name": "A B"}, "INVALID_FIELD_FOR_INSERT_UPDATE", ["Name"]),
        ("Lead", {**LEAD, "CleanStatus": "Odd"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", ["CleanStatus"]),
        ("Lead", {**LEAD, "OwnerId": "001000000000001AAA"}, "MALFORMED_ID", ["OwnerId"]),
        ("Lead", {**LEAD, "OwnerId": "hello"}, "MALFORMED_ID", ["OwnerId"]),
        ("Lead", {**LEAD, "AnnualRevenue": 1e30}, "NUMBER_OUTSIDE_VALID_RANGE", ["AnnualRevenue"]),
        ("Contact", {"LastName": "A", "AccountId": "001000000000001AAA"}, "INVALID_CROSS_REFERENCE_KEY", None),
        ("Event", {"Subject": "Demo"}, "REQUIRED_FIELD_MISSING", ["ActivityDateTime"]),
    ],
)
def test_a_bad_field_is_refused_by_name(
    sf: Client, kind: str, body: dict[str, Any], code: str, fields: list[str] | None
) -> None:
    error = refusal(sf, kind, body)
    assert error["errorCode"] == code
    assert fields is None or error["fields"] == fields


def test_the_texts_of_refusals_are_those_of_salesforce(sf: Client) -> None:
    assert refusal(sf, "Lead", {"FirstName": "A"})["message"] == "Required fields are missing: [LastName, Company]"
    assert refusal(sf, "Lead", {**LEAD, "foo": 1})["message"] == "No such column 'foo' on sobject of type Lead"
    long = refusal(sf, "Lead", {**LEAD, "LastName": "y" * 81})["message"]
    assert long == f"Last Name: data value too large: {'y' * 81} (max length=80)"


@pytest.mark.parametrize(
    "body", [{"AnnualRevenue": "lots"}, {"LastName": 5}, {"Closeloop_Next_Step_Date__c": "5 May"}]
)
def test_a_value_of_the_wrong_type_cannot_be_read(sf: Client, body: dict[str, Any]) -> None:
    assert refusal(sf, "Lead", {**LEAD, **body})["errorCode"] == "JSON_PARSER_ERROR"


def test_an_unknown_status_is_accepted_because_its_picklist_is_open(sf: Client) -> None:
    assert sf.Lead.create({**LEAD, "Status": "Nurture"})["success"]


def test_upsert_creates_once_and_then_changes(sf: Client) -> None:
    address = "Closeloop_Key__c/touch-1"
    assert sf.Lead.upsert(address, LEAD) == 201
    answer = sf.Lead.upsert("closeloop_key__c/TOUCH-1", {"Title": "CTO"}, raw_response=True)
    assert (answer.status_code, answer.json()["created"]) == (200, False)
    assert sf.query("SELECT Title FROM Lead")["records"][0]["Title"] == "CTO"


def test_upsert_by_email_finds_the_person_in_any_case(sf: Client) -> None:
    record_id = sf.Lead.create(LEAD)["id"]
    answer = sf.Lead.upsert("Email/nora.berg@FJORD.example", {"Title": "CFO"}, raw_response=True)
    assert answer.json()["id"] == record_id
    assert sf.Lead.get_by_custom_id("Email", "NORA.BERG@fjord.example")["Title"] == "CFO"


def test_upsert_among_several_matches_answers_300_and_writes_nothing(sf: Client) -> None:
    ids = [sf.Lead.create(LEAD)["id"] for _ in range(2)]
    with pytest.raises(SalesforceMoreThanOneRecord) as caught:
        sf.Lead.upsert(f"Email/{LEAD['Email']}", {"Title": "CFO"})
    assert [str(url).rsplit("/", 1)[1] for url in content(caught)] == ids
    assert sf.query("SELECT COUNT() FROM Lead WHERE Title = 'CFO'")["totalSize"] == 0


def test_upsert_by_a_field_that_identifies_nothing_is_not_found(sf: Client) -> None:
    with pytest.raises(SalesforceResourceNotFound, match="is not accessible: Title"):
        sf.Lead.upsert("Title/x", LEAD)


def test_the_key_may_not_stand_in_the_body_as_well(sf: Client) -> None:
    with pytest.raises(SalesforceMalformedRequest, match="should not be specified in the sobject data"):
        sf.Lead.upsert("Closeloop_Key__c/a", {**LEAD, "Closeloop_Key__c": "a"})


def test_update_only_never_creates(sandbox: Sandbox) -> None:
    answer = sandbox.rest("PATCH", "sobjects/Lead/Closeloop_Key__c/a?updateOnly=true", json=LEAD)
    assert answer.status_code == 404


def test_a_unique_key_is_unique_in_any_case(sf: Client) -> None:
    first = sf.Lead.create({**LEAD, "Closeloop_Key__c": "Straße-1"})["id"]
    error = refusal(sf, "Lead", {**LEAD, "Closeloop_Key__c": "STRASSE-1"})
    expected = f"duplicate value found: Closeloop_Key__c duplicates value on record with id: {first[:15]}"
    assert (error["errorCode"], error["message"]) == ("DUPLICATE_VALUE", expected)


def test_a_parent_may_be_named_by_its_key(sf: Client) -> None:
    sf.Lead.create({**LEAD, "Closeloop_Key__c": "lead-1"})
    task = sf.Task.create({"Subject": "Call", "Who": {"Closeloop_Key__c": "lead-1"}})["id"]
    found = sf.query(f"SELECT Who.Name, Who.Type FROM Task WHERE Id = '{task}'")["records"][0]["Who"]
    assert (found["Name"], found["Type"]) == ("Berg", "Lead")


def test_a_deck_is_kept_byte_for_byte_and_linked_to_its_lead(sandbox: Sandbox, sf: Client) -> None:
    lead = sf.Lead.create(LEAD)["id"]
    deck = bytes(range(256)) * 40
    version = sf.ContentVersion.create(
        {
            "PathOnClient": "Offer für Fjord.pptx",
            "VersionData": base64.b64encode(deck).decode(),
            "FirstPublishLocationId": lead,
        }
    )["id"]
    assert sandbox.rest("GET", f"sobjects/ContentVersion/{version}/VersionData").content == deck
    link = sf.query(
        "SELECT ContentDocument.Title, ContentDocument.FileType FROM ContentDocumentLink"
        f" WHERE LinkedEntityId = '{lead}'"
    )["records"][0]["ContentDocument"]
    assert (link["Title"], link["FileType"]) == ("Offer für Fjord", "POWER_POINT_X")


def test_a_second_version_goes_on_with_the_same_document(sf: Client) -> None:
    first = sf.ContentVersion.create({"PathOnClient": "a.pptx", "VersionData": "AAAA"})["id"]
    document = sf.ContentVersion.get(first)["ContentDocumentId"]
    second = {"PathOnClient": "a.pptx", "VersionData": "BBBB", "ContentDocumentId": document}
    newest = sf.ContentVersion.create(second)["id"]
    assert sf.ContentDocument.get(document)["LatestPublishedVersionId"] == newest
    versions = sf.query("SELECT IsLatest, VersionNumber FROM ContentVersion ORDER BY VersionNumber")["records"]
    assert [(item["IsLatest"], item["VersionNumber"]) for item in versions] == [(False, "1"), (True, "2")]
