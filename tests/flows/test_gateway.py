"""The gateway's promise to senders: a 2xx means stored, once; whatever is refused is refused before it costs."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from http.client import HTTPConnection
from typing import Any

import httpx
import pytest

from closeloop.domain.signals import SignalKind
from flows.gateway.app import EVENTS_LIMIT, INBOUND_LIMIT
from tests.flows.door import TOKEN, Door, event
from tests.unit.domain.people import NOW


def test_the_gateway_says_that_it_is_up(door: Door) -> None:
    assert door.http.get("/health").json() == {"ok": True}


@pytest.mark.parametrize("path", ["/sendgrid/events", "/sendgrid/inbound"])
@pytest.mark.parametrize("token", ["wrong", TOKEN[:-1], TOKEN + "x", "%FF%00"])
def test_a_wrong_token_is_an_address_that_does_not_exist(door: Door, path: str, token: str) -> None:
    assert door.http.post(f"{path}/{token}", json=[event()]).status_code == 404
    assert door.stored() == []


@pytest.mark.parametrize("path", ["/sendgrid/events", "/sendgrid/inbound"])
def test_a_body_of_unknown_length_is_refused(door: Door, path: str) -> None:
    answer = door.http.post(f"{path}/{TOKEN}", content=iter([b"[]"]))
    assert (answer.status_code, answer.text) == (411, "a Content-Length is needed\n")


@pytest.mark.parametrize(("path", "limit"), [("events", EVENTS_LIMIT), ("inbound", INBOUND_LIMIT)])
def test_a_body_that_is_too_large_is_refused_before_it_is_sent(door: Door, path: str, limit: int) -> None:
    assert _announce(door, f"/sendgrid/{path}/{TOKEN}", limit + 1) == 413


def _announce(door: Door, path: str, length: int) -> int:
    """The answer to the headers of a request alone."""
    url = door.http.base_url
    connection = HTTPConnection(url.host, int(url.port or 0), timeout=10)
    connection.putrequest("POST", path.replace(" ", "%20"))
    connection.putheader("Content-Length", str(length))
    connection.endheaders()
    status = connection.getresponse().status
    connection.close()
    return status


def test_the_largest_body_that_fits_is_taken(door: Door) -> None:
    body = b"[" + b" " * (EVENTS_LIMIT - 2) + b"]"
    assert door.http.post(f"/sendgrid/events/{TOKEN}", content=body).status_code == 200


@pytest.mark.parametrize("body", [b"", b"{", b"event=1", b"\xff\xfe", b"[" * 5_000, b'{"event": "open"}', b"7"])
def test_a_body_that_is_no_list_of_events_is_refused(door: Door, body: bytes) -> None:
    assert door.http.post(f"/sendgrid/events/{TOKEN}", content=body).status_code == 400
    assert door.stored() == []


def test_a_batch_of_events_is_stored_and_names_its_prospects(door: Door) -> None:
    person = door.prospect()
    mine = event(1, action_key=f"email:{person.key}:approach:1:1")
    assert door.events([mine, event(2, event="open")]).json() == {"stored": 2}
    assert [(s.kind, s.prospect_key) for s in door.stored()] == [
        (SignalKind.DELIVERED, person.key),
        (SignalKind.OPENED, "00Q000000000001EAA"),
    ]


def test_an_event_that_is_delivered_twice_is_stored_once(door: Door) -> None:
    twins = [event(1), event(1)]
    assert [door.events(twins).json(), door.events([event(1), event(2)]).json()] == [{"stored": 1}, {"stored": 1}]
    assert [signal.id for signal in door.stored()] == ["event-1", "event-2"]


SPOILED: list[Any] = [
    "no event",
    None,
    event(2, timestamp=10**18),
    event(2, timestamp=-(10**18)),
    event(2, timestamp="soon"),
    event(2, timestamp=True),
    event(2, event="invented"),
    event(2, event=None),
]


@pytest.mark.parametrize("spoiled", SPOILED)
def test_a_spoiled_event_does_not_cost_the_others_of_its_batch(door: Door, spoiled: Any) -> None:
    assert door.events([spoiled, event(1)]).json() == {"stored": 1}
    assert [signal.id for signal in door.stored()] == ["event-1"]


ODD: list[dict[str, Any]] = [
    event(2, action_key=7),
    event(2, action_key={"a": "b:c:d"}),
    event(2, email=None),
    event(2, sg_event_id=12),
    event(2, reason="half a character: \ud83d"),
    event(2, email="\udcffanna@volvo.example", action_key="\udcff:b:c"),
]


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_event_is_kept_as_evidence(door: Door, odd: dict[str, Any]) -> None:
    assert door.events([odd, event(1)]).json() == {"stored": 2}
    assert len(door.stored()) == 2


def test_while_the_ledger_is_locked_senders_are_asked_to_come_again_and_nothing_is_lost(door: Door) -> None:
    person = door.prospect()
    posts: list[Callable[[], httpx.Response]] = [
        lambda: door.events([event()]),
        lambda: door.inbound(door.reply(person)),
        lambda: door.http.post(door.opt_out_path(person)),
    ]
    with sqlite3.connect(door.ledger_file, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        assert [post().status_code for post in posts] == [503, 503, 503]
        other.execute("ROLLBACK")
    assert [post().status_code for post in posts] == [200, 200, 200]
    assert {signal.kind for signal in door.stored()} == {
        SignalKind.DELIVERED,
        SignalKind.REPLY,
        SignalKind.UNSUBSCRIBED,
    }


def test_a_ledger_that_cannot_even_be_read_is_no_reason_to_lose_an_opt_out(door: Door) -> None:
    path = door.opt_out_path(door.prospect())
    door.ledger.close()
    kept = door.ledger_file.read_bytes()
    for part in door.ledger_file.parent.glob("ledger.db-*"):
        part.unlink()
    door.ledger_file.write_bytes(b"damaged " * 1000)
    assert door.http.post(path).status_code == 503
    door.ledger.close()
    door.ledger_file.write_bytes(kept)
    assert door.http.post(path).status_code == 200


def test_a_signal_is_known_by_the_clock_of_the_process(door: Door) -> None:
    door.http.post(door.opt_out_path(door.prospect()))
    assert [signal.occurred_at for signal in door.stored()] == [NOW]


def test_other_addresses_and_methods_do_not_exist(door: Door) -> None:
    answers: list[httpx.Response] = [
        door.http.get("/"),
        door.http.get(f"/sendgrid/events/{TOKEN}"),
        door.http.get("/docs"),
    ]
    assert [answer.status_code for answer in answers] == [404, 405, 404]
