"""Headers, encodings, limits and self-description: what a client meets besides records."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import requests

from tests.sandbox.conftest import Client, Sandbox, running_sandbox

LEAD = {"LastName": "Berg", "Company": "Fjord AS"}


def test_every_answer_tells_the_api_usage(sandbox: Sandbox) -> None:
    assert sandbox.rest("GET", "limits").headers["Sforce-Limit-Info"] == "api-usage=1/100000"
    missing = sandbox.rest("GET", "sobjects/Nothing/describe")
    assert (missing.status_code, missing.headers["Sforce-Limit-Info"]) == (404, "api-usage=2/100000")
    assert sandbox.rest("GET", "limits").json()["DailyApiRequests"] == {"Max": 100000, "Remaining": 99997}


def test_usage_is_forgotten_after_24_hours(sandbox: Sandbox) -> None:
    sandbox.rest("GET", "limits")
    sandbox.post_control("advance", {"hours": 23})
    assert "api-usage=2/" in sandbox.rest("GET", "limits").headers["Sforce-Limit-Info"]
    sandbox.post_control("advance", {"hours": 1})
    assert "api-usage=2/" in sandbox.rest("GET", "limits").headers["Sforce-Limit-Info"]


def test_a_spent_day_is_refused_until_time_has_passed() -> None:
    with running_sandbox("--api-limit", "2") as sandbox:
        for _ in range(2):
            assert sandbox.rest("POST", "sobjects/Lead", json=LEAD).status_code == 201
        refused = sandbox.rest("POST", "sobjects/Lead", json=LEAD)
        assert refused.status_code == 403
        assert refused.json() == [
            {"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}
        ]
        sandbox.post_control("advance", {"hours": 24})
        assert sandbox.rest("POST", "sobjects/Lead", json=LEAD).status_code == 201


def test_bodies_may_come_gzipped_or_in_chunks(sandbox: Sandbox) -> None:
    packed = gzip.compress(b'{"LastName": "A", "Company": "B"}')
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    assert sandbox.rest("POST", "sobjects/Lead", data=packed, headers=headers).status_code == 201

    def chunks() -> Iterator[bytes]:
        yield b'{"LastName": "A",'
        yield b' "Company": "B"}'

    headers = {"Content-Type": "application/json"}
    assert sandbox.rest("POST", "sobjects/Lead", data=chunks(), headers=headers).status_code == 201
    headers["Content-Encoding"] = "gzip"
    assert sandbox.rest("POST", "sobjects/Lead", data=b"no gzip", headers=headers).status_code == 400


def test_long_answers_are_gzipped_when_the_client_takes_it(sandbox: Sandbox) -> None:
    assert sandbox.rest("GET", "sobjects/Lead/describe").headers["Content-Encoding"] == "gzip"
    plain = sandbox.rest("GET", "sobjects/Lead/describe", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers


def test_json_is_indented_on_request(sandbox: Sandbox) -> None:
    assert "\n  " in sandbox.rest("GET", "limits", headers={"X-PrettyPrint": "1"}).text
    assert "\n" not in sandbox.rest("GET", "limits").text


def test_object_names_are_blind_to_case_and_slashes_may_trail(sandbox: Sandbox) -> None:
    record_id = sandbox.rest("POST", "sobjects/lead/", json=LEAD).json()["id"]
    answer = sandbox.rest("GET", f"sobjects/LEAD/{record_id}?fields=lastname,company")
    assert list(answer.json()) == ["attributes", "LastName", "Company"]


def test_a_wrong_method_is_told_the_right_ones(sandbox: Sandbox) -> None:
    answer = sandbox.rest("PUT", "sobjects/Lead/00Q000000000001EAA", json=LEAD)
    message = "HTTP Method 'PUT' not allowed. Allowed are HEAD,GET,PATCH,DELETE"
    assert (answer.status_code, answer.json()[0]["message"]) == (405, message)


def test_a_body_that_is_not_json_is_refused(sandbox: Sandbox) -> None:
    headers = {"Content-Type": "application/json"}
    broken = sandbox.rest("POST", "sobjects/Lead", data="{x", headers=headers)
    assert (broken.status_code, broken.json()[0]["errorCode"]) == (400, "JSON_PARSER_ERROR")
    form = sandbox.rest("POST", "sobjects/Lead", data={"LastName": "A"})
    assert form.status_code == 415


def test_versions_need_no_session(sandbox: Sandbox) -> None:
    versions = requests.get(f"{sandbox.url}/services/data", timeout=30).json()
    assert versions[-1] == {"label": "Winter '27", "url": "/services/data/v68.0", "version": "68.0"}
    labels = {version["version"]: version["label"] for version in versions}
    assert (labels["67.0"], labels["66.0"], labels["65.0"]) == ("Summer '26", "Spring '26", "Winter '26")


def test_describe_tells_what_validation_obeys(sandbox: Sandbox, sf: Client) -> None:
    fields = {field["name"]: field for field in sf.Lead.describe()["fields"]}
    key = fields["Closeloop_Key__c"]
    assert (key["externalId"], key["unique"], key["idLookup"], key["length"]) == (True, True, True, 255)
    assert fields["Email"]["idLookup"] is True
    assert fields["Description"]["filterable"] is False
    assert fields["Status"]["restrictedPicklist"] is False
    assert {"HasOptedOutOfEmail", "DoNotCall", "Closeloop_Do_Not_Contact__c"} <= set(fields)
    required = [
        name
        for name, field in fields.items()
        if field["createable"] and not field["nillable"] and not field["defaultedOnCreate"]
    ]
    assert required == ["LastName", "Company"]
    listed = {kind["name"] for kind in (sf.describe() or {})["sobjects"]}
    assert {"Lead", "Account", "Contact", "Opportunity", "Task", "Event", "ContentVersion"} <= listed


def test_record_counts_leave_out_empty_objects(sandbox: Sandbox, sf: Client) -> None:
    sf.Lead.create(LEAD)
    counts = sandbox.rest("GET", "limits/recordCount?sObjects=Lead,Account").json()
    assert counts == {"sObjects": [{"count": 1, "name": "Lead"}]}
