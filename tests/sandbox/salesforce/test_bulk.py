"""Bulk API 2.0 through the unmodified simple-salesforce client, and its finer points on the wire."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from simple_salesforce import bulk2
from simple_salesforce.bulk2 import ColumnDelimiter, LineEnding
from simple_salesforce.exceptions import SalesforceOperationError

from tests.sandbox.conftest import Client, Sandbox

LEADS = [
    {"LastName": f"Person {number}", "Company": "Acme, Inc.", "Closeloop_Key__c": f"k{number}"}
    for number in range(30)
]


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client waits five seconds before it looks; nothing is gained by that here."""
    monkeypatch.setattr(bulk2._Bulk2Client, "DEFAULT_WAIT_TIMEOUT_SECONDS", 20)
    monkeypatch.setattr("simple_salesforce.bulk2.sleep", lambda _: None)


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def ingest(sandbox: Sandbox) -> Callable[..., Any]:
    """Makes, fills and hands in a job; returns its id."""

    def run(content: str | bytes, operation: str = "insert", kind: str = "Lead", **more: str) -> str:
        job = sandbox.rest("POST", "jobs/ingest", json={"object": kind, "operation": operation, **more})
        assert job.status_code == 200, job.text
        body = content.encode() if isinstance(content, str) else content
        put = sandbox.rest(
            "PUT", f"jobs/ingest/{job.json()['id']}/batches", data=body, headers={"Content-Type": "text/csv"}
        )
        assert (put.status_code, put.content) == (201, b"")
        handed = sandbox.rest("PATCH", f"jobs/ingest/{job.json()['id']}", json={"state": "UploadComplete"})
        assert handed.status_code == 200
        return str(job.json()["id"])

    return run


def states(sandbox: Sandbox, job: str, kind: str = "ingest") -> Iterator[dict[str, Any]]:
    """The answers to polls, the last one of an ended job."""
    while True:
        answer: dict[str, Any] = sandbox.rest("GET", f"jobs/{kind}/{job}").json()
        yield answer
        if answer["state"] in ("JobComplete", "Failed", "Aborted"):
            return


def ended(sandbox: Sandbox, job: str, kind: str = "ingest") -> dict[str, Any]:
    return list(states(sandbox, job, kind))[-1]


def results(sandbox: Sandbox, job: str, which: str) -> list[dict[str, str]]:
    answer = sandbox.rest("GET", f"jobs/ingest/{job}/{which}")
    assert answer.headers["content-type"].startswith("text/csv")
    return table(answer.text)


def test_the_client_inserts_changes_and_deletes_in_bulk(sf: Client) -> None:
    made = sf.bulk2.Lead.insert(records=LEADS, wait=0)
    assert [(job["numberRecordsTotal"], job["numberRecordsFailed"]) for job in made] == [(30, 0)]
    rows = table(sf.bulk2.Lead.get_successful_records(made[0]["job_id"]))
    assert {row["sf__Created"] for row in rows} == {"true"}
    sf.bulk2.Lead.update(records=[{"Id": row["sf__Id"], "Title": "CTO"} for row in rows], wait=0)
    assert sf.query("SELECT COUNT() FROM Lead WHERE Title = 'CTO' AND Company = 'Acme, Inc.'")["totalSize"] == 30
    sf.bulk2.Lead.delete(records=[{"Id": row["sf__Id"]} for row in rows], wait=0)
    assert sf.query("SELECT COUNT() FROM Lead")["totalSize"] == 0


def test_an_upsert_says_of_each_row_whether_it_is_new(sf: Client) -> None:
    sf.bulk2.Lead.upsert(records=LEADS[:10], external_id_field="Closeloop_Key__c", wait=0)
    done = sf.bulk2.Lead.upsert(records=LEADS, external_id_field="Closeloop_Key__c", wait=0)
    rows = table(sf.bulk2.Lead.get_successful_records(done[0]["job_id"]))
    assert sorted(row["sf__Created"] for row in rows) == ["false"] * 10 + ["true"] * 20
    assert sf.query("SELECT COUNT() FROM Lead")["totalSize"] == 30


def test_one_bad_row_fails_alone_with_its_reason(sf: Client) -> None:
    records = [LEADS[0], {"LastName": "", "Company": "B", "Closeloop_Key__c": "x"}, LEADS[0]]
    done = sf.bulk2.Lead.insert(records=records, wait=0)
    assert done[0]["numberRecordsFailed"] == 2
    failures = table(sf.bulk2.Lead.get_failed_records(done[0]["job_id"]))
    assert failures[0]["sf__Error"] == "REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --"
    assert failures[0]["Company"] == "B"
    assert failures[1]["sf__Error"].startswith("DUPLICATE_VALUE:duplicate value found: Closeloop_Key__c")
    assert sf.query("SELECT COUNT() FROM Lead")["totalSize"] == 1


@pytest.mark.parametrize("line_ending", [LineEnding.LF, LineEnding.CRLF])
@pytest.mark.parametrize("delimiter", list(ColumnDelimiter))
def test_every_delimiter_and_line_ending_carries_any_text(
    sf: Client, delimiter: ColumnDelimiter, line_ending: LineEnding
) -> None:
    name = 'Quote " and, comma; pipe | caret ^ tick ` tab\t.'
    handler = sf.bulk2.Account
    job = handler._client.create_job("insert", column_delimiter=delimiter, line_ending=line_ending)
    char = bulk2._delimiter_char[delimiter]
    end = bulk2._line_ending_char[line_ending]
    cell = '"' + name.replace('"', '""') + '"'
    handler._client.upload_job_data(job["id"], f'Name{char}BillingStreet{end}{cell}{char}"two\nlines"{end}')
    handler._client.close_job(job["id"])
    handler._client.wait_for_job(job["id"], False, 0)
    record = sf.query("SELECT Name, BillingStreet FROM Account")["records"][0]
    assert (record["Name"], record["BillingStreet"]) == (name, "two\nlines")


def test_only_the_null_mark_empties_a_field(sandbox: Sandbox, sf: Client, ingest: Callable[..., str]) -> None:
    lead = sf.Lead.create({"LastName": "A", "Company": "B", "Title": "CTO", "City": "Ulm", "DoNotCall": True})["id"]
    job = ingest(f"Id,Title,City,DoNotCall\n{lead},#N/A,,#N/A\n", "update")
    assert ended(sandbox, job)["numberRecordsFailed"] == 0
    record = sf.Lead.get(lead)
    assert (record["Title"], record["City"], record["DoNotCall"]) == (None, "Ulm", False)


def test_a_row_may_name_its_parent_by_external_id(sandbox: Sandbox, sf: Client, ingest: Callable[..., str]) -> None:
    lead = sf.Lead.create({"LastName": "A", "Company": "B", "Closeloop_Key__c": "parent"})["id"]
    job = ingest("Subject,Lead:Who.Closeloop_Key__c\nCall,parent\nCall,nobody\n", kind="Task")
    assert ended(sandbox, job)["numberRecordsFailed"] == 1
    assert sf.query("SELECT WhoId FROM Task")["records"][0]["WhoId"] == lead
    assert "Foreign key external ID: nobody not found" in results(sandbox, job, "failedResults")[0]["sf__Error"]


@pytest.mark.parametrize(
    ("column", "cell", "kind"),
    [("AnnualRevenue", "much", "double"), ("NumberOfEmployees", "1.5", "int"), ("DoNotCall", "maybe", "boolean")],
)
def test_a_cell_of_the_wrong_type_is_the_fault_of_its_row(
    sandbox: Sandbox, ingest: Callable[..., str], column: str, cell: str, kind: str
) -> None:
    job = ingest(f"LastName,Company,{column}\nA,B,{cell}\nC,D,\n")
    assert ended(sandbox, job)["numberRecordsFailed"] == 1
    error = results(sandbox, job, "failedResults")[0]["sf__Error"]
    assert error.startswith(f"INVALID_FIELD:Failed to deserialize field at col 2. Due to, '{cell}' is not a valid")
    assert f"xsd:{kind}" in error


def test_a_job_moves_on_between_polls_and_its_results_wait_for_the_end(
    sandbox: Sandbox, ingest: Callable[..., str]
) -> None:
    job = ingest("LastName,Company\nA,B\n")
    early = sandbox.rest("GET", f"jobs/ingest/{job}/successfulResults")
    assert (early.status_code, early.json()[0]["errorCode"]) == (400, "INVALIDJOBSTATE")
    seen = list(states(sandbox, job))
    assert [answer["state"] for answer in seen] == ["InProgress", "JobComplete"]
    assert (seen[-1]["jobType"], seen[-1]["numberRecordsProcessed"], seen[-1]["apiVersion"]) == (
        "V2Ingest",
        1,
        66.0,
    )
    for route in ("unprocessedrecords", "unprocessedRecords", "SUCCESSFULRESULTS/"):
        assert sandbox.rest("GET", f"jobs/ingest/{job}/{route}").status_code == 200


def test_a_job_nobody_polls_is_carried_out_all_the_same(sandbox: Sandbox, ingest: Callable[..., str]) -> None:
    ingest("LastName,Company\nA,B\n")
    assert [lead["LastName"] for lead in requests.get(f"{sandbox.control}/snapshot", timeout=9).json()["Lead"]] == [
        "A"
    ]


def test_what_an_aborted_job_did_not_reach_is_unprocessed(sandbox: Sandbox, ingest: Callable[..., str]) -> None:
    job = ingest("LastName,Company\nA,B\n")
    assert sandbox.rest("PATCH", f"jobs/ingest/{job}", json={"state": "Aborted"}).json()["state"] == "Aborted"
    assert results(sandbox, job, "unprocessedRecords") == [{"LastName": "A", "Company": "B"}]
    assert results(sandbox, job, "successfulResults") == []


@pytest.mark.parametrize(
    ("content", "more", "message"),
    [
        ("Nothing\nx\n", {}, "InvalidBatch : Field name not found : Nothing"),
        ("LastName,Company\r\nA,B\r\n", {}, "ClientInputError : LineEnding is invalid on user data."),
        ("LastName,Company\nA,B\n", {"lineEnding": "CRLF"}, "Current LineEnding setting is CRLF"),
        ("LastName,Company\nA\n", {}, "Found 1 columns in line 2, expected 2"),
        ('LastName,Company\nA,"B\n', {}, "Failed to parse CSV"),
        (b"LastName\n\xff\n", {}, "not valid UTF-8"),
        ("Id,LastName\n00Q000000000001EAA,A\n", {"operation": "delete"}, "must contain only ids"),
    ],
)
def test_an_upload_that_cannot_be_read_fails_the_job(
    sandbox: Sandbox, ingest: Callable[..., str], content: str | bytes, more: dict[str, str], message: str
) -> None:
    done = ended(sandbox, ingest(content, **more))
    assert done["state"] == "Failed"
    assert message in done["errorMessage"]


def test_the_client_is_told_of_a_failed_job(sf: Client) -> None:
    with pytest.raises(SalesforceOperationError, match="Field name not found : Nope__c"):
        sf.bulk2.Lead.insert(records=[{"LastName": "A", "Nope__c": "1"}], wait=0)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"object": "Nobody", "operation": "insert"}, "INVALIDENTITY"),
        ({"object": "OpportunityHistory", "operation": "insert"}, "INVALIDENTITY"),
        ({"object": "Lead", "operation": "explode"}, "INVALIDJOB"),
        ({"object": "Lead", "operation": "upsert"}, "INVALIDJOB"),
        ({"object": "Lead", "operation": "upsert", "externalIdFieldName": "Title"}, "INVALIDJOB"),
        ({"object": "Lead", "operation": "insert", "columnDelimiter": "SPACE"}, "INVALIDJOB"),
        ([], "JSON_PARSER_ERROR"),
    ],
)
def test_a_job_that_makes_no_sense_is_refused(sandbox: Sandbox, body: Any, code: str) -> None:
    answer = sandbox.rest("POST", "jobs/ingest", json=body)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)


def test_data_is_uploaded_once_and_to_an_open_job_only(sandbox: Sandbox, ingest: Callable[..., str]) -> None:
    csv_type = {"Content-Type": "text/csv"}
    job = sandbox.rest("POST", "jobs/ingest", json={"object": "Lead", "operation": "insert"}).json()
    assert job["contentUrl"] == f"services/data/v66.0/jobs/ingest/{job['id']}/batches"
    address = f"jobs/ingest/{job['id']}/batches"
    assert sandbox.rest("PUT", address, data="LastName\nA\n", headers=csv_type).status_code == 201
    twice = sandbox.rest("PUT", address, data="LastName\nA\n", headers=csv_type)
    assert twice.json()[0]["message"].startswith(f"Found multiple contents for job: <{job['id']}>")
    late = sandbox.rest("PUT", f"jobs/ingest/{ingest('')}/batches", data="x", headers=csv_type)
    assert late.json()[0]["errorCode"] == "INVALIDJOBSTATE"
    assert sandbox.rest("GET", "jobs/ingest/750000000000009AAA").status_code == 404


def test_a_small_job_is_made_filled_and_handed_in_by_one_multipart_call(sandbox: Sandbox, sf: Client) -> None:
    job = '{"object": "Account", "operation": "insert"}'
    parts = {"job": (None, job, "application/json"), "content": ("content", 'Name\n"One\nTwo"\n', "text/csv")}
    before = sf.limits()["DailyApiRequests"]["Remaining"]
    answer = sandbox.rest("POST", "jobs/ingest", files=parts)
    assert (answer.status_code, answer.json()["state"]) == (200, "UploadComplete")
    assert ended(sandbox, answer.json()["id"])["numberRecordsFailed"] == 0
    assert sf.query("SELECT Name FROM Account")["records"][0]["Name"] == "One\nTwo"
    # The job, two polls, the query and the second look at the limits.
    assert before - sf.limits()["DailyApiRequests"]["Remaining"] == 5


def test_each_call_and_each_batch_counts_against_the_limits(sf: Client, sandbox: Sandbox) -> None:
    sf.bulk2.Lead.insert(records=LEADS, wait=0)
    counted = [entry["summary"]["calls"] for entry in sandbox.journal("salesforce") if "/jobs/" in entry["path"]]
    assert counted == [1] * len(counted)
    assert len(counted) >= 5
    list(sf.bulk2.Lead.query("SELECT Id FROM Lead", wait=0))
    limits = sf.limits()
    assert limits["DailyBulkApiBatches"] == {"Max": 15000, "Remaining": 14999}
    assert limits["DailyBulkV2QueryJobs"] == {"Max": 10000, "Remaining": 9999}


def test_jobs_can_be_listed_and_deleted(sandbox: Sandbox, ingest: Callable[..., str]) -> None:
    job = ingest("LastName,Company\nA,B\n")
    assert sandbox.rest("DELETE", f"jobs/ingest/{job}").json()[0]["errorCode"] == "INVALIDJOBSTATE"
    ended(sandbox, job)
    listed = sandbox.rest("GET", "jobs/ingest").json()
    assert (listed["done"], [each["id"] for each in listed["records"]]) == (True, [job])
    assert sandbox.rest("DELETE", f"jobs/ingest/{job}").status_code == 204
    assert sandbox.rest("GET", "jobs/ingest").json()["records"] == []


def test_the_client_reads_query_results_page_by_page(sf: Client) -> None:
    sf.bulk2.Lead.insert(records=LEADS, wait=0)
    statement = "SELECT LastName, Owner.Name, DoNotCall, Title FROM Lead ORDER BY Closeloop_Key__c"
    pages = list(sf.bulk2.Lead.query(statement, max_records=12, wait=0))
    assert [len(table(page)) for page in pages] == [12, 12, 6]
    assert pages[0].splitlines()[0] == '"LastName","Owner.Name","DoNotCall","Title"'
    assert table(pages[0])[0]["DoNotCall"] == "false"
    assert table(pages[0])[0]["Title"] == ""


def test_a_query_job_without_rows_still_says_its_columns_and_the_end(sandbox: Sandbox) -> None:
    body = {"operation": "query", "query": "select id, createddate from Lead"}
    job = sandbox.rest("POST", "jobs/query", json=body).json()
    assert ended(sandbox, job["id"], "query")["numberRecordsProcessed"] == 0
    answer = sandbox.rest("GET", f"jobs/query/{job['id']}/results")
    assert (answer.headers["Sforce-Locator"], answer.headers["Sforce-NumberOfRecords"]) == ("null", "0")
    assert answer.text == '"Id","CreatedDate"\n'


def test_deleted_rows_are_read_by_query_all_only(sandbox: Sandbox, sf: Client) -> None:
    sf.Lead.delete(sf.Lead.create({"LastName": "A", "Company": "B"})["id"])
    assert sum(len(table(page)) for page in sf.bulk2.Lead.query("SELECT Id FROM Lead", wait=0)) == 0
    assert sum(len(table(page)) for page in sf.bulk2.Lead.query_all("SELECT Id FROM Lead", wait=0)) == 1


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("SELECT COUNT(Id) FROM Lead", "FEATURENOTENABLED"),
        ("SELECT Id FROM Lead LIMIT 5 OFFSET 5", "FEATURENOTENABLED"),
        ("SELECT Id, (SELECT Id FROM Tasks) FROM Lead", "FEATURENOTENABLED"),
        ("SELECT Nope FROM Lead", "INVALID_FIELD"),
        ("SELECT Id FROM Nope", "INVALID_TYPE"),
        ("SELECT", "MALFORMED_QUERY"),
    ],
)
def test_a_statement_the_bulk_api_does_not_take_is_refused_at_once(
    sandbox: Sandbox, statement: str, code: str
) -> None:
    answer = sandbox.rest("POST", "jobs/query", json={"operation": "query", "query": statement})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)
