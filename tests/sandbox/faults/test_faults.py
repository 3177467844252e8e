"""Fault scripts over real HTTP: what the client meets, what the org did, what the journal tells."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests
from simple_salesforce.exceptions import SalesforceExpiredSession

from tests.sandbox.conftest import Client, Sandbox
from tests.sandbox.served import MailSandbox, Receiver

LEAD = {"LastName": "Berg", "Company": "Fjord AS"}


def script(sandbox: Sandbox, *rules: dict[str, Any], seed: int = 1) -> None:
    sandbox.post_control("faults", {"rules": list(rules), "seed": seed})


def counts(sandbox: Sandbox) -> list[tuple[int, int]]:
    report = requests.get(f"{sandbox.control}/faults", timeout=10).json()
    return [(rule["matched"], rule["struck"]) for rule in report["rules"]]


def leads(sandbox: Sandbox) -> int:
    answer = sandbox.rest("GET", "query?q=SELECT COUNT() FROM Lead")
    return int(answer.json()["totalSize"])


def struck(sandbox: Sandbox) -> list[dict[str, Any]]:
    return [entry for entry in sandbox.journal("salesforce") if "fault" in entry["summary"]]


def test_a_reset_after_the_commit_leaves_the_record_and_no_answer(sandbox: Sandbox) -> None:
    script(sandbox, {"kind": "reset_after_commit", "match": {"object": "lead", "operation": "create"}, "nth": [1]})
    with pytest.raises(requests.ConnectionError):
        sandbox.rest("POST", "sobjects/Lead", json=LEAD)
    assert leads(sandbox) == 1
    (entry,) = struck(sandbox)
    assert entry["summary"]["fault"] == {"kind": "reset_after_commit", "rule": 0, "strike": 1}
    assert (entry["status"], entry["summary"]["operations"][0]["success"]) == (201, True)


def test_a_reset_before_leaves_nothing(sandbox: Sandbox) -> None:
    script(sandbox, {"kind": "reset_before", "match": {"path": "/sobjects/Lead$"}, "times": 1})
    with pytest.raises(requests.ConnectionError):
        sandbox.rest("POST", "sobjects/Lead", json=LEAD)
    assert leads(sandbox) == 0
    (entry,) = struck(sandbox)
    assert (entry["status"], entry["summary"]["calls"], entry["summary"]["operations"]) == (0, 0, [])


@pytest.mark.parametrize("declared", ["whole", "half"])
def test_half_a_body_comes_of_a_call_that_was_carried_out(sandbox: Sandbox, declared: str) -> None:
    script(sandbox, {"kind": "cut_body", "declared": declared, "match": {"method": "POST"}})
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError, ValueError)):
        sandbox.rest("POST", "sobjects/Lead", json=LEAD).json()
    assert leads(sandbox) == 1


def test_half_a_long_packed_body_is_half_of_its_text(sandbox: Sandbox) -> None:
    script(sandbox, {"kind": "cut_body", "declared": "half", "match": {"operation": "describe"}})
    answer = sandbox.rest("GET", "sobjects/Lead/describe")
    assert answer.status_code == 200
    assert answer.text.startswith('{"name":')
    assert not answer.text.endswith("}")


@pytest.mark.parametrize(
    ("rule", "status", "code"),
    [
        ({"kind": "server_error"}, 500, "UNKNOWN_EXCEPTION"),
        ({"kind": "server_error", "status": 503}, 503, "SERVER_UNAVAILABLE"),
        ({"kind": "daily_limit"}, 403, "REQUEST_LIMIT_EXCEEDED"),
        ({"kind": "lock"}, 500, "UNABLE_TO_LOCK_ROW"),
        ({"kind": "lock", "status": 400}, 400, "UNABLE_TO_LOCK_ROW"),
        ({"kind": "expired_session"}, 401, "INVALID_SESSION_ID"),
    ],
)
def test_an_error_answer_has_the_orgs_shape_and_its_limit_header(
    sandbox: Sandbox, rule: dict[str, Any], status: int, code: str
) -> None:
    script(sandbox, {**rule, "nth": [1]})
    answer = sandbox.rest("POST", "sobjects/Lead", json=LEAD)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (status, code)
    assert answer.headers["Sforce-Limit-Info"].startswith("api-usage=")
    assert sandbox.rest("POST", "sobjects/Lead", json=LEAD).status_code == 201
    assert leads(sandbox) == 1
    assert counts(sandbox)[0][1] == 1


def test_the_servers_in_front_answer_in_html(sandbox: Sandbox) -> None:
    script(
        sandbox,
        {"kind": "server_error", "status": 502, "html": True, "nth": [1]},
        {"kind": "busy", "nth": [2]},
        {"kind": "busy", "status": 420, "nth": [3]},
    )
    answers = [sandbox.rest("GET", "limits") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [502, 429, 420, 200]
    assert all(answer.headers["Content-Type"].startswith("text/html") for answer in answers[:3])
    assert "Bad Gateway" in answers[0].text
    assert [entry["status"] for entry in struck(sandbox)] == [502, 429, 420]


def test_an_expired_session_ends_and_a_new_login_helps(sandbox: Sandbox) -> None:
    known = sandbox.salesforce
    client = sandbox.client(
        consumer_key=known["client_id"], consumer_secret=known["client_secret"], domain="acme.my"
    )
    first = client.session_id
    script(sandbox, {"kind": "expired_session", "match": {"operation": "query"}, "nth": [1]})
    assert client.query("SELECT COUNT() FROM Lead")["totalSize"] == 0
    assert client.session_id != first
    assert sandbox.rest("GET", "limits", headers={"Authorization": f"Bearer {first}"}).status_code == 401


def test_a_revoked_session_stays_revoked_whatever_the_client_logs_in_as(sandbox: Sandbox) -> None:
    known = sandbox.salesforce
    client = sandbox.client(
        consumer_key=known["client_id"], consumer_secret=known["client_secret"], domain="acme.my"
    )
    script(sandbox, {"kind": "revoked_session", "match": {"operation": "query"}, "nth": [2]})
    client.query("SELECT COUNT() FROM Lead")
    with pytest.raises(SalesforceExpiredSession):
        client.query("SELECT COUNT() FROM Lead")
    assert sandbox.rest("GET", "limits").status_code == 401
    requests.delete(f"{sandbox.control}/faults", timeout=10)
    assert sandbox.rest("GET", "limits").status_code == 200


def test_single_records_of_a_collection_are_locked_and_the_others_written(sandbox: Sandbox) -> None:
    script(sandbox, {"kind": "lock", "per": "record", "match": {"object": "Lead"}, "nth": [2]})
    records = [{"attributes": {"type": "Lead"}, **LEAD, "LastName": name} for name in "ABC"]
    answer = sandbox.rest("POST", "composite/sobjects", json={"records": records}).json()
    assert [each["success"] for each in answer] == [True, False, True]
    assert answer[1]["errors"][0]["statusCode"] == "UNABLE_TO_LOCK_ROW"
    assert leads(sandbox) == 2
    (entry,) = [each for each in sandbox.journal("salesforce") if "record_faults" in each["summary"]]
    (fault,) = entry["summary"]["record_faults"]
    assert (fault["kind"], fault["object"], fault["operation"]) == ("lock", "Lead", "create")


def test_a_held_account_locks_what_hangs_on_it_too(sandbox: Sandbox, sf: Client) -> None:
    held, free = (sf.Account.create({"Name": name})["id"] for name in ("Held", "Free"))
    script(sandbox, {"kind": "lock", "per": "record", "match": {"record": held[:15]}})
    records = [{"attributes": {"type": "Contact"}, "LastName": "A", "AccountId": each} for each in (held, free)]
    answer = sandbox.rest("POST", "composite/sobjects", json={"records": records}).json()
    assert [each["success"] for each in answer] == [False, True]
    message = answer[0]["errors"][0]["message"]
    assert message == f"unable to obtain exclusive access to this record or 1 records: {held}"
    assert sandbox.rest("PATCH", f"sobjects/Account/{held}", json={"Site": "x"}).status_code == 500
    assert sandbox.rest("PATCH", f"sobjects/Account/{free}", json={"Site": "x"}).status_code == 204


def test_rows_of_a_bulk_job_are_locked_one_by_one(sandbox: Sandbox) -> None:
    script(sandbox, {"kind": "lock", "per": "record", "nth": [1]})
    job = {"object": "Lead", "operation": "insert", "contentType": "CSV", "lineEnding": "LF"}
    job_id = sandbox.rest("POST", "jobs/ingest", json=job).json()["id"]
    csv = "LastName,Company\nA,Fjord\nB,Fjord\n"
    sandbox.rest("PUT", f"jobs/ingest/{job_id}/batches", data=csv, headers={"Content-Type": "text/csv"})
    sandbox.rest("PATCH", f"jobs/ingest/{job_id}", json={"state": "UploadComplete"})
    for _ in range(3):
        sandbox.rest("GET", f"jobs/ingest/{job_id}")
    assert "UNABLE_TO_LOCK_ROW" in sandbox.rest("GET", f"jobs/ingest/{job_id}/failedResults").text
    assert leads(sandbox) == 1
    assert any("record_faults" in entry["summary"] for entry in sandbox.journal("salesforce"))


def test_a_stale_cursor_is_gone_for_good(sandbox: Sandbox) -> None:
    records = [{"attributes": {"type": "Lead"}, **LEAD} for _ in range(200)]
    for _ in range(2):
        sandbox.rest("POST", "composite/sobjects", json={"records": records})
    headers = {"Sforce-Query-Options": "batchSize=200"}
    script(sandbox, {"kind": "stale_cursor", "nth": [1]})
    page = sandbox.rest("GET", "query?q=SELECT Id FROM Lead", headers=headers).json()
    more = page["nextRecordsUrl"].partition("v66.0/")[2]
    for _ in range(2):
        answer = sandbox.rest("GET", more)
        assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_QUERY_LOCATOR")
    assert counts(sandbox) == [(2, 1)]


def test_a_composite_is_matched_by_what_its_parts_do(sandbox: Sandbox) -> None:
    script(sandbox, {"kind": "server_error", "match": {"operation": "upsert", "object": "Contact"}})

    def composite(name: str) -> int:
        body = {"records": [{"attributes": {"type": name}, "Email": "a@b.example"}]}
        part = {"method": "PATCH", "url": f"/services/data/v66.0/composite/sobjects/{name}/Email"}
        request = {"compositeRequest": [{**part, "referenceId": "a", "body": body}]}
        return sandbox.rest("POST", "composite", json=request).status_code

    assert (composite("Lead"), composite("Contact")) == (200, 500)
    assert counts(sandbox) == [(1, 1)]


def test_a_login_can_fail_and_the_answer_has_oauths_shape(sandbox: Sandbox) -> None:
    script(sandbox, {"kind": "server_error", "status": 503, "match": {"operation": "token"}})
    form = {"grant_type": "client_credentials"}
    answer = requests.post(f"{sandbox.url}/services/oauth2/token", data=form, timeout=10)
    assert (answer.status_code, answer.json()["error"]) == (503, "server_error")
    assert struck(sandbox)[0]["path"] == "/services/oauth2/token"


def test_a_conversion_can_be_struck_over_soap(sandbox: Sandbox) -> None:
    script(sandbox, {"kind": "lock", "match": {"operation": "convert"}})
    answer = sandbox.convert("00Q000000000001EAA")
    assert answer.status_code == 500
    assert "<sf:exceptionCode>UNABLE_TO_LOCK_ROW</sf:exceptionCode>" in answer.text
    assert "<current>1</current><limit>100000</limit>" in answer.text


@pytest.mark.parametrize("body", [True, False])
def test_a_slow_answer_outlasts_an_impatient_client_and_is_carried_out(sandbox: Sandbox, body: bool) -> None:
    script(sandbox, {"kind": "slow", "seconds": 0.6, "body": body, "match": {"method": "POST"}})
    url = f"{sandbox.url}/services/data/v66.0/sobjects/Lead"
    headers = {"Authorization": f"Bearer {sandbox.salesforce['access_token']}"}
    with pytest.raises((requests.Timeout, requests.ConnectionError)):
        requests.post(url, json=LEAD, headers=headers, timeout=0.2)
    began = time.monotonic()
    assert sandbox.rest("POST", "sobjects/Lead", json=LEAD).status_code == 201
    assert time.monotonic() - began >= 0.6
    assert leads(sandbox) == 2


def test_the_same_seed_strikes_the_same_calls_and_another_one_others(sandbox: Sandbox) -> None:
    def statuses(seed: int) -> list[int]:
        script(sandbox, {"kind": "server_error", "probability": 0.3}, seed=seed)
        return [sandbox.rest("GET", "limits").status_code for _ in range(40)]

    first, again, other = statuses(1), statuses(1), statuses(2)
    assert first == again != other
    assert 3 < first.count(500) < 25


def test_every_rule_counts_and_the_first_one_strikes(sandbox: Sandbox) -> None:
    script(
        sandbox,
        {"kind": "server_error", "nth": [1, 3]},
        {"kind": "busy", "times": 1},
        {"kind": "lock", "match": {"object": "Account"}},
    )
    statuses = [sandbox.rest("GET", "limits").status_code for _ in range(4)]
    assert statuses == [500, 429, 500, 200]
    assert counts(sandbox) == [(4, 2), (4, 1), (0, 0)]


def test_a_reset_of_the_sandbox_ends_the_script(sandbox: Sandbox) -> None:
    script(sandbox, {"kind": "server_error"})
    sandbox.post_control("reset")
    assert counts(sandbox) == []
    assert sandbox.rest("GET", "limits").status_code == 200


@pytest.mark.parametrize(
    ("rule", "hint"),
    [
        ({"kind": "earthquake"}, "kind must be one of"),
        ({"kind": "lock", "nth": [0]}, "counted from 1"),
        ({"kind": "lock", "probability": 2}, "from 0 to 1"),
        ({"kind": "lock", "nth": [1], "probability": 0.5}, "not both"),
        ({"kind": "lock", "times": 0}, "whole number from 1"),
        ({"kind": "lock", "per": "galaxy"}, "one of call, record"),
        ({"kind": "slow", "seconds": 9999}, "from 0 to 600"),
        ({"kind": "busy", "html": True}, "knows no 'html'"),
        ({"kind": "busy", "match": {"path": "("}}, "regular expression"),
        ({"kind": "busy", "match": {"operation": "dance"}}, "match.operation"),
        ({"kind": "busy", "match": {"colour": "red"}}, "match is an object"),
        ("busy", "a rule is an object"),
    ],
)
def test_a_rule_that_means_nothing_is_refused_and_the_script_before_stays(
    sandbox: Sandbox, rule: Any, hint: str
) -> None:
    script(sandbox, {"kind": "busy", "nth": [99]})
    answer = requests.post(f"{sandbox.control}/faults", json={"rules": [{"kind": "busy"}, rule]}, timeout=10)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("rules[1]: ")
    assert hint in answer.json()["error"]
    assert len(counts(sandbox)) == 1


def test_a_webhook_delivery_can_come_twice(mail: MailSandbox, receiver: Receiver) -> None:
    rule = {"kind": "duplicate_delivery", "match": {"path": "^/events$"}, "nth": [1]}
    assert mail.post("/_control/faults", {"rules": [rule]}).status_code == 200
    mail.send("ann@one.example")
    mail.advance(1)
    mail.advance(24 * 7)
    assert receiver.event_bodies[0] == receiver.event_bodies[1]
    assert len(set(receiver.event_bodies)) == len(receiver.event_bodies) - 1
    (entry,) = mail.get("/_control/journal?service=webhooks").json()
    assert (entry["status"], entry["summary"]["fault"]["kind"]) == (204, "duplicate_delivery")
