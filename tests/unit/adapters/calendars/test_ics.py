"""Invitations as calendar files: what other programs need to find in them, and what theirs may hold."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from closeloop.adapters.calendars.ics import LARGEST, IcsCalendars
from closeloop.domain.appointments import Answer
from closeloop.domain.invitations import CalendarAnswer, Invitation, Method

AT = datetime(2026, 1, 12, 9, 30, tzinfo=UTC)
CALENDARS = IcsCalendars()


def asked(**fields: Any) -> Invitation:
    values: dict[str, Any] = {
        "method": Method.REQUEST,
        "uid": "token-1@replies.tallyard.example",
        "sequence": 2,
        "starts_at": AT,
        "minutes": 45,
        "written_at": datetime(2026, 1, 9, 8, tzinfo=UTC),
        "title": "Volvo / Tallyard; matching, again",
        "about": "First line\nสวัสดี",
        "organizer_name": "Maren Holt",
        "organizer": "reply+token@replies.tallyard.example",
        "attendee_name": "Okafor, Anna",
        "attendee": "anna@volvo.example",
    }
    return Invitation(**(values | fields))


def event_of(text: str) -> Any:
    (event,) = Calendar.from_ical(text).walk("VEVENT")
    return event


def test_an_invitation_is_a_request_that_any_calendar_can_answer() -> None:
    part = CALENDARS.write(asked())
    event = event_of(part.text)
    assert "\r\nMETHOD:REQUEST\r\n" in part.text
    assert (str(event["uid"]), event["sequence"]) == ("token-1@replies.tallyard.example", 2)
    assert (event["dtstart"].dt, event["dtend"].dt.minute) == (AT, 15)
    assert str(event["summary"]) == "Volvo / Tallyard; matching, again"
    assert str(event["description"]) == "First line\nสวัสดี"
    assert str(event["organizer"]) == "mailto:reply+token@replies.tallyard.example"
    assert event["attendee"].params["RSVP"] == "TRUE"
    assert all(len(line.encode()) <= 75 for line in part.text.split("\r\n"))


def test_the_same_invitation_is_the_same_file() -> None:
    assert CALENDARS.write(asked()) == CALENDARS.write(asked())


def test_one_that_is_called_off_says_so_under_the_same_identity() -> None:
    text = CALENDARS.write(asked(method=Method.CANCEL, sequence=3)).text
    event = event_of(text)
    assert "METHOD:CANCEL" in text
    assert (str(event["uid"]), event["sequence"], str(event["status"])) == (asked().uid, 3, "CANCELLED")


@pytest.mark.parametrize("said", ["ACCEPTED", "TENTATIVE", "DECLINED"])
def test_an_answer_is_read_with_the_version_it_is_about(said: str) -> None:
    text = CALENDARS.write(asked()).text.replace("METHOD:REQUEST", "METHOD:REPLY").replace("NEEDS-ACTION", said)
    assert CALENDARS.read(text) == CalendarAnswer(
        method=Method.REPLY,
        uid=asked().uid,
        sequence=2,
        answer=Answer(said.lower()),
        starts_at=AT,
        minutes=45,
    )


def test_another_time_is_read_in_the_zone_it_is_told_in() -> None:
    text = CALENDARS.write(asked()).text.replace("METHOD:REQUEST", "METHOD:COUNTER")
    text = text.replace("DTSTART:20260112T093000Z", "DTSTART;TZID=Europe/Stockholm:20260114T110000")
    found = CALENDARS.read(text)
    assert found is not None
    assert (found.method, found.starts_at) == (Method.COUNTER, datetime(2026, 1, 14, 10, tzinfo=UTC))


@pytest.mark.parametrize(
    "when", ["DTSTART;VALUE=DATE:20260114", "DTSTART:20260114T110000", "DTSTART:99999999T999999Z"]
)
def test_a_time_that_is_no_moment_is_none(when: str) -> None:
    text = CALENDARS.write(asked()).text.replace("METHOD:REQUEST", "METHOD:COUNTER")
    found = CALENDARS.read(text.replace("DTSTART:20260112T093000Z", when))
    assert found is None or found.starts_at is None


@pytest.mark.parametrize(
    "junk",
    [
        "",
        "hello",
        "BEGIN:VCALENDAR",
        "BEGIN:VCALENDAR\nEND:VCALENDAR",
        "BEGIN:VCALENDAR\nMETHOD:REPLY\nEND:VCALENDAR",
    ],
)
def test_what_is_no_answer_is_none(junk: str) -> None:
    assert CALENDARS.read(junk) is None


def test_an_endless_file_is_not_looked_at() -> None:
    assert CALENDARS.read(CALENDARS.write(asked(about="x" * LARGEST)).text) is None


@settings(deadline=None, max_examples=60)
@given(place=st.integers(0, 700), cut=st.integers(0, 40), junk=st.text(max_size=20))
def test_whatever_a_strange_program_writes_nothing_is_raised(place: int, cut: int, junk: str) -> None:
    text = CALENDARS.write(asked()).text.replace("METHOD:REQUEST", "METHOD:REPLY")
    found = CALENDARS.read(text[:place] + junk + text[place + cut :])
    assert found is None or found.uid
