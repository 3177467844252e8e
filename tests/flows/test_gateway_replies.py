"""Replies at the gateway: each finds its prospect by the token of its envelope, and is read whatever its form."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime

import pytest

from closeloop.application.forget import forget, whom
from closeloop.domain.signals import Signal, SignalKind
from closeloop.domain.tokens import make_token
from flows.gateway.app import BELIEVED_DATE
from tests.flows.door import TOKEN, Door
from tests.unit.domain.people import NOW


def _only(door: Door) -> Signal:
    (signal,) = door.stored()
    return signal


def test_a_reply_finds_its_prospect_by_the_token_though_a_stranger_wrote_it(door: Door) -> None:
    person, _ = door.prospect("anna"), door.prospect("bob")
    assert door.inbound(door.reply(person, **{"from": "Assistant <office@elsewhere.example>"})).json() == {
        "stored": 1
    }
    signal = _only(door)
    assert (signal.kind, signal.prospect_key) == (SignalKind.REPLY, person.key)
    assert signal.address == "office@elsewhere.example"


CALENDAR = "BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nEND:VCALENDAR\r\n"


@pytest.mark.parametrize("name", ["invite.ics", "answer"])
def test_a_calendar_that_comes_as_a_file_is_kept_with_the_reply(door: Door, name: str) -> None:
    person = door.prospect()
    parts: dict[str, tuple[str | None, str | bytes] | tuple[str, bytes, str]] = {
        key: (None, value) for key, value in door.reply(person).items()
    }
    parts["attachment1"] = ("logo.png", b"\x89PNG", "image/png")
    parts["attachment2"] = (name, CALENDAR.encode(), "text/calendar; method=REPLY")
    assert door.http.post(f"/sendgrid/inbound/{TOKEN}", files=parts).json() == {"stored": 1}
    assert _only(door).payload["calendar"] == CALENDAR


def test_a_calendar_is_found_in_a_mail_that_came_whole(door: Door) -> None:
    mail = EmailMessage()
    mail.set_content("see you")
    mail.add_attachment(CALENDAR.encode(), "text", "calendar", filename="invite.ics")
    door.inbound(door.reply(door.prospect()) | {"email": mail.as_bytes()})
    assert _only(door).payload["calendar"] == CALENDAR


def test_a_mail_in_html_only_is_read_as_it_is_seen(door: Door) -> None:
    form = door.reply(door.prospect(), html="<style>p {}</style><p>Take me off<br>your list</p>")
    door.inbound(form | {"text": " "})
    assert _only(door).payload["text"] == "Take me off\nyour list"


def test_a_mail_that_came_whole_is_read_with_its_own_headers(door: Door) -> None:
    mail = EmailMessage()
    mail["Auto-Submitted"] = "auto-replied"
    mail["Message-ID"] = "<whole@acme.example>"
    mail.set_content("<p>Schöne Grüße</p>", subtype="html", charset="iso-8859-1")
    form = {name: value for name, value in door.reply(door.prospect()).items() if name not in {"text", "headers"}}
    door.inbound(form | {"email": mail.as_bytes()})
    signal = _only(door)
    assert (signal.id, signal.payload["text"]) == ("<whole@acme.example>", "Schöne Grüße")
    assert "Auto-Submitted: auto-replied" in str(signal.payload["headers"])


def test_a_field_of_that_name_and_a_file_without_end_are_no_calendar(door: Door) -> None:
    form = door.reply(door.prospect(), calendar=CALENDAR)
    parts: dict[str, tuple[str | None, str | bytes]] = {key: (None, value) for key, value in form.items()}
    parts["attachment1"] = ("invite.ics", b"x" * 200_000)
    door.http.post(f"/sendgrid/inbound/{TOKEN}", files=parts)
    assert "calendar" not in _only(door).payload


def test_a_mail_system_that_shouts_the_address_does_not_hide_the_prospect(door: Door) -> None:
    person = door.prospect()
    token = make_token(person.key, door.company.services.secret).upper()
    door.inbound(door.reply(person, envelope=json.dumps({"to": [f"REPLY+{token}@REPLIES.TALLYARD.EXAMPLE"]})))
    assert _only(door).prospect_key == person.key


@pytest.mark.parametrize("forged", ["00q000000000001eaa000000000000", "", "x", "🦊" * 30])
def test_a_reply_with_a_token_that_is_not_ours_names_nobody(door: Door, forged: str) -> None:
    envelope = json.dumps({"to": [f"reply+{forged}@replies.tallyard.example"]})
    door.inbound(door.reply(door.prospect(), envelope=envelope))
    assert _only(door).prospect_key is None


@pytest.mark.parametrize("envelope", ["", "not JSON", "[]", '{"to": null}', '{"to": 7}', '{"to": []}', "[" * 5_000])
def test_a_reply_with_a_spoiled_envelope_is_stored_with_its_sender(door: Door, envelope: str) -> None:
    person = door.prospect()
    assert door.inbound(door.reply(person, envelope=envelope)).status_code == 200
    assert _only(door).address == person.email


def test_a_reply_that_is_delivered_twice_is_stored_once(door: Door) -> None:
    form = door.reply(door.prospect())
    assert [door.inbound(form).json()["stored"] for _ in range(3)] == [1, 0, 0]


def test_two_replies_without_a_message_id_are_told_apart_by_what_they_say(door: Door) -> None:
    person = door.prospect()
    first, second = door.reply(person, headers=""), door.reply(person, headers="", text="unsubscribe me")
    assert [door.inbound(form).json()["stored"] for form in (first, second, first)] == [1, 1, 0]


def _dated(door: Door, date: str) -> datetime:
    door.inbound(door.reply(door.prospect(), headers=f"Message-ID: <1@x.example>\nDate: {date}\n"))
    return _only(door).occurred_at


def test_a_reply_happened_when_its_date_says(door: Door) -> None:
    written = NOW - timedelta(days=1)
    assert _dated(door, format_datetime(written)) == written


def test_a_date_with_an_offset_is_kept_in_utc(door: Door) -> None:
    moment = _dated(door, "Mon, 05 Jan 2026 14:30:00 +0700")
    assert (moment, moment.utcoffset()) == (datetime(2026, 1, 5, 7, 30, tzinfo=UTC), timedelta(0))


@pytest.mark.parametrize("shift", [BELIEVED_DATE, -BELIEVED_DATE, timedelta(days=3000), -timedelta(days=9000)])
def test_a_date_that_is_far_off_is_not_believed(door: Door, shift: timedelta) -> None:
    farther = shift + (timedelta(seconds=1) if shift > timedelta(0) else timedelta(seconds=-1))
    assert _dated(door, format_datetime(NOW + farther)) == NOW


@pytest.mark.parametrize(
    "date",
    [
        "",
        "yesterday",
        "Mon, 05 Jan 2026 07:30:00 -0000",
        "99 Foo 0000",
        "Mon, 05 Jan 2026 07:30:00 +9999",
        "Fri, 31 Dec 9999 23:59:59 -2300",
        "Mon, 01 Jan 0001 00:00:00 +2300",
    ],
)
def test_a_date_that_cannot_be_read_is_not_believed(door: Door, date: str) -> None:
    assert _dated(door, date) == NOW


def test_a_long_reply_with_a_large_attachment_is_stored_with_every_word(door: Door) -> None:
    long = "unsubscribe " * 200_000
    form = door.reply(door.prospect(), text=long, html=f"<p>{long}</p>")
    files = {name: (None, value) for name, value in form.items()}
    answer = door.http.post(
        f"/sendgrid/inbound/{TOKEN}", files={**files, "attachment1": ("offer.pdf", b"%PDF" + b"0" * 3_000_000)}
    )
    assert answer.json() == {"stored": 1}
    assert _only(door).payload["text"] == long


@pytest.mark.parametrize(
    ("charset", "words"),
    [
        ("utf-8", "配信停止してください"),
        ("iso-2022-jp", "配信停止してください"),
        ("windows-1251", "Отпишите меня"),
        ("iso-8859-1", "Désabonnez-moi"),
        ("tis-620", "ขอยกเลิกการรับอีเมล"),
        ("no such charset", "plain words"),
    ],
)
def test_words_are_read_in_the_charset_they_were_written_in(door: Door, charset: str, words: str) -> None:
    known = charset if charset != "no such charset" else "ascii"
    form = door.reply(door.prospect()) | {
        "text": words.encode(known),
        "charsets": json.dumps({"to": "UTF-8", "subject": "UTF-8", "text": charset}),
    }
    assert door.inbound(form).json() == {"stored": 1}
    assert _only(door).payload["text"] == words


@pytest.mark.parametrize("charsets", ["not JSON", "[]", '{"text": 7}', "null"])
def test_a_spoiled_list_of_charsets_changes_no_word(door: Door, charsets: str) -> None:
    door.inbound(door.reply(door.prospect(), text="Désabonnez-moi", charsets=charsets))
    assert _only(door).payload["text"] == "Désabonnez-moi"


def test_a_form_that_breaks_off_is_refused(door: Door) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    body = b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\nhello'
    answer = door.http.post(f"/sendgrid/inbound/{TOKEN}", content=body, headers=headers)
    assert answer.status_code == 400
    assert door.stored() == []


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/form-data"])
def test_a_body_that_is_no_form_is_refused(door: Door, kind: str) -> None:
    answer = door.http.post(f"/sendgrid/inbound/{TOKEN}", content=b"{}", headers={"Content-Type": kind})
    assert answer.status_code == 400
    assert door.stored() == []


def test_a_mail_of_somebody_who_asked_to_be_forgotten_is_kept_without_a_word(door: Door) -> None:
    person = door.prospect()
    form = door.reply(person)
    services = door.company.services
    forget(services, whom(services, person.email), door.company.now)
    assert [door.inbound(form).json()["stored"] for _ in range(2)] == [1, 0]
    signal = _only(door)
    assert (signal.kind, signal.address, signal.prospect_key, signal.payload) == (SignalKind.REPLY, None, None, {})
    assert person.key not in signal.id
