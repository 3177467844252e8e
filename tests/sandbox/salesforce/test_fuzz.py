"""Nothing that is sent breaks the sandbox: random SOQL and random requests are answered or refused in Salesforce's
own terms, and never by a 500 of ours."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.app import create_app
from sandbox.salesforce import dml
from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.models import Org, org_of
from sandbox.salesforce.soql.run import run
from sandbox.world import World, open_world
from tests.sandbox.salesforce import requests_grammar, soql_grammar
from tests.sandbox.salesforce.requests_grammar import FIELDS, IDS, METHODS, NAMES, TEXTS, Sent

pytestmark = pytest.mark.long
BASE = requests_grammar.BASE
# The thorough run of a night; the ordinary one takes seconds.
EXAMPLES = int(os.environ.get("SANDBOX_FUZZ_EXAMPLES", "150"))
QUERY_CODES = frozenset(
    "MALFORMED_QUERY INVALID_FIELD INVALID_TYPE INVALID_QUERY_FILTER_OPERATOR NUMBER_OUTSIDE_VALID_RANGE"
    " QUERY_TOO_COMPLICATED".split()
)
CODES = QUERY_CODES | frozenset(
    "INVALID_SESSION_ID INVALID_AUTH_HEADER NOT_FOUND METHOD_NOT_ALLOWED UNSUPPORTED_MEDIA_TYPE JSON_PARSER_ERROR"
    " REQUIRED_FIELD_MISSING INVALID_FIELD_FOR_INSERT_UPDATE STRING_TOO_LONG INVALID_EMAIL_ADDRESS MALFORMED_ID"
    " INVALID_CROSS_REFERENCE_KEY ENTITY_IS_DELETED DUPLICATE_VALUE DUPLICATE_EXTERNAL_ID MISSING_ARGUMENT"
    " FIELD_INTEGRITY_EXCEPTION INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
    " CANNOT_UPDATE_CONVERTED_LEAD EXCEEDED_ID_LIMIT LIMIT_EXCEEDED INVALID_INPUT INVALID_QUERY_LOCATOR"
    " URI_TOO_LONG"
    " INVALIDJOB INVALIDENTITY INVALIDJOBSTATE CLIENTINPUTERROR FEATURENOTENABLED INVALID_REQUEST EXCEEDEDQUOTA"
    " REQUEST_LIMIT_EXCEEDED PROCESSING_HALTED BATCH_PROCESSING_HALTED DUPLICATES_DETECTED"
    " FIELD_CUSTOM_VALIDATION_EXCEPTION ILLEGAL_QUERY_PARAMETER_VALUE INVALID_REPLICATION_DATE INVALID_STATUS"
    " ALL_OR_NONE_OPERATION_ROLLED_BACK".split()
)


def planted() -> World:
    """A world with a few records of each kind."""
    world = open_world()
    org = org_of(world)
    with org.store.transaction():
        call, kinds = org.call(), org.store.schema.types
        lead = dml.create(call, kinds["Lead"], {"LastName": "A", "Company": "B", "Email": "a@x.example"})
        account = dml.create(call, kinds["Account"], {"Name": "Acme"})
        contact = dml.create(call, kinds["Contact"], {"LastName": "C", "AccountId": account})
        deal = {"Name": "D", "StageName": "Prospecting", "CloseDate": "2026-02-01", "AccountId": account}
        dml.create(call, kinds["Opportunity"], deal)
        dml.create(call, kinds["Task"], {"Subject": "Call", "WhoId": lead})
        dml.create(call, kinds["Task"], {"Subject": "Mail", "WhoId": contact, "WhatId": account})
    return world


@pytest.fixture(scope="module")
def org() -> Org:
    return org_of(planted())


def answered(org: Org, statement: str) -> str | None:
    """The code of a refusal, or None; anything else fails the test."""
    try:
        with org.store.transaction():
            json.dumps(run(org.call(), statement, BASE).page(0, 5))
    except ApiError as error:
        return error.code if error.status == 400 else f"{error.code} under status {error.status}"
    return None


@settings(max_examples=EXAMPLES, deadline=None)
@given(soql_grammar.statements())
def test_a_statement_of_the_grammar_is_answered_or_refused_by_a_known_code(org: Org, statement: str) -> None:
    assert answered(org, statement) in {None, *QUERY_CODES}


@settings(max_examples=EXAMPLES, deadline=None)
@given(soql_grammar.damaged())
def test_a_damaged_statement_is_answered_or_refused_by_a_known_code(org: Org, statement: str) -> None:
    assert answered(org, statement) in {None, *QUERY_CODES}


def test_the_grammar_makes_statements_that_are_admitted_too(org: Org) -> None:
    found: list[str | None] = []

    @settings(max_examples=200, deadline=None, database=None, derandomize=True)
    @given(soql_grammar.statements())
    def collect(statement: str) -> None:
        found.append(answered(org, statement))

    collect()
    assert found.count(None) > len(found) * 0.1
    assert {"MALFORMED_QUERY", "INVALID_FIELD"} <= set(found)


# Requests


class Door:
    """Sends requests into the application without a network; an exception inside it is raised here."""

    def __init__(self, runner: asyncio.Runner) -> None:
        self._runner = runner
        transport = httpx.ASGITransport(create_app(planted()), raise_app_exceptions=True)
        headers = {"Authorization": "Bearer 00D000000000001!sandbox.access.token"}
        self._client = httpx.AsyncClient(transport=transport, base_url="http://org.example", headers=headers)

    def request(self, method: str, address: str, **more: Any) -> httpx.Response:
        return self._runner.run(self._client.request(method, address, **more))


@pytest.fixture(scope="module")
def client() -> Iterator[Door]:
    with asyncio.Runner() as runner:
        yield Door(runner)


def check(answer: Any, method: str) -> None:
    """An error is Salesforce's list of messages and codes."""
    assert answer.status_code != 500, answer.text
    if answer.status_code < 400 or method == "HEAD" or not answer.url.path.startswith("/services/data/v"):
        return
    body = answer.json()
    if isinstance(body, dict) and body.get("hasErrors"):
        # A tree says for each reference what is wrong with it.
        assert {error["statusCode"] for result in body["results"] for error in result["errors"]} <= CODES
        return
    for error in body:
        assert {"message", "errorCode"} <= set(error), error
        assert error["errorCode"] in CODES, error


def send(client: Door, sent: Sent, headers: dict[str, str]) -> httpx.Response:
    content = None if sent.method in ("GET", "HEAD", "DELETE") else json.dumps(sent.body)
    kind = {} if content is None else {"Content-Type": "application/json"}
    address = f"{BASE}/{quote(sent.path, safe='/%')}"
    return client.request(
        sent.method, address, params=sent.parameters, content=content, headers={**kind, **headers}
    )


@settings(max_examples=EXAMPLES * 2, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(requests_grammar.REQUESTS, requests_grammar.HEADERS)
def test_any_request_is_answered_in_salesforces_terms(client: Door, sent: Sent, headers: dict[str, str]) -> None:
    check(send(client, sent, headers), sent.method)


def test_the_requests_reach_what_lies_behind_the_door(client: Door) -> None:
    seen: set[tuple[str, int]] = set()

    @settings(max_examples=350, deadline=None, database=None, derandomize=True)
    @given(requests_grammar.REQUESTS)
    def collect(sent: Sent) -> None:
        seen.add((sent.method, send(client, sent, {}).status_code))

    collect()
    assert {("GET", 200), ("POST", 200), ("PATCH", 400), ("GET", 400)} <= seen
    assert seen & {("POST", 201), ("PATCH", 201), ("PATCH", 204)}


@settings(max_examples=EXAMPLES // 2, deadline=None)
@given(requests_grammar.REQUESTS, st.binary(max_size=60), st.sampled_from(["application/json", "text/csv", ""]))
def test_any_bytes_are_refused_or_read(client: Door, sent: Sent, content: bytes, kind: str) -> None:
    address = f"{BASE}/{quote(sent.path, safe='/%')}"
    answer = client.request(sent.method, address, content=content, headers={"Content-Type": kind})
    check(answer, sent.method)


TABLES = st.builds(
    lambda header, rows: "\n".join(",".join(line) for line in [header, *rows]) + "\n",
    st.lists(FIELDS | TEXTS, min_size=1, max_size=3),
    st.lists(st.lists(TEXTS | IDS | st.just("#N/A"), min_size=1, max_size=3), max_size=4),
)


@settings(max_examples=EXAMPLES // 2, deadline=None)
@given(NAMES, st.sampled_from(["insert", "update", "upsert", "delete"]), FIELDS, TABLES | TEXTS)
def test_a_bulk_job_ends_whatever_it_is_fed_with(
    client: Door, kind: str, operation: str, key: str, table: str
) -> None:
    body = {"object": kind, "operation": operation, "externalIdFieldName": key}
    made = client.request("POST", f"{BASE}/jobs/ingest", json=body)
    check(made, "POST")
    if made.status_code != 200:
        return
    job = f"{BASE}/jobs/ingest/{made.json()['id']}"
    assert (
        client.request(
            "PUT", f"{job}/batches", content=table.encode(), headers={"Content-Type": "text/csv"}
        ).status_code
        == 201
    )
    client.request("PATCH", job, json={"state": "UploadComplete"})
    seen = [client.request("GET", job).json() for _ in range(3)]
    assert seen[-1]["state"] in ("JobComplete", "Failed")
    for which in ("successfulResults", "failedResults", "unprocessedRecords"):
        assert client.request("GET", f"{job}/{which}").status_code == 200
    if seen[-1]["state"] == "JobComplete":
        assert seen[-1]["numberRecordsProcessed"] >= seen[-1]["numberRecordsFailed"]


@settings(max_examples=EXAMPLES // 4, deadline=None)
@given(
    st.sampled_from(["token", "introspect", "revoke", "userinfo", "é"]),
    METHODS.filter(lambda method: method in ("GET", "POST")),
    st.dictionaries(
        st.sampled_from("grant_type client_id client_secret username password assertion token".split()),
        TEXTS | st.sampled_from(["client_credentials", "password", "sandbox-client-id", "sandbox-client-secret"]),
        max_size=4,
    ),
)
def test_any_login_is_a_token_or_an_oauth_error(
    client: Door, action: str, method: str, form: dict[str, str]
) -> None:
    parts = {"data": form} if method == "POST" else {"params": form}
    answer = client.request(method, f"/services/oauth2/{quote(action)}", **parts)
    assert answer.status_code < 500
    if answer.status_code >= 400:
        assert {"error", "error_description"} <= set(answer.json())


@settings(max_examples=EXAMPLES // 4, deadline=None)
@given(st.binary(max_size=80) | st.sampled_from([b"<a/>", b"<Envelope><Body><convertLead/></Body></Envelope>"]))
def test_any_soap_body_is_an_answer_or_a_fault(client: Door, content: bytes) -> None:
    answer = client.request("POST", "/services/Soap/u/59.0", content=content, headers={"Content-Type": "text/xml"})
    # A SOAP fault travels under status 500; it must say which.
    assert answer.status_code < 500 or "<faultcode>" in answer.text
    assert "UNKNOWN_EXCEPTION" not in answer.text
