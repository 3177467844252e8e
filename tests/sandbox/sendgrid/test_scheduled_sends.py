"""What the tests hold batches and scheduled sends to: a mail leaves at its moment unless it was stopped in time."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.sendgrid import batches
from tests.sandbox.mail_fixtures import address_of, addresses_of
from tests.sandbox.served import MailSandbox, Receiver, mail_to

NOW = 1767600000
HOUR = 3600


def new_batch(mail: MailSandbox) -> str:
    answer = mail.client().client.mail.batch.post()
    assert answer.status_code == 201
    return str(json.loads(answer.body)["batch_id"])


def stop(mail: MailSandbox, batch_id: str, status: str = "cancel") -> int:
    return mail.post("/v3/user/scheduled_sends", {"batch_id": batch_id, "status": status}).status_code


def schedule(mail: MailSandbox, batch_id: str, hours: float = 5, *to: str) -> None:
    mail.send(*(to or [address_of("ghost")]), batch_id=batch_id, send_at=NOW + int(hours * HOUR))


def names(receiver: Receiver) -> list[str]:
    return [event["event"] for event in receiver.events]


def test_a_batch_id_is_valid_for_ten_days_and_nothing_else_is(mail: MailSandbox) -> None:
    batch_id = new_batch(mail)
    assert mail.get(f"/v3/mail/batch/{batch_id}").json() == {"batch_id": batch_id}
    assert new_batch(mail) != batch_id
    answer = mail.get("/v3/mail/batch/nonsense")
    assert (answer.status_code, answer.json()["errors"][0]["message"]) == (400, "invalid batch id")
    mail.advance(24 * 10 + 1)
    assert mail.get(f"/v3/mail/batch/{batch_id}").status_code == 400
    refused = mail.post("/v3/mail/send", mail_to("ann@one.example", batch_id=batch_id))
    assert [error["field"] for error in refused.json()["errors"]] == ["batch_id"]


def test_a_scheduled_mail_leaves_at_its_moment(mail: MailSandbox, receiver: Receiver) -> None:
    schedule(mail, new_batch(mail))
    mail.advance(4.9)
    assert receiver.events == []
    mail.advance(0.2)
    assert names(receiver) == ["processed", "delivered"]
    assert receiver.events[0]["send_at"] == NOW + 5 * HOUR


def test_a_cancelled_batch_is_discarded_at_its_moment(mail: MailSandbox, receiver: Receiver) -> None:
    batch_id = new_batch(mail)
    schedule(mail, batch_id)
    assert stop(mail, batch_id) == 201
    mail.advance(4.9)
    assert names(receiver) == []
    mail.advance(0.2)
    assert [(event["event"], event["reason"]) for event in receiver.events] == [("dropped", "Cancelled Batch")]
    mail.advance(0.1)
    (line,) = mail.post("/v3/logs", {"query": "status IN ('dropped')"}).json()["messages"]
    events = mail.get(f"/v3/logs/{line['sg_message_id']}").json()["events"]
    assert [event["event"] for event in events] == ["received", "cancel_drop"]


def test_a_paused_batch_waits_and_goes_when_the_pause_is_taken_back(mail: MailSandbox, receiver: Receiver) -> None:
    batch_id = new_batch(mail)
    schedule(mail, batch_id)
    assert stop(mail, batch_id, "pause") == 201
    mail.advance(30)
    assert names(receiver) == []
    assert mail.client().client.user.scheduled_sends._(batch_id).delete().status_code == 204
    mail.advance(1)
    assert names(receiver) == ["processed", "delivered"]
    mail.advance(100)
    assert names(receiver) == ["processed", "delivered"]


def test_a_pause_turned_into_a_cancellation_discards_what_waited(mail: MailSandbox, receiver: Receiver) -> None:
    batch_id = new_batch(mail)
    schedule(mail, batch_id)
    stop(mail, batch_id, "pause")
    mail.advance(10)
    patched = mail.client().client.user.scheduled_sends._(batch_id).patch(request_body={"status": "cancel"})
    assert patched.status_code == 204
    mail.advance(0)
    assert [event["reason"] for event in receiver.events] == ["Cancelled Batch"]


def test_a_paused_mail_expires_after_72_hours(mail: MailSandbox, receiver: Receiver) -> None:
    batch_id = new_batch(mail)
    schedule(mail, batch_id)
    stop(mail, batch_id, "pause")
    mail.advance(5 + 71)
    assert names(receiver) == []
    mail.advance(2)
    assert [event["reason"] for event in receiver.events] == ["Expired"]


def test_a_stop_in_the_last_ten_minutes_does_not_hold_for_everybody(mail: MailSandbox, receiver: Receiver) -> None:
    batch_id, people = new_batch(mail), addresses_of("ghost", 40)
    schedule(mail, batch_id, 5, *people)
    mail.advance(5 - 5 / 60)
    assert stop(mail, batch_id) == 201
    mail.advance(1)
    assert 5 < names(receiver).count("delivered") < 35
    assert names(receiver).count("delivered") + names(receiver).count("dropped") == len(people)


def test_a_stop_ten_minutes_ahead_holds_for_everybody(mail: MailSandbox, receiver: Receiver) -> None:
    batch_id, people = new_batch(mail), addresses_of("ghost", 40)
    schedule(mail, batch_id, 5, *people)
    mail.advance(5 - 10 / 60)
    stop(mail, batch_id)
    mail.advance(1)
    assert set(names(receiver)) == {"dropped"}


def test_a_second_stop_is_refused_and_the_first_can_be_read_and_taken_back(mail: MailSandbox) -> None:
    batch_id = new_batch(mail)
    sends = mail.client().client.user.scheduled_sends
    assert stop(mail, batch_id, "pause") == 201
    assert stop(mail, batch_id, "cancel") == 400
    assert json.loads(sends.get().body) == [{"batch_id": batch_id, "status": "pause"}]
    assert json.loads(sends._(batch_id).get().body) == [{"batch_id": batch_id, "status": "pause"}]
    assert sends._(batch_id).delete().status_code == 204
    assert json.loads(sends._(batch_id).get().body) == []
    assert mail.get("/v3/user/scheduled_sends").json() == []


def test_at_most_a_hundred_batches_are_stopped_at_once(mail: MailSandbox) -> None:
    ids = [batches.create(mail.world) for _ in range(101)]
    for batch_id in ids[:100]:
        batches.set_stop(mail.world, batch_id, "pause")
    assert stop(mail, ids[100]) == 400
    assert mail.client().client.user.scheduled_sends._(ids[0]).delete().status_code == 204
    assert stop(mail, ids[100]) == 201


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "batch_id"),
        ({"batch_id": "nonsense", "status": "pause"}, "batch_id"),
        ({"batch_id": "KNOWN", "status": "stop"}, "status"),
        ({"batch_id": "KNOWN"}, "status"),
        ({"batch_id": ["KNOWN"], "status": "pause"}, "batch_id"),
    ],
)
def test_a_stop_of_the_wrong_shape_is_refused(mail: MailSandbox, body: dict[str, Any], field: str) -> None:
    known = new_batch(mail)
    given = {name: known if value == "KNOWN" else value for name, value in body.items()}
    answer = mail.post("/v3/user/scheduled_sends", given)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)
