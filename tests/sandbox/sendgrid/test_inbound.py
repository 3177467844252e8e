"""What the tests hold inbound parse posts to: fields, charsets, files, the raw form, limits, retries."""

from __future__ import annotations

import base64
import json
from email import message_from_bytes, policy
from typing import Any

import httpx
import pytest
from sendgrid.helpers.eventwebhook import EventWebhook

from tests.sandbox.mail_fixtures import addresses_of
from tests.sandbox.served import MailSandbox, Receiver

SETTINGS = "/v3/user/webhooks/parse/settings"
HOST = "replies.seller.example"
PNG = base64.b64encode(b"\x89PNG picture").decode()
LETTER = {
    "from": "ann@one.example",
    "from_name": "Ann Berg",
    "to": f"reply+abc@{HOST}",
    "subject": "Größe",
    "text": "Schöne Grüße",
    "html": "<p>Schöne Grüße</p>",
}


def write(mail: MailSandbox, **more: Any) -> httpx.Response:
    return mail.post("/_control/inbound", {**LETTER, **more})


def change(mail: MailSandbox, **more: Any) -> None:
    answer = httpx.patch(f"{mail.url}{SETTINGS}/{HOST}", json=more, headers=mail.key_header())
    assert answer.status_code == 200, answer.text


def test_a_letter_arrives_with_the_documented_fields(mail: MailSandbox, receiver: Receiver) -> None:
    assert write(mail, spf="softfail").status_code == 200
    assert mail.advance(0)["delivered"] == 1
    form = receiver.forms[0]
    assert {"headers", "dkim", "to", "from", "sender_ip", "subject", "text", "html", "envelope"} <= set(form)
    assert json.loads(form["envelope"]) == {"to": [LETTER["to"]], "from": LETTER["from"]}
    assert (form["SPF"], form["dkim"]) == (b"softfail", b"{@one.example : pass}")
    assert form["attachments"] == b"0"
    assert "spam_score" not in form
    assert form["from"].decode() == "Ann Berg <ann@one.example>"


def test_text_and_html_come_in_the_bytes_of_their_charset(mail: MailSandbox, receiver: Receiver) -> None:
    write(mail, charset="windows-1252")
    mail.advance(0)
    form = receiver.forms[0]
    charsets = json.loads(form["charsets"])
    assert (charsets["text"], charsets["subject"]) == ("windows-1252", "UTF-8")
    assert form["text"] == "Schöne Grüße".encode("cp1252")
    assert form["subject"].decode() == "Größe"


def test_attachments_are_counted_named_and_posted_as_files(mail: MailSandbox, receiver: Receiver) -> None:
    files = [
        {"filename": "logo.png", "type": "image/png", "content": PNG, "content_id": "logo@one"},
        {"filename": "offer.txt", "type": "text/plain", "content": base64.b64encode(b"offer").decode()},
    ]
    write(mail, attachments=files)
    mail.advance(0)
    form = receiver.forms[0]
    assert form["attachments"] == b"2"
    assert json.loads(form["content-ids"]) == {"logo@one": "attachment1"}
    info = json.loads(form["attachment-info"])
    assert info["attachment1"] == {
        "filename": "logo.png",
        "name": "logo.png",
        "type": "image/png",
        "content-id": "logo@one",
    }
    assert form["attachment1"] == b"\x89PNG picture"
    assert form["attachment2"] == b"offer"


def test_raw_mode_posts_the_whole_mail(mail: MailSandbox, receiver: Receiver) -> None:
    change(mail, send_raw=True, spam_check=True)
    files = [{"filename": "offer.txt", "type": "text/plain", "content": base64.b64encode(b"offer").decode()}]
    write(mail, attachments=files, charset="windows-1252", headers={"X-Autoreply": "yes"}, spam_score="6.5")
    mail.advance(0)
    form = receiver.forms[0]
    assert {"text", "html", "headers"}.isdisjoint(form)
    assert form["spam_score"] == b"6.5"
    assert b"6.5 of the 5.0" in form["spam_report"]
    parsed = message_from_bytes(form["email"], policy=policy.default)
    body = parsed.get_body(("plain",))
    assert body is not None
    assert body.get_content().strip() == "Schöne Grüße"
    assert [part.get_filename() for part in parsed.iter_attachments()] == ["offer.txt"]
    assert (parsed["X-Autoreply"], parsed["Message-ID"]) == ("yes", "<letter-1@one.example>")


def test_a_letter_over_30_megabytes_is_refused_by_the_server_before(mail: MailSandbox, receiver: Receiver) -> None:
    files = [{"filename": "big.bin", "content": base64.b64encode(b"x" * (23 * 1024 * 1024)).decode()}]
    answer = write(mail, attachments=files)
    assert (answer.status_code, "552 5.3.4" in answer.json()["error"]) == (400, True)
    assert mail.advance(0)["delivered"] == 0


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        ({"from": "nobody"}, "from must be an address"),
        ({"subject": "a\nBcc: b"}, "subject must be one line"),
        ({"headers": {"X A": "1"}}, "no name of a header"),
        ({"headers": {"X-A": "1\r\nBcc: b"}}, "must be one line"),
        ({"charset": "hex"}, "no charset"),
        ({"charset": "utf-99"}, "no charset"),
        ({"attachments": [{"filename": "a", "content": "%"}]}, "not base64"),
        ({"attachments": {}}, "a list of"),
        ({"text": 5}, "text must be a text"),
        ({"colour": "red"}, "unknown field"),
    ],
)
def test_a_letter_that_cannot_be_written_is_refused_in_words(
    mail: MailSandbox, wrong: dict[str, Any], hint: str
) -> None:
    answer = write(mail, **wrong)
    assert (answer.status_code, hint in answer.json()["error"]) == (400, True)


def test_a_5xx_is_tried_for_three_days_and_a_4xx_not_again(mail: MailSandbox, receiver: Receiver) -> None:
    receiver.status = 503
    write(mail)
    mail.advance(0)
    mail.advance(48)
    receiver.status = 200
    assert mail.advance(23)["delivered"] == 1
    receiver.status = 404
    write(mail)
    assert mail.advance(0) == {**mail.advance(0), "delivered": 0, "undelivered": 0}
    (entry,) = mail.get("/_control/journal?service=webhooks").json()
    assert (entry["status"], entry["summary"]) == (404, {"refused": 1})


def test_each_host_name_has_its_own_address(mail: MailSandbox, receiver: Receiver) -> None:
    other = {"hostname": "other.example", "url": "http://127.0.0.1:9/elsewhere"}
    assert mail.post(SETTINGS, other).status_code == 201
    write(mail)
    assert mail.advance(0)["delivered"] == 1
    write(mail, to="x@OTHER.example")
    mail.advance(0)
    (waiting,) = mail.get("/_control/undelivered").json()
    assert waiting["problem"].startswith("ConnectError")
    assert {each["hostname"] for each in mail.get(SETTINGS).json()["result"]} == {HOST, "other.example"}
    assert mail.client().client.user.webhooks.parse.settings._("other.example").delete().status_code == 204
    assert mail.get(f"{SETTINGS}/other.example").status_code == 404


def test_a_security_policy_signs_inbound_posts(mail: MailSandbox, receiver: Receiver) -> None:
    policies = "/v3/user/webhooks/security/policies"
    made = mail.post(policies, {"name": "ours", "signature": {"enabled": True}})
    assert made.status_code == 201
    made_policy = made.json()["policy"]
    change(mail, security_policy=made_policy["id"])
    write(mail, attachments=[{"filename": "a.txt", "content": ""}])
    mail.advance(0)
    headers, body = receiver.reply_headers[0], receiver.reply_bodies[0]
    signature = headers["x-twilio-email-event-webhook-signature"]
    timestamp = headers["x-twilio-email-event-webhook-timestamp"]
    webhook = EventWebhook(made_policy["signature"]["public_key"])
    assert webhook.verify_signature(body.decode(), signature, timestamp)
    assert not webhook.verify_signature(body.decode() + " ", signature, timestamp)
    assert mail.get(f"{policies}/{made_policy['id']}").json()["policy"] == made_policy
    httpx.delete(f"{mail.url}{policies}/{made_policy['id']}", headers=mail.key_header()).raise_for_status()
    assert mail.get(policies).json() == {"policies": []}
    write(mail)
    mail.advance(0)
    assert "x-twilio-email-event-webhook-signature" not in receiver.reply_headers[1]


def test_replies_of_buyers_come_in_old_charsets_and_with_logos_too(mail: MailSandbox, receiver: Receiver) -> None:
    mail.send(*addresses_of("robot", 40), *addresses_of("one_click_leaver", 1), *addresses_of("champion", 60))
    mail.advance(24 * 14)
    assert len(receiver.forms) > 60
    charsets = [json.loads(form["charsets"])["text"] for form in receiver.forms]
    assert 0.03 < sum(charset != "UTF-8" for charset in charsets) / len(charsets) < 0.25
    for form, charset in zip(receiver.forms, charsets, strict=True):
        assert form["text"].decode(charset.replace("windows-", "cp"))
    assert any(form["attachments"] == b"1" for form in receiver.forms)
    assert {form["SPF"] for form in receiver.forms} > {b"pass"}
