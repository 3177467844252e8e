"""Bounces, automatic answers and people are told apart by their headers first."""

from __future__ import annotations

import pytest

from closeloop.adapters.replies.machine import Writer, header_fields, written_by
from closeloop.domain.signals import Label
from tests.unit.adapters.replies.labelled import understand


@pytest.mark.parametrize(
    "headers",
    [
        "Auto-Submitted: auto-replied",
        "auto-submitted:auto-generated (rejected)",
        "X-Autoreply: yes",
        "Precedence: bulk",
        "X-Auto-Response-Suppress: DR, OOF, AutoReply",
        "Subject: Hello\r\nX-Apple-Action: VACATION\r\n",
        "Preference: auto_reply",
    ],
)
def test_a_header_of_a_machine_makes_it_automatic(headers: str) -> None:
    assert written_by("Re: x", "Yes please", headers, "a@b.example") is Writer.AUTOMATIC


@pytest.mark.parametrize(
    "headers", ["", "Auto-Submitted: no", "Precedence: first-class", "List-Unsubscribe: <mailto:x@y.example>", "::"]
)
def test_other_headers_are_those_of_a_person(headers: str) -> None:
    assert written_by("Re: x", "Yes please", headers, "a@b.example") is Writer.PERSON


@pytest.mark.parametrize(
    "subject",
    ["Automatic reply: Hi", "Out of Office: x", "Abwesenheitsnotiz", "Respuesta automática: x", "ตอบกลับอัตโนมัติ: x"],
)
def test_a_subject_of_a_machine_is_enough(subject: str) -> None:
    assert written_by(subject, "text", "", "a@b.example") is Writer.AUTOMATIC


def test_a_bounce_is_never_taken_for_a_reply() -> None:
    report = "Content-Type: multipart/report;\n report-type=delivery-status"
    headers = f"Return-Path: <>\nAuto-Submitted: auto-replied\n{report}"
    found = understand("550 5.1.1 user unknown. Please remove me from your list.", headers=headers)
    assert found.labels == (Label.BOUNCE,)
    assert found.stop


def test_a_delay_stops_nothing() -> None:
    text = "Your message has not yet been delivered. We will keep trying. Status: 4.4.1"
    found = understand(text, subject="Delivery delayed", headers="X-Failed-Recipients: clara@orland.example")
    assert found.primary is Label.BOUNCE
    assert not found.stop


def test_a_person_writing_about_a_bounce_is_a_person() -> None:
    assert understand("Your last mail bounced, please send it again.").primary is not Label.BOUNCE


def test_words_in_an_automatic_answer_are_not_an_answer() -> None:
    found = understand("Yes, I am interested! Ticket number 4711.", headers="Auto-Submitted: auto-replied")
    assert found.labels == (Label.AUTO_REPLY,)


def test_an_absence_names_the_substitute_and_the_day() -> None:
    text = "I am out of the office until 4 December. Please contact Tom Reyes (tom.reyes@orland.example)."
    found = understand(text, headers="Auto-Submitted: auto-replied")
    assert found.primary is Label.OUT_OF_OFFICE
    assert found.refers_to == {"name": "Tom Reyes", "email": "tom.reyes@orland.example"}
    assert found.resume_on is not None
    assert found.resume_on.date().isoformat() == "2026-12-07"


def test_an_absence_without_any_header_is_still_one() -> None:
    text = "Thank you for your mail. I am currently on parental leave with no access to my email."
    assert understand(text).primary is Label.OUT_OF_OFFICE


def test_folded_and_repeated_headers_are_read_whole() -> None:
    fields = header_fields("Received: a\nX-Long: one\n\ttwo\nReceived: b\n")
    assert fields == {"received": "a\nb", "x-long": "one two"}
