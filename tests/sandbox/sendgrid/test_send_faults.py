"""Fault scripts against the SendGrid API: what the client meets, what was sent, what the journal tells."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx
import pytest
from python_http_client.exceptions import ForbiddenError, TooManyRequestsError, UnauthorizedError

from tests.sandbox.served import MailSandbox, mail_to

SEND = {"service": "sendgrid", "operation": "send"}


def faults(mail: MailSandbox, *rules: dict[str, Any]) -> None:
    assert mail.post("/_control/faults", {"rules": list(rules), "seed": 3}).status_code == 200


def journal(mail: MailSandbox) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = mail.get("/_control/journal?service=sendgrid").json()
    return listed


def sent(mail: MailSandbox) -> int:
    return sum(len(entry["summary"]["messages"]) for entry in journal(mail))


def post(mail: MailSandbox) -> httpx.Response:
    return mail.post("/v3/mail/send", mail_to("ann@one.example"))


def test_a_429_names_the_second_from_which_it_may_be_tried_again(mail: MailSandbox) -> None:
    faults(mail, {"kind": "busy", "match": SEND, "nth": [1]})
    with pytest.raises(TooManyRequestsError) as refused:
        mail.client().send(mail_to("ann@one.example"))
    assert json.loads(refused.value.body)["errors"][0]["message"] == "too many requests"
    assert refused.value.headers["X-RateLimit-Remaining"] == "0"
    assert refused.value.headers["X-RateLimit-Reset"] == str(1767600060)
    assert sent(mail) == 0
    assert post(mail).status_code == 202


def test_a_key_can_be_refused_once_or_for_good_and_a_scope_be_missing(mail: MailSandbox) -> None:
    once, twice = {"match": SEND, "nth": [1]}, {"match": SEND, "nth": [2]}
    faults(mail, {"kind": "expired_session", **once}, {"kind": "forbidden", **twice})
    with pytest.raises(UnauthorizedError):
        mail.client().send(mail_to("ann@one.example"))
    with pytest.raises(ForbiddenError) as refused:
        mail.client().send(mail_to("ann@one.example"))
    assert json.loads(refused.value.body)["errors"][0]["message"] == "access forbidden"
    assert post(mail).status_code == 202
    faults(mail, {"kind": "revoked_session", "match": SEND, "nth": [1]})
    assert [post(mail).status_code, post(mail).status_code, mail.get("/v3/scopes").status_code] == [401] * 3


@pytest.mark.parametrize("status", [500, 502, 503])
@pytest.mark.parametrize("html", [True, False])
def test_a_broken_server_answers_in_json_or_in_the_html_of_a_proxy(
    mail: MailSandbox, status: int, html: bool
) -> None:
    faults(mail, {"kind": "server_error", "status": status, "html": html, "match": SEND})
    answer = post(mail)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html" if html else "application/json")
    assert "<html>" in answer.text if html else answer.json()["errors"][0]["field"] is None
    (entry,) = journal(mail)
    assert (entry["status"], entry["summary"]["messages"]) == (status, [])
    assert entry["summary"]["fault"] == {"kind": "server_error", "rule": 0, "strike": 1}


def test_a_reset_before_sends_nothing_and_one_after_has_sent(mail: MailSandbox) -> None:
    faults(
        mail,
        {"kind": "reset_before", "match": SEND, "nth": [1]},
        {"kind": "reset_after_commit", "match": SEND, "nth": [2]},
    )
    for count in (0, 1):
        with pytest.raises(httpx.TransportError):
            post(mail)
        assert sent(mail) == count
    assert [entry["summary"]["fault"]["kind"] for entry in journal(mail)] == ["reset_before", "reset_after_commit"]
    assert [entry["status"] for entry in journal(mail)] == [0, 202]


def test_a_slow_answer_has_sent_when_the_client_gives_up(mail: MailSandbox) -> None:
    faults(mail, {"kind": "slow", "seconds": 0.6, "match": SEND})
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{mail.url}/v3/mail/send", json=mail_to("a@b.example"), headers=mail.key_header(), timeout=0.2)
    began = time.monotonic()
    assert post(mail).status_code == 202
    assert time.monotonic() - began >= 0.6
    assert sent(mail) == 2


def test_half_a_body_of_a_read_back(mail: MailSandbox) -> None:
    faults(mail, {"kind": "cut_body", "match": {"operation": "read_back"}})
    with pytest.raises(httpx.RemoteProtocolError):
        mail.get("/v3/messages?limit=10")
    faults(mail, {"kind": "cut_body", "declared": "half", "match": {"operation": "read_back"}})
    with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
        mail.get("/v3/messages?limit=10").json()
    assert [entry["path"] for entry in journal(mail)] == ["/v3/messages"] * 2


def test_an_empty_202_that_is_cut_is_a_reset_and_has_sent(mail: MailSandbox) -> None:
    faults(mail, {"kind": "cut_body", "match": {"path": "^/v3/mail/send$"}, "nth": [1]})
    with pytest.raises(httpx.TransportError):
        post(mail)
    assert sent(mail) == 1


@pytest.mark.parametrize("match", [{}, {"method": "POST"}, {"service": "salesforce"}, {"operation": "create"}])
def test_a_script_that_does_not_speak_of_mail_troubles_no_mail(mail: MailSandbox, match: dict[str, str]) -> None:
    faults(mail, {"kind": "server_error", "match": match})
    assert post(mail).status_code == 202


@pytest.mark.parametrize(
    ("path", "operation"),
    [
        ("/v3/scopes", "configure"),
        ("/v3/suppression/bounces", "suppress"),
        ("/v3/asm/groups", "suppress"),
        ("/v3/user/scheduled_sends", "schedule"),
        ("/v3/messages", "read_back"),
    ],
)
def test_each_path_has_its_operation(mail: MailSandbox, path: str, operation: str) -> None:
    faults(mail, {"kind": "forbidden", "match": {"service": "sendgrid", "operation": operation}})
    assert mail.get(path).status_code == 403


@pytest.mark.parametrize(
    ("rule", "hint"),
    [
        ({"kind": "busy", "match": {"service": "pigeon"}}, "match.service must be one of"),
        ({"kind": "duplicate_delivery", "copies": 0}, "copies must be a whole number from 1"),
        ({"kind": "duplicate_delivery", "copies": 51}, "to 50"),
        ({"kind": "late_delivery", "seconds": -1}, "from 0 to 2592000"),
        ({"kind": "duplicate_delivery", "fresh_ids": 1}, "true or false"),
    ],
)
def test_a_rule_that_means_nothing_is_refused(mail: MailSandbox, rule: dict[str, Any], hint: str) -> None:
    answer = mail.post("/_control/faults", {"rules": [rule]})
    assert (answer.status_code, hint in answer.json()["error"]) == (400, True)
