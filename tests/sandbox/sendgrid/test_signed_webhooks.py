"""What the tests hold the posts of the event webhook to: signatures, retries, duplicates, order, size."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx
import pytest
from sendgrid.helpers.eventwebhook import EventWebhook, EventWebhookHeader

from tests.sandbox.mail_fixtures import address_of, addresses_of
from tests.sandbox.served import MailSandbox, Receiver

SETTINGS = "/v3/user/webhooks/event/settings"
SIGNED_ID = "sandbox-event-webhook"


def sign(mail: MailSandbox, enabled: bool = True) -> str:
    path = f"{mail.url}{SETTINGS}/signed/{SIGNED_ID}"
    answer = httpx.patch(path, json={"enabled": enabled}, headers=mail.key_header())
    assert answer.status_code == 200
    return str(answer.json()["public_key"])


def faults(mail: MailSandbox, *rules: dict[str, Any]) -> None:
    assert mail.post("/_control/faults", {"rules": list(rules), "seed": 3}).status_code == 200


def verified(receiver: Receiver, key: str) -> list[bool]:
    webhook = EventWebhook(key)
    return [
        webhook.verify_signature(
            body.decode(),
            headers.get(EventWebhookHeader.SIGNATURE.lower(), ""),
            headers.get(EventWebhookHeader.TIMESTAMP.lower(), ""),
        )
        for body, headers in zip(receiver.event_bodies, receiver.event_headers, strict=True)
    ]


def test_the_official_client_verifies_every_signed_post(mail: MailSandbox, receiver: Receiver) -> None:
    key = sign(mail)
    assert len(key) == 124
    assert mail.get(f"{SETTINGS}/signed").json() == {"id": SIGNED_ID, "public_key": key}
    mail.send("ann@one.example")
    mail.advance(1)
    assert verified(receiver, key) == [True]
    receiver.event_bodies[0] = receiver.event_bodies[0].replace(b"delivered", b"delivereD")
    assert verified(receiver, key) == [False]
    assert abs(int(receiver.event_headers[0][EventWebhookHeader.TIMESTAMP.lower()]) - time.time()) < 60


def test_without_the_switch_nothing_is_signed_and_the_key_is_not_shown(
    mail: MailSandbox, receiver: Receiver
) -> None:
    sign(mail)
    assert sign(mail, enabled=False) == ""
    mail.send("ann@one.example")
    mail.advance(1)
    assert EventWebhookHeader.SIGNATURE.lower() not in receiver.event_headers[0]
    assert mail.get(f"{SETTINGS}/{SIGNED_ID}").json()["public_key"] == ""
    assert mail.get(f"{SETTINGS}/signed/other").status_code == 404


def test_a_test_post_holds_one_event_of_each_kind_and_is_signed_too(mail: MailSandbox, receiver: Receiver) -> None:
    key = sign(mail)
    answer = mail.post("/v3/user/webhooks/event/test", {"url": f"{receiver.url}/events"})
    assert answer.status_code == 204
    assert {event["event"] for event in receiver.events} >= {"bounce", "click", "spamreport", "group_unsubscribe"}
    assert verified(receiver, key) == [True]
    assert mail.post("/v3/user/webhooks/event/test", {"url": "http://127.0.0.1:9/x"}).status_code == 204


def test_a_refused_post_is_tried_again_at_growing_intervals_and_given_up_after_a_day(
    mail: MailSandbox, receiver: Receiver
) -> None:
    receiver.status = 500
    mail.send(address_of("ghost"))
    mail.advance(0.1)
    for minutes, attempts in ((1, 2), (1.5, 2), (1, 3), (3, 3), (1.5, 4)):
        mail.advance(minutes / 60)
        assert {item["attempts"] for item in mail.get("/_control/undelivered").json()} == {attempts}
    mail.advance(25)
    assert mail.get("/_control/undelivered").json() == []
    (entry,) = mail.get("/_control/journal?service=webhooks").json()
    assert entry["summary"] == {"given_up": 2, "names": ["delivered", "processed"]}
    receiver.status = 200
    mail.advance(24)
    assert receiver.events == []


def test_after_a_day_of_refusals_one_more_try_is_made_before_giving_up(
    mail: MailSandbox, receiver: Receiver
) -> None:
    receiver.status = 503
    mail.send(address_of("ghost"))
    mail.advance(1)
    receiver.status = 200
    assert mail.advance(24 * 5)["delivered"] == 2


def test_a_redirect_is_not_followed(mail: MailSandbox, receiver: Receiver) -> None:
    receiver.status = 302
    mail.send(address_of("ghost"))
    assert mail.advance(1)["undelivered"] == 2


def test_a_post_can_come_many_times_with_new_event_ids(mail: MailSandbox, receiver: Receiver) -> None:
    key = sign(mail)
    faults(mail, {"kind": "duplicate_delivery", "copies": 3, "fresh_ids": True, "match": {"service": "webhooks"}})
    mail.send(address_of("ghost"))
    mail.advance(1)
    assert len(receiver.event_batches) == 4
    assert len({event["sg_event_id"] for event in receiver.events}) == 8
    assert {(event["event"], event["timestamp"]) for event in receiver.events} == {
        (event["event"], event["timestamp"]) for event in receiver.event_batches[0]
    }
    assert verified(receiver, key) == [True] * 4


def test_events_can_come_out_of_order_the_same_way_for_the_same_seed(mail: MailSandbox, receiver: Receiver) -> None:
    def order() -> list[tuple[str, str]]:
        receiver.event_batches.clear()
        mail.send(*addresses_of("ghost", 20))
        mail.advance(0.02)
        return [(event["event"], event["email"]) for event in receiver.events]

    straight = order()
    faults(mail, {"kind": "shuffle_delivery", "nth": [1]})
    mixed = order()
    assert mixed != straight
    assert sorted(mixed) == sorted(straight)
    assert any(mixed.index(("delivered", who)) < mixed.index(("processed", who)) for _, who in straight)


def test_a_post_can_come_a_day_late(mail: MailSandbox, receiver: Receiver) -> None:
    faults(mail, {"kind": "late_delivery", "seconds": 86_400, "nth": [1]})
    mail.send(address_of("ghost"))
    mail.advance(1)
    mail.advance(22)
    assert receiver.events == []
    mail.advance(2)
    assert [event["event"] for event in receiver.events] == ["processed", "delivered"]


def test_a_post_stays_under_768_kilobytes(mail: MailSandbox, receiver: Receiver) -> None:
    blocks = [
        {"to": [{"email": email}], "custom_args": {"long": "x" * 9000}} for email in addresses_of("ghost", 100)
    ]
    mail.send(personalizations=blocks)
    mail.advance(1)
    assert len(receiver.events) >= 200
    assert max(map(len, receiver.event_bodies)) <= 768 * 1024
    assert len(receiver.event_bodies) == 3


def test_machines_open_and_click_and_the_control_plane_knows_which(mail: MailSandbox, receiver: Receiver) -> None:
    mail.post("/_control/sendgrid", {"machine_opens": 1.0, "scanners": 1.0})
    links = "".join(f'<a href="https://seller.example/{n}">{n}</a> ' for n in range(3))
    people = addresses_of("dead_address", 3) + addresses_of("ghost", 40)
    mail.send(*people, content=[{"type": "text/html", "value": links}])
    mail.advance(1)
    machines = {row["sg_event_id"]: row["machine"] for row in mail.get("/_control/machines").json()}
    by_machine = [event for event in receiver.events if event["sg_event_id"] in machines]
    opens = [event for event in by_machine if event["event"] == "open"]
    assert {event["useragent"] for event in opens} == {"Mozilla/5.0"}
    assert 0.4 < sum(event["sg_machine_open"] for event in opens) / len(opens) < 0.95
    delivered = {event["email"]: event["timestamp"] for event in receiver.events if event["event"] == "delivered"}
    clicks = [event for event in by_machine if event["event"] == "click"]
    assert len(clicks) == 3 * 40
    assert all(0 < event["timestamp"] - delivered[event["email"]] < 10 for event in clicks)
    assert sorted(event["url_offset"]["index"] for event in clicks[:3]) == [0, 1, 2]
    assert {event["email"] for event in by_machine} == set(addresses_of("ghost", 40))


def test_a_scanner_really_follows_links_that_can_be_reached_and_a_get_opts_nobody_out(
    mail: MailSandbox, receiver: Receiver
) -> None:
    mail.post("/_control/sendgrid", {"scanners": 1.0})
    headers = {
        "List-Unsubscribe": f"<{receiver.url}/u/token>, <mailto:stop@seller.example>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    text = [{"type": "text/plain", "value": f"See {receiver.url}/u/other, or https://elsewhere.example/x."}]
    mail.send(address_of("ghost"), headers=headers, content=text)
    mail.advance(1)
    assert sorted(path for _, path in receiver.visits) == ["/u/other", "/u/token"]
    assert receiver.opt_outs == []
    assert mail.get("/_control/undelivered").json() == []


def test_an_enabled_flag_of_false_keeps_events_waiting(mail: MailSandbox, receiver: Receiver) -> None:
    answer = httpx.patch(f"{mail.url}{SETTINGS}", json={"enabled": False}, headers=mail.key_header())
    assert answer.json()["enabled"] is False
    mail.send(address_of("ghost"))
    assert mail.advance(1)["undelivered"] == 2
    assert json.loads(mail.client().client.user.webhooks.event.settings.all.get().body)["max_allowed"] == 1


@pytest.mark.parametrize("body", [{}, {"enabled": "yes"}, [], None])
def test_a_switch_for_signing_is_a_boolean(mail: MailSandbox, receiver: Receiver, body: Any) -> None:
    answer = httpx.patch(f"{mail.url}{SETTINGS}/signed", json=body, headers=mail.key_header())
    assert answer.status_code == 400
