"""What the tests hold sandbox/sendgrid to: suppressions."""

from __future__ import annotations

import json

import pytest
from python_http_client.exceptions import NotFoundError

from tests.sandbox.mail_fixtures import address_of
from tests.sandbox.served import MailSandbox, Receiver


def dropped(receiver: Receiver) -> list[tuple[str, str]]:
    return [(event["email"], event["reason"]) for event in receiver.events if event["event"] == "dropped"]


def test_a_dead_address_bounces_once_and_is_dropped_from_then_on(mail: MailSandbox, receiver: Receiver) -> None:
    email = address_of("dead_address")
    mail.send(email)
    mail.advance(1)
    (bounce,) = (event for event in receiver.events if event["event"] == "bounce")
    assert (bounce["type"], bounce["status"]) == ("bounce", "5.1.1")
    assert json.loads(mail.client().client.suppression.bounces._(email).get().body)[0]["email"] == email
    mail.send(email.upper().replace("EXAMPLE", "example"))
    mail.advance(1)
    assert [reason for _, reason in dropped(receiver)] == ["Bounced Address"]


def test_an_address_taken_off_the_list_is_tried_again(mail: MailSandbox, receiver: Receiver) -> None:
    email = address_of("ghost")
    sg = mail.client().client
    assert sg.asm.suppressions._("global").post(request_body={"recipient_emails": [email]}).status_code == 201
    mail.send(email)
    mail.advance(1)
    assert dropped(receiver) == [(email, "Unsubscribed Address")]
    assert sg.asm.suppressions._("global")._(email).delete().status_code == 204
    mail.send(email)
    mail.advance(1)
    assert [event["event"] for event in receiver.events][-2:] == ["processed", "delivered"]


def test_a_spam_report_is_listed_and_stops_later_mail(mail: MailSandbox, receiver: Receiver) -> None:
    email = address_of("complainer")
    for _ in range(2):
        mail.send(email)
        mail.advance(24 * 5)
    assert json.loads(mail.client().client.suppression.spam_reports.get().body)[0]["email"] == email
    mail.send(email)
    mail.advance(1)
    assert "spamreport" in {event["event"] for event in receiver.events}
    assert dropped(receiver)[-1] == (email, "Spam Reporting Address")


def test_lists_can_be_read_by_page_and_cleared(mail: MailSandbox) -> None:
    sg = mail.client().client
    emails = [f"p{n}@c.example" for n in range(5)]
    sg.asm.suppressions._("global").post(request_body={"recipient_emails": emails})
    page = sg.suppression.unsubscribes.get(query_params={"limit": 2, "offset": 4})
    assert [row["email"] for row in json.loads(page.body)] == ["p4@c.example"]
    assert sg.suppression.unsubscribes.delete(request_body={"emails": emails[:2]}).status_code == 204
    assert len(json.loads(sg.suppression.unsubscribes.get().body)) == 3
    assert sg.suppression.unsubscribes.delete(request_body={"delete_all": True}).status_code == 204
    assert json.loads(sg.suppression.unsubscribes.get().body) == []


def test_an_unknown_entry_is_not_found(mail: MailSandbox) -> None:
    with pytest.raises(NotFoundError):
        mail.client().client.suppression.bounces._("nobody@c.example").delete()


def test_the_client_sees_what_its_key_may_do(mail: MailSandbox) -> None:
    assert "mail.send" in json.loads(mail.client().client.scopes.get().body)["scopes"]
