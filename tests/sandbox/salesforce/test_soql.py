"""SOQL over HTTP: what is found, in what shape, and how a bad statement is refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from simple_salesforce.exceptions import SalesforceMalformedRequest
from simple_salesforce.format import format_soql

from tests.sandbox.conftest import Client, Sandbox, content

PEOPLE: list[dict[str, Any]] = [
    {"LastName": "Ärmel", "Title": "CTO", "AnnualRevenue": 5.0, "Industry": "Banking", "Email": "a@x.example"},
    {"LastName": "Bo_b", "Title": "CEO", "AnnualRevenue": 50.0, "Industry": "Banking", "DoNotCall": True},
    {"LastName": "Cé%il", "Industry": "Media", "Closeloop_Next_Step_Date__c": "2026-01-06"},
    {"LastName": "O'Neil", "Title": "cto", "AnnualRevenue": 500.0, "City": "Ulm"},
]


@pytest.fixture
def people(sf: Client) -> Client:
    for person in PEOPLE:
        sf.Lead.create({"Company": "X", **person})
    return sf


def names(sf: Client, where: str) -> list[str]:
    found = sf.query(f"SELECT LastName FROM Lead WHERE {where} ORDER BY Id")["records"]
    return [record["LastName"] for record in found]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("Title = 'cto'", ["Ärmel", "O'Neil"]),
        ("Title != 'cto'", ["Bo_b", "Cé%il"]),
        ("NOT Title = 'cto'", ["Bo_b", "Cé%il"]),
        ("Title = null", ["Cé%il"]),
        ("Title IN ('CEO', 'nobody')", ["Bo_b"]),
        ("Title NOT IN ('CEO')", ["Ärmel", "Cé%il", "O'Neil"]),
        ("Title IN (null, 'ceo')", ["Bo_b", "Cé%il"]),
        ("LastName LIKE 'ä%'", ["Ärmel"]),
        ("LastName LIKE '%\\_%'", ["Bo_b"]),
        ("LastName LIKE '%\\%%'", ["Cé%il"]),
        ("LastName LIKE 'o_neil'", ["O'Neil"]),
        ("LastName = 'O\\'Neil'", ["O'Neil"]),
        ("AnnualRevenue >= 50 AND (Title = 'CEO' OR City = 'ulm')", ["Bo_b", "O'Neil"]),
        ("AnnualRevenue < 10", ["Ärmel"]),
        ("DoNotCall = true", ["Bo_b"]),
        ("NOT (DoNotCall = true OR AnnualRevenue > 1)", ["Cé%il"]),
        ("Closeloop_Next_Step_Date__c = TOMORROW", ["Cé%il"]),
        ("Closeloop_Next_Step_Date__c > 2026-01-05", ["Cé%il"]),
        ("CreatedDate = TODAY AND City != null", ["O'Neil"]),
        ("CreatedDate < 2026-01-05T10:00:00+02:00", []),
        ("CreatedDate >= LAST_N_DAYS:7 AND Industry = 'MEDIA'", ["Cé%il"]),
        ("Owner.Email = 'OPS@sandbox.example' AND Title = 'CEO'", ["Bo_b"]),
        ("lead.Title = 'CEO'", ["Bo_b"]),
    ],
)
def test_a_condition_finds_who_it_means(people: Client, where: str, expected: list[str]) -> None:
    assert names(people, where) == expected


def test_fields_answer_in_the_order_and_case_of_the_object(people: Client) -> None:
    statement = "select lastname, OWNER.name, TITLE, owner.USERNAME from lead limit 1"
    record = people.query(statement)["records"][0]
    assert list(record) == ["attributes", "LastName", "Owner", "Title"]
    assert list(record["Owner"]) == ["attributes", "Name", "Username"]


def test_nulls_sort_first_unless_told_otherwise(people: Client) -> None:
    def titles(order: str) -> list[str | None]:
        records = people.query(f"SELECT Title FROM Lead ORDER BY {order}")["records"]
        return [record["Title"] for record in records]

    assert titles("Title")[0] is None
    assert titles("Title DESC NULLS LAST")[-1] is None


def test_children_come_nested_and_null_when_there_are_none(people: Client) -> None:
    lead = people.query("SELECT Id FROM Lead WHERE Title = 'CEO'")["records"][0]["Id"]
    for subject in ("Call", "Email"):
        people.Task.create({"WhoId": lead, "Subject": subject})
    statement = "SELECT LastName, (SELECT Subject FROM Tasks WHERE Subject != 'Call' LIMIT 5) FROM Lead ORDER BY Id"
    tasks = [record["Tasks"] for record in people.query(statement)["records"]]
    assert [task and task["records"][0]["Subject"] for task in tasks] == [None, "Email", None, None]


def test_semi_joins_select_by_other_records(people: Client) -> None:
    lead = people.query("SELECT Id FROM Lead WHERE Title = 'CEO'")["records"][0]["Id"]
    people.Task.create({"WhoId": lead, "Subject": "Call"})
    assert names(people, "Id IN (SELECT WhoId FROM Task WHERE Subject LIKE 'c%')") == ["Bo_b"]
    assert "Bo_b" not in names(people, "Id NOT IN (SELECT WhoId FROM Task)")


def test_aggregates_group_and_name_their_results(people: Client) -> None:
    statement = (
        "SELECT Industry, COUNT(Id) n, MAX(AnnualRevenue), AVG(AnnualRevenue) mean FROM Lead"
        " GROUP BY Industry HAVING COUNT(Id) > 0 ORDER BY COUNT(Id) DESC"
    )
    records = people.query(statement)["records"]
    first = {name: value for name, value in records[0].items() if name != "attributes"}
    assert first == {"Industry": "Banking", "n": 2, "expr0": 50.0, "mean": 27.5}
    assert {record["Industry"] for record in records} == {"Banking", "Media", None}
    assert people.query("SELECT COUNT() FROM Lead")["totalSize"] == 4
    by_month = people.query(
        "SELECT CALENDAR_MONTH(CreatedDate) m, COUNT(Id) n FROM Lead GROUP BY CALENDAR_MONTH(CreatedDate)"
    )
    assert (by_month["records"][0]["m"], by_month["records"][0]["n"]) == (1, 4)


def test_fields_all_needs_a_limit(people: Client) -> None:
    record = people.query("SELECT FIELDS(ALL) FROM Lead LIMIT 1")["records"][0]
    assert {"Id", "Closeloop_Key__c", "SystemModstamp"} <= set(record)
    with pytest.raises(SalesforceMalformedRequest, match="LIMIT of at most 200"):
        people.query("SELECT FIELDS(ALL) FROM Lead")


def test_limit_and_offset_cut_the_same_order(people: Client) -> None:
    whole = [record["LastName"] for record in people.query("SELECT LastName FROM Lead")["records"]]
    part = people.query("SELECT LastName FROM Lead LIMIT 2 OFFSET 1")["records"]
    assert [record["LastName"] for record in part] == whole[1:3]


def error(sf: Client, statement: str) -> dict[str, str]:
    with pytest.raises(SalesforceMalformedRequest) as caught:
        sf.query(statement)
    found: dict[str, str] = content(caught)[0]
    return found


def test_errors_point_at_their_place_in_salesforces_words(sf: Client) -> None:
    field = error(sf, "SELECT Bacon__c FROM Account LIMIT 2")
    assert field["errorCode"] == "INVALID_FIELD"
    assert field["message"] == (
        "\nSELECT Bacon__c FROM Account LIMIT 2\n       ^\nERROR at Row:1:Column:8\nNo such column 'Bacon__c' on"
        " entity 'Account'. If you are attempting to use a custom field, be sure to append the '__c' after the"
        " custom field name. Please reference your WSDL or the describe call for the appropriate names."
    )
    kind = error(sf, "select count() from XYZZY")
    assert kind["errorCode"] == "INVALID_TYPE"
    assert kind["message"].startswith(
        "\nselect count() from XYZZY\n                    ^\nERROR at Row:1:Column:21\nsObject type 'XYZZY' is not"
    )
    token = error(sf, "SELECT FROM Lead")
    assert token["errorCode"] == "MALFORMED_QUERY"
    assert token["message"].endswith("ERROR at Row:1:Column:8\nunexpected token: 'FROM'")


@pytest.mark.parametrize(
    "tail",
    [
        "WHERE Title = 'a' AND City = 'b' OR City = 'c'",
        "WHERE Title LIKE",
        "WHERE Title = 'open",
        "WHERE Title INCLUDES 'a'",
        "GROUP BY ROLLUP(Title)",
        "FOR UPDATE",
        "ALL ROWS",
        "WITH SECURITY_ENFORCED",
        "USING SCOPE team",
        "FOR UPDATE OF Lead",
        "LIMIT ten",
        "WHERE CreatedDate = SOMEDAY",
        "WHERE DISTANCE(Address, GEOLOCATION(1, 2), 'km') < 5",
        "WHERE Title = 'a'; DROP TABLE salesforce_lead",
        "HAVING COUNT(Id) > 1",
    ],
)
def test_what_is_not_supported_is_refused_and_never_ignored(sf: Client, tail: str) -> None:
    assert error(sf, f"SELECT Id FROM Lead {tail}")["errorCode"] == "MALFORMED_QUERY"


@pytest.mark.parametrize(
    ("where", "code"),
    [
        ("Description = 'x'", "INVALID_FIELD"),
        ("Title = 5", "INVALID_FIELD"),
        ("CreatedDate > '2026-01-01'", "INVALID_FIELD"),
        ("CreatedDate > 2026-01-01", "INVALID_FIELD"),
        ("DoNotCall = 'true'", "INVALID_FIELD"),
        ("OwnerId LIKE '005%'", "INVALID_FIELD"),
        ("Id = 'abc'", "INVALID_QUERY_FILTER_OPERATOR"),
        ("Nobody.Name = 'x'", "INVALID_FIELD"),
    ],
)
def test_a_filter_that_does_not_fit_its_field_is_refused(sf: Client, where: str, code: str) -> None:
    assert error(sf, f"SELECT Id FROM Lead WHERE {where}")["errorCode"] == code


def test_document_links_must_be_asked_for_by_id(sf: Client) -> None:
    refused = error(sf, "SELECT Id FROM ContentDocumentLink WHERE ShareType = 'V'")
    assert refused["message"].startswith("Implementation restriction: ContentDocumentLink requires a filter")


def test_long_results_come_in_pages(sandbox: Sandbox, sf: Client) -> None:
    for start in range(0, 2200, 200):
        records = [
            {"attributes": {"type": "Account"}, "Name": f"{number:05}"} for number in range(start, start + 200)
        ]
        sandbox.rest("POST", "composite/sobjects", json={"records": records})
    first = sf.query("SELECT Name FROM Account ORDER BY Name")
    assert (first["totalSize"], len(first["records"]), first["done"]) == (2200, 2000, False)
    assert first["nextRecordsUrl"].endswith("-2000")
    rest = sf.query_more(first["nextRecordsUrl"], identifier_is_url=True)
    assert (rest["done"], "nextRecordsUrl" in rest) == (True, False)
    found = [record["Name"] for record in first["records"] + rest["records"]]
    assert found == [f"{number:05}" for number in range(2200)]
    small = sandbox.rest("GET", "query?q=SELECT+Id+FROM+Account", headers={"Sforce-Query-Options": "batchSize=200"})
    assert len(small.json()["records"]) == 200


def test_a_stale_locator_is_refused(sandbox: Sandbox) -> None:
    answer = sandbox.rest("GET", "query/01g000000000001AAA-2000")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_QUERY_LOCATOR")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30))
def test_any_text_that_is_stored_is_found_by_its_quoted_form(sandbox_process: Sandbox, text: str) -> None:
    sf = sandbox_process.client()
    record_id = sf.Account.create({"Name": f"<{text}>"})["id"]
    found = sf.query(format_soql("SELECT Id FROM Account WHERE Name = {}", f"<{text}>"))["records"]
    assert record_id in [record["Id"] for record in found]
    like = sf.query(format_soql("SELECT Id FROM Account WHERE Name LIKE '%<{:like}>%'", text))["records"]
    assert record_id in [record["Id"] for record in like]
