"""What the tests hold sandbox/sendgrid to: webhooks."""

from __future__ import annotations

import json

import pytest
from python_http_client.exceptions import BadRequestsError

from tests.sandbox.mail_fixtures import address_of, addresses_of
from tests.sandbox.served import MailSandbox, Receiver


def test_an_event_has_the_documented_fields_with_own_arguments_at_the_top(
    mail: MailSandbox, receiver: Receiver
) -> None:
    answer = mail.send("ann@one.example")
    mail.advance(1)
    processed, delivered = receiver.events[:2]
    assert processed["event"] == "processed"
    assert processed["timestamp"] == 1767600000
    assert processed["action_key"] == "approach:ann@one.example"
    assert processed["category"] == ["closeloop", "approach"]
    assert processed["sg_message_id"].split(".")[0] == answer.headers["X-Message-Id"]
    assert delivered["event"] == "delivered"
    assert delivered["response"].startswith("250 ")
    assert len({event["sg_event_id"] for event in receiver.events}) == len(receiver.events)
    assert receiver.event_bodies[0].endswith(b"\r\n")


def test_an_argument_named_like_a_field_of_the_event_loses(mail: MailSandbox, receiver: Receiver) -> None:
    block = {"to": [{"email": "ann@one.example"}], "custom_args": {"event": "mine", "email": "mine"}}
    mail.send(personalizations=[block])
    mail.advance(1)
    assert {event["event"] for event in receiver.events} == {"processed", "delivered"}
    assert {event["email"] for event in receiver.events} == {"ann@one.example"}


def test_events_come_in_batches_of_at_most_500(mail: MailSandbox, receiver: Receiver) -> None:
    mail.send(*addresses_of("ghost", 300))
    mail.advance(1)
    assert sum(map(len, receiver.event_batches)) >= 600
    assert max(map(len, receiver.event_batches)) == 500


def test_nothing_is_lost_while_the_webhook_refuses(mail: MailSandbox, receiver: Receiver) -> None:
    mail.send(address_of("robot"))
    receiver.status = 503
    answer = mail.advance(24)
    assert answer["delivered"] == 0
    assert answer["undelivered"] == 3
    waiting = mail.get("/_control/undelivered").json()
    assert {item["problem"] for item in waiting} == {"answered 503"}
    receiver.status = 200
    assert mail.advance(0)["delivered"] == 0  # its next try is a minute away
    assert mail.advance(0.1)["delivered"] == 3
    assert [event["event"] for event in receiver.events] == ["processed", "delivered"]
    assert len(receiver.replies) == 1
    assert mail.advance(24)["undelivered"] == 0
    assert len(receiver.replies) == 1


def test_nothing_is_lost_while_nobody_listens(mail: MailSandbox) -> None:
    parse = {"hostname": "r.example", "url": "http://127.0.0.1:9/replies"}
    assert mail.client().client.user.webhooks.parse.settings.post(request_body=parse).status_code == 201
    mail.send(address_of("robot"))
    assert mail.advance(24)["undelivered"] == 3
    by_target = {item["target"]: item for item in mail.get("/_control/undelivered").json()}
    assert by_target["event"]["attempts"] == 0
    assert by_target["parse"]["problem"].startswith("ConnectError")


def test_only_events_that_were_asked_for_are_posted(mail: MailSandbox, receiver: Receiver) -> None:
    sg = mail.client().client
    body = {"enabled": True, "url": f"{receiver.url}/events", "delivered": True, "processed": False}
    assert sg.user.webhooks.event.settings.post(request_body=body).status_code == 201
    mail.send("ann@one.example")
    assert mail.advance(0.1)["undelivered"] == 0
    assert {event["event"] for event in receiver.events} == {"delivered"}
    (listed,) = json.loads(sg.user.webhooks.event.settings._("all").get().body)["webhooks"]
    assert listed["url"] == body["url"]
    assert sg.user.webhooks.event.settings._(listed["id"]).delete().status_code == 204


def test_a_webhook_without_an_absolute_url_is_refused(mail: MailSandbox) -> None:
    with pytest.raises(BadRequestsError):
        mail.client().client.user.webhooks.event.settings.post(request_body={"url": "/events"})
    with pytest.raises(BadRequestsError):
        mail.client().client.user.webhooks.parse.settings.post(
            request_body={"url": "http://x.example", "hostname": ""}
        )


def test_a_mail_with_a_later_send_at_leaves_at_its_moment(mail: MailSandbox, receiver: Receiver) -> None:
    mail.send(address_of("ghost"), send_at=1767600000 + 3600)
    mail.advance(0.5)
    assert receiver.events == []
    mail.advance(1)
    assert [(event["event"], event["timestamp"] - 1767600000 < 3610) for event in receiver.events] == [
        ("processed", True),
        ("delivered", True),
    ]
    assert receiver.events[0]["timestamp"] == 1767600000 + 3600


def test_a_link_inside_a_substituted_value_is_not_tracked(mail: MailSandbox, receiver: Receiver) -> None:
    """The real service does not rewrite such links, so it must not report clicks on them here."""
    readers = addresses_of("clicker", 30)
    html = '<p><a href="https://seller.example/idea">idea</a></p>'
    blocks = [{"to": [{"email": email}], "substitutions": {"%html%": html}} for email in readers]
    mail.send(personalizations=blocks, content=[{"type": "text/html", "value": "%html%"}])
    mail.advance(72)
    assert "open" in {event["event"] for event in receiver.events}
    assert "click" not in {event["event"] for event in receiver.events}
    assert "click" in {act["act"] for act in mail.acts()}
    mail.send(*readers)
    mail.advance(72)
    clicks = [event for event in receiver.events if event["event"] == "click"]
    assert {event["url"] for event in clicks} == {"https://seller.example/idea"}


def test_a_text_only_mail_reports_no_opens(mail: MailSandbox, receiver: Receiver) -> None:
    mail.send(*addresses_of("reader", 10), content=[{"type": "text/plain", "value": "Hi"}])
    mail.advance(72)
    assert "open" in {act["act"] for act in mail.acts()}
    assert "open" not in {event["event"] for event in receiver.events}
