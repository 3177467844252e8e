"""What the tests hold the Activity and Logs APIs to: the documented filters, and being a little late."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.sendgrid.readback.filters import ACTIVITY_STATUS, compiled
from sandbox.sendgrid.readback.query import QueryError, parse
from sandbox.sendgrid.readback.rows import found
from sandbox.sendgrid.tables import open_tables
from sandbox.world import open_world
from tests.sandbox.mail_fixtures import address_of
from tests.sandbox.served import MailSandbox

MESSAGE = {
    "from_email",
    "msg_id",
    "subject",
    "to_email",
    "status",
    "opens_count",
    "clicks_count",
    "last_event_time",
}


def search(mail: MailSandbox, query: str, limit: int = 10) -> list[dict[str, Any]]:
    answer = mail.client().client.messages.get(query_params={"query": query, "limit": limit})
    listed: list[dict[str, Any]] = json.loads(answer.body)["messages"]
    return listed


def logged(mail: MailSandbox, query: str, **more: Any) -> httpx.Response:
    return mail.post("/v3/logs", {"query": query, **more})


def to_whom(messages: list[dict[str, Any]]) -> list[str]:
    return sorted(message["to_email"] for message in messages)


def test_a_mail_is_found_by_its_own_argument_a_minute_after_it_left(mail: MailSandbox) -> None:
    answer = mail.send("ann@one.example", "bob@two.example")
    query = "unique_args['action_key']=\"approach:ann@one.example\""
    assert search(mail, query) == []
    mail.advance(2 / 60)
    (found,) = search(mail, query)
    assert set(found) == MESSAGE
    assert (found["to_email"], found["status"]) == ("ann@one.example", "delivered")
    assert found["msg_id"].split(".")[0] == answer.headers["X-Message-Id"]
    assert found["last_event_time"].startswith("2026-01-05T08:00:0")


def test_the_delay_and_the_switches_are_turned_by_the_control_plane(mail: MailSandbox) -> None:
    mail.send("ann@one.example")
    mail.advance(0)
    assert mail.post("/_control/sendgrid", {"readback_delay_seconds": 0}).json()["readback_delay_seconds"] == 0
    assert to_whom(search(mail, 'to_email="ann@one.example"')) == ["ann@one.example"]
    assert "email_activity.read" in mail.get("/v3/scopes").json()["scopes"]
    mail.post("/_control/sendgrid", {"activity": False, "logs": False})
    for answer in (mail.get("/v3/messages?limit=1"), mail.get("/v3/messages/x"), logged(mail, "")):
        assert (answer.status_code, answer.json()["errors"][0]["message"]) == (403, "access forbidden")
    assert "email_activity.read" not in mail.get("/v3/scopes").json()["scopes"]


@pytest.mark.parametrize(
    ("switch", "hint"),
    [
        ({"activty": True}, "unknown field 'activty'"),
        ({"activity": 1}, "true or false"),
        ({"scanners": 2}, "share from 0 to 1"),
        ({"readback_delay_seconds": -1}, "whole number from 0"),
        ({"readback_delay_seconds": None}, "whole number from 0"),
    ],
)
def test_a_switch_that_cannot_be_turned_so_is_refused(mail: MailSandbox, switch: Any, hint: str) -> None:
    before = mail.get("/_control/sendgrid").json()
    answer = mail.post("/_control/sendgrid", switch)
    assert (answer.status_code, hint in answer.json()["error"]) == (400, True)
    assert mail.get("/_control/sendgrid").json() == before


def test_a_limit_per_minute_answers_429_until_the_minute_is_over(mail: MailSandbox) -> None:
    mail.post("/_control/sendgrid", {"readback_per_minute": 2})
    answers = [mail.get("/v3/messages?limit=1") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].headers["X-RateLimit-Remaining"] == "0"
    reset = int(answers[2].headers["X-RateLimit-Reset"])
    assert reset == 1767600060
    assert answers[2].json()["errors"][0]["message"] == "too many requests"
    mail.advance(1 / 60)
    assert logged(mail, "").status_code == 200


ANN, BOB, DEAD = "ann@one.example", "bob@two.example", address_of("dead_address")
QUERIES = [
    ('status="delivered"', [ANN, BOB]),
    ('status = "not_delivered"', [DEAD]),
    (f'status="delivered" AND to_email="{ANN.upper()}"', [ANN]),
    (f'NOT to_email="{ANN}"', [BOB, DEAD]),
    (f"to_email IN ('{ANN}', '{DEAD}')", [ANN, DEAD]),
    (f"to_email NOT IN ('{ANN}', '{DEAD}')", [BOB]),
    (f'(to_email="{ANN}" OR to_email="{BOB}") AND NOT (status="processed")', [ANN, BOB]),
    ("subject LIKE 'An idea%'", [ANN, BOB, DEAD]),
    ('subject LIKE "Other"', []),
    ('unique_args="approach:ann@one.example"', [ANN]),
    ("unique_args['action_key'] LIKE 'approach:bob%'", [BOB]),
    ("unique_args['other'] IS NULL", sorted([ANN, BOB, DEAD])),
    ("unique_args['action_key'] IS NOT NULL", sorted([ANN, BOB, DEAD])),
    ('Contains(categories,"approach")', sorted([ANN, BOB, DEAD])),
    ('categories="closing"', []),
    ('Contains(events,"bounced")', [DEAD]),
    ('events CONTAINS "delivered"', [ANN, BOB]),
    ('from_email="nora@seller.example" AND clicks="0"', sorted([ANN, BOB, DEAD])),
    (
        'last_event_time BETWEEN TIMESTAMP "2026-01-05T00:00:00.000Z" AND TIMESTAMP "2026-01-06 00:00:00"',
        sorted([ANN, BOB, DEAD]),
    ),
    ('last_event_time > TIMESTAMP "2026-01-06T00:00:00Z"', []),
    ('template_id="x"', []),
    ("unsubscribe_group_id IS NULL", sorted([ANN, BOB, DEAD])),
]


@pytest.mark.parametrize(("query", "expected"), QUERIES, ids=[query for query, _ in QUERIES])
def test_the_documented_query_forms_find_the_right_mails(
    mail: MailSandbox, query: str, expected: list[str]
) -> None:
    mail.send(ANN, BOB, DEAD)
    mail.advance(0.1)
    assert to_whom(search(mail, query)) == sorted(expected)


def test_all_mails_of_a_request_are_found_by_its_message_id(mail: MailSandbox) -> None:
    first = mail.send(ANN, BOB).headers["X-Message-Id"]
    mail.send(ANN)
    mail.advance(0.1)
    assert to_whom(search(mail, f"msg_id LIKE '{first}%'")) == [ANN, BOB]
    assert len(search(mail, 'status="delivered"', limit=2)) == 2


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ('bad_field="x"', "invalid syntax: 'bad_field' is not a known field"),
        ('to_email="x', "invalid syntax: unexpected"),
        ("to_email", "invalid syntax: expected an operator after 'to_email'"),
        ("to_email=", "invalid syntax: expected a value in quotes"),
        ('to_email="a" AND', "invalid syntax: expected a field"),
        ('to_email="a" to_email="b"', "invalid syntax: unexpected 'to_email'"),
        ('last_event_time > TIMESTAMP "soon"', "invalid syntax: 'soon' is not a timestamp"),
        ("(" * 100 + 'to_email="a"', "invalid syntax: nested too deeply"),
        ('clicks="many"', "invalid syntax: 'many' is not a number"),
    ],
)
def test_a_query_that_means_nothing_is_refused_in_the_apis_words(
    mail: MailSandbox, query: str, message: str
) -> None:
    answer = httpx.get(f"{mail.url}/v3/messages", params={"query": query}, headers=mail.key_header())
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["message"].startswith(message)


@pytest.mark.parametrize("limit", ["0", "1001", "ten", "-1", "９"])
def test_a_limit_outside_the_documented_range_is_refused(mail: MailSandbox, limit: str) -> None:
    answer = httpx.get(f"{mail.url}/v3/messages", params={"limit": limit}, headers=mail.key_header())
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "limit")


def test_one_message_shows_its_events_and_its_arguments_as_a_string(mail: MailSandbox) -> None:
    mail.send(DEAD)
    mail.advance(0.1)
    (line,) = search(mail, f'to_email="{DEAD}"')
    whole = json.loads(mail.client().client.messages._(line["msg_id"]).get().body)
    assert json.loads(whole["unique_args"]) == {"action_key": f"approach:{DEAD}"}
    assert [event["event_name"] for event in whole["events"]] == ["processed", "bounced"]
    assert whole["events"][1]["bounce_type"] == "hard"
    assert whole["status"] == "not_delivered"
    assert mail.get("/v3/messages/nothing.0").status_code == 404


def test_the_logs_find_by_address_and_time_and_keep_the_arguments_apart(mail: MailSandbox) -> None:
    block = {"to": [{"email": ANN}], "custom_args": {"action_key": "k1", "event": "mine"}}
    x_message_id = mail.send(personalizations=[block]).headers["X-Message-Id"]
    mail.send(BOB)
    mail.advance(0.1)
    query = f"to_email = '{ANN}' AND sg_message_id_created_at >= TIMESTAMP \"2026-01-05T08:00:00Z\""
    (line,) = logged(mail, query).json()["messages"]
    assert line["status"] == "delivered"
    assert line["reason"].startswith("250 ")
    whole = mail.get(f"/v3/logs/{line['sg_message_id']}").json()
    assert whole["custom_args"] == {"action_key": "k1", "event": "mine"}
    assert [event["event"] for event in whole["events"]] == ["received", "processed", "delivered"]
    assert (whole["events"][0]["recv_msgid"], whole["events"][0]["recipient_count"]) == (x_message_id, 1)
    assert whole["events"][0]["size"] > 300
    assert "action_key" not in whole["events"][1]
    assert whole["events"][1]["custom_args"]["action_key"] == "k1"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("status IN ('delivered', 'processed')", [ANN]),
        ("status IN ('bounced')", [DEAD]),
        ("categories IN ('closeloop')", sorted([ANN, DEAD])),
        ("subject = 'An idea for your warehouse'", sorted([ANN, DEAD])),
        ('sg_message_id_created_at < TIMESTAMP "2025-01-01T00:00:00Z"', []),
    ],
)
def test_the_documented_filters_of_the_logs(mail: MailSandbox, query: str, expected: list[str]) -> None:
    mail.send(ANN, DEAD)
    mail.advance(0.1)
    assert to_whom(logged(mail, query).json()["messages"]) == expected


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("status = 'delivered'", "by IN only"),
        (f"to_email = '{ANN}' OR to_email = '{BOB}'", "AND only"),
        ("unique_args['action_key'] = 'k1'", "'unique_args' is not a known field"),
        (f"(to_email = '{ANN}') AND (status IN ('a') AND reason = 'b')", "AND only"),
        (f"NOT to_email = '{ANN}'", "AND only"),
    ],
)
def test_the_logs_know_fewer_filters_than_activity(mail: MailSandbox, query: str, words: str) -> None:
    answer = logged(mail, query)
    assert (answer.status_code, words in answer.json()["errors"][0]["message"]) == (400, True)


@pytest.mark.parametrize("body", [[], {"query": 5}, {"limit": 0}, {"limit": True}, {"limit": "10"}])
def test_a_log_search_of_the_wrong_shape_is_refused(mail: MailSandbox, body: Any) -> None:
    assert mail.post("/v3/logs", body).status_code == 400


WORDS = st.sampled_from(
    "to_email status subject unique_args events clicks last_event_time AND OR NOT IN LIKE BETWEEN IS NULL CONTAINS"
    ' TIMESTAMP ( ) [ ] , = != < > <= >= "a" \'b\' "2026-01-05" 7 -1.5 \''.split()
)


EMPTY = open_world()
open_tables(EMPTY)


@settings(max_examples=300, deadline=None)
@given(st.lists(WORDS, max_size=12).map(" ".join) | st.text(max_size=30))
def test_any_text_is_a_query_or_is_refused(text: str) -> None:
    try:
        where = compiled(parse(text), ACTIVITY_STATUS)
    except QueryError:
        return
    assert found(EMPTY, where, ACTIVITY_STATUS, 5) == []
