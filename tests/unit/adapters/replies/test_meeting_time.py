"""For when a meeting is proposed; every reply here came on Monday, 19 January 2026."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.adapters.replies.reader import RuleReplyReader
from closeloop.domain.signals import Label, Proposed, Understanding
from tests.unit.adapters.replies.labelled import understand

MONDAY = datetime(2026, 1, 19, 9, tzinfo=UTC)
READER = RuleReplyReader()


def _read(words: str) -> Understanding:
    return READER.understand(subject="Re: x", text=words, headers="", sender="a@b.example", received_at=MONDAY)


@pytest.mark.parametrize(
    ("words", "day", "hour"),
    [
        ("Happy to talk. Would 26 January 2026 at 16:00 work for you?", 26, "16:00"),
        ("Could we meet online on Monday, 26 January at 4 pm? Thirty minutes should do.", 26, "16:00"),
        ("Tuesday works for me, 3pm.", 20, "15:00"),
        ("I can't do Monday but Wednesday at 10 works", 21, "10:00"),
        ("Monday does not work, how about Thursday at noon?", 22, "12:00"),
        ("Could we meet Tuesday next week at 3?", 27, "15:00"),
        ("Let's have a call next week Thursday at 11.", 29, "11:00"),
        ("Please move our call from Monday to Wednesday 14:00", 21, "14:00"),
        ("Thursday suits me. 10:30 would be best.", 22, "10:30"),
        ("01/26/2026 at 4:15 p.m. works for me, send an invite", 26, "16:15"),
        ("can you do 26 January 2026 at 16:00? otherwise same time the day after", 26, "16:00"),
        ("Could we meet on 26 January? Send an invite.", 26, None),
        ("Gerne, lassen Sie uns telefonieren. Passt Ihnen 26. Januar 2026 um 16:00?", 26, "16:00"),
        ("Wie wäre ein Termin am Montag, den 26. Januar, um 16 Uhr?", 26, "16:00"),
        ("Am Montag kann ich nicht, aber Dienstag um 14.30 Uhr passt mir ein Termin gut.", 20, "14:30"),
        ("Podemos hablar el 26 de enero de 2026 a las 16:00. ¿Le viene bien?", 26, "16:00"),
        ("Le propongo una reunión el lunes 26 de enero a las 4 de la tarde.", 26, "16:00"),
        ("El lunes no puedo, pero podemos hablar el martes a las 10", 20, "10:00"),
        ("สะดวกคุยวันที่ 26 มกราคม 2026 เวลา 16:00 ไหมครับ รบกวนส่งนัดหมายมาให้ด้วย", 26, "16:00"),
        ("ขอนัดประชุมออนไลน์วันจันทร์ที่ 26 มกราคม 2569 บ่าย 2 โมงค่ะ", 26, "14:00"),
    ],
)
def test_the_day_and_the_hour_are_those_the_customer_named(words: str, day: int, hour: str | None) -> None:
    found = _read(words)
    assert found.primary is Label.MEETING
    assert found.proposed_for == Proposed(on=date(2026, 1, day), at=time.fromisoformat(hour) if hour else None)


def test_a_day_that_is_past_is_told_as_it_was_written() -> None:
    found = _read("Happy to talk. Would 26 January 2019 at 16:00 work for you?").proposed_for
    assert found is not None
    assert found.on == date(2019, 1, 26)


@pytest.mark.parametrize("words", ["Let's set up a call, send me an invite", "Happy to talk next month."])
def test_without_a_day_nothing_is_proposed(words: str) -> None:
    assert _read(words).proposed_for is None


def test_only_a_meeting_has_a_day_to_meet() -> None:
    assert _read("Please write again on 26 January 2026 at 16:00.").proposed_for is None
    assert understand("Not interested.").proposed_for is None


@given(
    day=st.dates(date(2026, 1, 20), date(2026, 6, 30)), hour=st.integers(8, 18), minute=st.sampled_from([0, 15, 30])
)
def test_every_day_and_hour_comes_back_as_it_was_said(day: date, hour: int, minute: int) -> None:
    found = _read(f"Could we meet on {day.day} {day:%B} {day.year} at {hour}:{minute:02}?").proposed_for
    assert found == Proposed(on=day, at=time(hour, minute))
