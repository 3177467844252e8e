"""Collections of up to 200 records: one result each, or none of them written."""

from __future__ import annotations

from typing import Any

from tests.sandbox.conftest import Client, Sandbox


def leads(count: int, **more: Any) -> list[dict[str, Any]]:
    return [
        {"attributes": {"type": "Lead"}, "LastName": f"L{n}", "Company": "C", "Closeloop_Key__c": f"k{n}", **more}
        for n in range(count)
    ]


def send(sandbox: Sandbox, method: str, path: str, **body: Any) -> Any:
    return sandbox.rest(method, f"composite/sobjects{path}", json=body).json()


def total(sf: Client, where: str = "") -> int:
    return int(sf.query(f"SELECT COUNT() FROM Lead {where}")["totalSize"])


def test_one_bad_record_does_not_stop_the_others(sandbox: Sandbox, sf: Client) -> None:
    records = leads(3)
    del records[1]["Company"]
    results = send(sandbox, "POST", "", records=records)
    assert [result["success"] for result in results] == [True, False, True]
    assert results[1]["errors"] == [
        {
            "statusCode": "REQUIRED_FIELD_MISSING",
            "message": "Required fields are missing: [Company]",
            "fields": ["Company"],
        }
    ]
    assert total(sf) == 2


def test_all_or_none_leaves_nothing_of_a_collection_with_a_bad_record(sandbox: Sandbox, sf: Client) -> None:
    records = leads(3)
    del records[2]["Company"]
    results = send(sandbox, "POST", "", records=records, allOrNone=True)
    codes = [result["errors"][0]["statusCode"] for result in results]
    assert codes == ["ALL_OR_NONE_OPERATION_ROLLED_BACK"] * 2 + ["REQUIRED_FIELD_MISSING"]
    assert total(sf) == 0
    assert not any(op["success"] for op in sandbox.journal("salesforce")[0]["summary"]["operations"])


def test_an_upsert_of_200_creates_and_a_second_one_changes_them(sandbox: Sandbox, sf: Client) -> None:
    first = send(sandbox, "PATCH", "/Lead/Closeloop_Key__c", records=leads(200))
    again = send(sandbox, "PATCH", "/Lead/Closeloop_Key__c", records=leads(200, Title="CTO"))
    assert {result["created"] for result in first} == {True}
    assert {result["created"] for result in again} == {False}
    assert [result["id"] for result in first] == [result["id"] for result in again]
    assert total(sf, "WHERE Title = 'CTO'") == 200


def test_the_same_key_twice_in_one_upsert_is_refused_the_second_time(sandbox: Sandbox) -> None:
    results = send(sandbox, "PATCH", "/Lead/Closeloop_Key__c", records=leads(1) + leads(1))
    assert [result["success"] for result in results] == [True, False]
    assert results[1]["errors"][0]["message"] == "Duplicate external id specified: k0"


def test_an_upsert_by_email_reports_an_ambiguous_person_in_its_place(sandbox: Sandbox) -> None:
    twins = [{**lead, "Email": "twin@c.example"} for lead in leads(2)]
    send(sandbox, "POST", "", records=twins)
    record = {"attributes": {"type": "Lead"}, "Email": "twin@c.example", "Title": "CTO"}
    results = send(sandbox, "PATCH", "/Lead/Email", records=[record])
    assert results[0]["errors"][0]["statusCode"] == "DUPLICATE_EXTERNAL_ID"


def test_upsert_by_id_creates_where_the_id_is_null(sandbox: Sandbox, sf: Client) -> None:
    made = send(sandbox, "PATCH", "/Lead/Id", records=[{**leads(1)[0], "Id": None}])
    changed = [{"attributes": {"type": "Lead"}, "Id": made[0]["id"], "Title": "CTO"}]
    assert send(sandbox, "PATCH", "/Lead/Id", records=changed)[0]["created"] is False
    assert total(sf, "WHERE Title = 'CTO'") == 1


def test_updates_and_deletes_go_by_id(sandbox: Sandbox, sf: Client) -> None:
    ids = [result["id"] for result in send(sandbox, "POST", "", records=leads(3))]
    changes = [{"attributes": {"type": "Lead"}, "id": found, "Title": "CTO"} for found in ids]
    changes.append({"attributes": {"type": "Lead"}, "Title": "nobody"})
    results = send(sandbox, "PATCH", "", records=changes)
    assert [result["success"] for result in results] == [True, True, True, False]
    gone = sandbox.rest("DELETE", f"composite/sobjects?ids={ids[0]},{ids[1]}&allOrNone=false").json()
    assert [result["success"] for result in gone] == [True, True]
    assert total(sf) == 1


def test_retrieving_answers_in_the_order_asked_with_null_for_the_missing(sandbox: Sandbox) -> None:
    ids = [result["id"] for result in send(sandbox, "POST", "", records=leads(2))]
    body = {"ids": [ids[1], "00Q000000000001EAA", ids[0]], "fields": ["LastName"]}
    found = sandbox.rest("POST", "composite/sobjects/Lead", json=body).json()
    assert [record and record["LastName"] for record in found] == ["L1", None, "L0"]


def test_201_records_are_too_many(sandbox: Sandbox, sf: Client) -> None:
    answer = sandbox.rest("POST", "composite/sobjects", json={"records": leads(201)})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "EXCEEDED_ID_LIMIT")
    assert total(sf) == 0


def test_a_value_of_the_wrong_type_fails_the_whole_request(sandbox: Sandbox, sf: Client) -> None:
    records = leads(3)
    records[2]["AnnualRevenue"] = "lots"
    answer = sandbox.rest("POST", "composite/sobjects", json={"records": records})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "JSON_PARSER_ERROR")
    assert total(sf) == 0


def test_the_journal_names_every_record_of_a_collection(sandbox: Sandbox) -> None:
    send(sandbox, "PATCH", "/Lead/Closeloop_Key__c", records=leads(3))
    entry = sandbox.journal("salesforce")[-1]
    assert entry["summary"]["calls"] == 1
    assert [(op["op"], op["object"], op["key"]) for op in entry["summary"]["operations"]] == [
        ("upsert", "Lead", f"k{n}") for n in range(3)
    ]
