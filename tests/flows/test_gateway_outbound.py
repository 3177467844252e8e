"""Salesforce's outbound messages: acknowledged when stored and only then, whoever sends them how often."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime

import httpx
import pytest
from starlette.applications import Starlette

from closeloop.domain.crm_events import ChangeKind, CrmEvent
from closeloop.domain.errors import CrmUnavailable
from closeloop.domain.signals import SignalKind
from flows.gateway.app import create_app
from flows.gateway.pace import Pace
from flows.gateway.salesforce import BODY_LIMIT, OutboundMessages
from tests.flows.door import TOKEN, Door, event
from tests.flows.outbound import message, notification
from tests.unit.domain.people import NOW

LEAD = "00Q000000000007EAA"


def post(door: Door, body: bytes, token: str = TOKEN) -> httpx.Response:
    return door.http.post(f"/salesforce/outbound/{token}", content=body, headers={"SOAPAction": '""'})


def stored(door: Door) -> list[CrmEvent]:
    return door.ledger.waiting_crm_events(1000)


def test_a_message_is_stored_and_acknowledged(door: Door) -> None:
    values = {
        "SystemModstamp": "2026-01-05T08:00:00.000Z",
        "LastModifiedById": "005000000000002EAA",
        "Email": "a@b",
    }
    answer = post(door, message([notification(1, LEAD[:15], values=values)]))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/xml; charset=utf-8")
    assert "<Ack>true</Ack>" in answer.text
    (found,) = stored(door)
    assert (found.object, found.record_id, found.change) == ("Lead", LEAD, ChangeKind.UPDATE)
    assert found.occurred_at == datetime(2026, 1, 5, 8, tzinfo=UTC)
    assert found.changed_by == "005000000000002EAA"
    assert "a@b" not in found.model_dump_json()


def test_a_message_that_does_not_date_itself_counts_from_now(door: Door) -> None:
    post(door, message([notification(1, LEAD)]))
    assert stored(door)[0].occurred_at == NOW


def test_a_duplicate_is_acknowledged_and_stored_once(door: Door) -> None:
    body = message([notification(n, LEAD) for n in range(100)])
    assert [post(door, body).status_code for _ in range(3)] == [200, 200, 200]
    assert len(stored(door)) == 100


def test_a_wrong_token_is_an_address_that_does_not_exist(door: Door) -> None:
    assert post(door, message([notification(1, LEAD)]), TOKEN + "x").status_code == 404
    assert stored(door) == []


def test_another_orgs_message_is_refused(door: Door) -> None:
    answer = post(door, message([notification(1, LEAD)], org="00D000000000009EAA"))
    assert answer.status_code == 403
    assert stored(door) == []


def test_without_knowing_our_org_nothing_is_acknowledged(door: Door) -> None:
    door.company.crm.down = CrmUnavailable("away")
    assert post(door, message([notification(1, LEAD)])).status_code == 503
    door.company.crm.down = None
    assert post(door, message([notification(1, LEAD)])).status_code == 200


def test_while_the_ledger_is_locked_nothing_is_acknowledged(door: Door) -> None:
    with sqlite3.connect(door.ledger_file) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert post(door, message([notification(1, LEAD)])).status_code == 503
        other.rollback()
    other.close()
    assert post(door, message([notification(1, LEAD)])).status_code == 200


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"no xml", "is not XML"),
        (b"", "is not XML"),
        (b'<!DOCTYPE x [<!ENTITY e "boom">]><x>&e;</x>', "document types and entities are refused"),
        (b'<!DOCTYPE x SYSTEM "http://127.0.0.1/x"><x/>', "document types and entities are refused"),
        (b"<x/>", "no <notifications>"),
        (message([]), "1 to 100 notifications, this one 0"),
        (message([notification(n, LEAD) for n in range(101)]), "this one 101"),
        (message([notification(1, "")]), "names no record"),
        (message(["<Notification><Id>04l000000000001AAA</Id></Notification>"]), "no Id or no sObject"),
    ],
)
def test_what_is_no_message_is_refused_with_the_reason(door: Door, body: bytes, words: str) -> None:
    answer = post(door, body)
    assert answer.status_code == 400
    assert words in answer.text
    assert stored(door) == []


def test_a_bomb_of_entities_is_refused_before_it_unfolds(door: Door) -> None:
    lines = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<!DOCTYPE x [<!ENTITY a0 "ha">{lines}]><x>&a11;</x>'
    assert post(door, bomb.encode()).status_code == 400


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_beyond_the_limit_is_refused_also_without_a_length(door: Door, chunked: bool) -> None:
    long = b" " * (BODY_LIMIT + 1)
    answer = door.http.post(f"/salesforce/outbound/{TOKEN}", content=iter([long]) if chunked else long)
    assert answer.status_code == 413


def test_who_knocks_too_often_is_told_when_to_come_again(door: Door, gateway: tuple[Starlette, str]) -> None:
    slow = OutboundMessages(door.company.services, TOKEN, lambda: None, Pace(2, 0.1))
    gateway[0].router.routes = list(slow.routes())
    body = message([notification(1, LEAD)])
    answers = [post(door, body) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 9 <= int(answers[2].headers["retry-after"]) <= 10


def test_only_something_new_wakes_the_dispatcher(door: Door, gateway: tuple[Starlette, str]) -> None:
    woken: list[bool] = []
    app = create_app(door.company.services, TOKEN, stored=lambda: woken.append(True))
    gateway[0].router.routes = app.routes
    for _ in range(3):
        post(door, message([notification(1, LEAD)]))
    assert woken == [True]


def test_a_reply_asks_for_a_run_and_a_delivery_does_not(door: Door) -> None:
    person = door.prospect()
    door.events([event()])
    assert stored(door) == []
    door.inbound(door.reply(person))
    assert {signal.kind for signal in door.stored()} == {SignalKind.DELIVERED, SignalKind.REPLY}
    (asked,) = stored(door)
    assert (asked.object, asked.source) == ("Signals", "gateway")
    door.inbound(door.reply(person))
    assert len(stored(door)) == 1
