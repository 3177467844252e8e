"""When to come back, said in many ways; every reply here came on Monday, 23 November 2026."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.adapters.replies.dates import resume_on
from closeloop.adapters.replies.mentions import mentions
from closeloop.adapters.replies.normal import plain
from closeloop.adapters.replies.rulebook import LANGUAGES, rulebook

TODAY = date(2026, 11, 23)


def _said(sentence: str, language: str, *, absence: bool = False, today: date = TODAY) -> str:
    time = rulebook().languages[language].time
    return str(resume_on(plain(sentence), time, today, absence=absence))


@pytest.mark.parametrize(
    ("sentence", "language", "day"),
    [
        ("Write again on 14 March", "en", "2027-03-14"),
        ("try March 14th, 2028", "en", "2028-03-14"),
        ("not before 2027-02-01", "en", "2027-02-01"),
        ("after 15/01/2027", "en", "2027-01-18"),
        ("call me on 12/01", "en", "2026-12-01"),
        ("call me on 25/12", "en", "2026-12-25"),
        ("in Q3", "en", "2027-07-01"),
        ("in Q4", "en", "2027-10-01"),
        ("in the second quarter of 2028", "en", "2028-04-01"),
        ("in H2", "en", "2027-07-01"),
        ("in two weeks", "en", "2026-12-07"),
        ("in a couple of months", "en", "2027-01-23"),
        ("in half a year", "en", "2027-05-23"),
        ("in 10 days' time", "en", "2026-12-03"),
        ("next month", "en", "2026-12-01"),
        ("next week", "en", "2026-11-30"),
        ("next quarter", "en", "2027-01-01"),
        ("early next year", "en", "2027-01-01"),
        ("in the new year", "en", "2027-01-01"),
        ("in November", "en", "2027-11-01"),
        ("mid January", "en", "2027-01-15"),
        ("in May", "en", "2027-05-01"),
        ("after the summer", "en", "2027-09-01"),
        ("after Easter", "en", "2027-03-30"),
        ("on Friday", "en", "2026-11-27"),
        ("on Monday", "en", "2026-11-30"),
        ("tomorrow", "en", "2026-11-24"),
        ("nothing at all", "en", "None"),
        ("am 14.03.", "de", "2027-03-14"),
        ("am 14. März wieder", "de", "2027-03-14"),
        ("im Februar", "de", "2027-02-01"),
        ("in drei Wochen", "de", "2026-12-14"),
        ("Anfang nächsten Jahres", "de", "2027-01-01"),
        ("nächsten Monat", "de", "2026-12-01"),
        ("im 2. Quartal", "de", "2027-04-01"),
        ("in KW 5", "de", "2027-02-01"),
        ("nach den Sommerferien", "de", "2027-09-01"),
        ("el 14 de marzo", "es", "2027-03-14"),
        ("en febrero", "es", "2027-02-01"),
        ("dentro de dos meses", "es", "2027-01-23"),
        ("el próximo trimestre", "es", "2027-01-01"),
        ("después del verano", "es", "2027-09-01"),
        ("วันที่ 14 มีนาคม 2570", "th", "2027-03-14"),
        ("เดือนหน้า", "th", "2026-12-01"),
        ("อีก 2 สัปดาห์", "th", "2026-12-07"),
        ("ไตรมาส 3", "th", "2027-07-01"),
        ("๑๔ มีนาคม", "th", "2027-03-14"),
    ],
)
def test_a_time_to_come_back(sentence: str, language: str, day: str) -> None:
    assert _said(sentence, language) == day


@pytest.mark.parametrize(
    ("sentence", "language", "day"),
    [
        ("I am away until 4 December.", "en", "2026-12-07"),
        ("I am out of the office until Thursday.", "en", "2026-11-27"),
        ("Back on Monday 30 November.", "en", "2026-11-30"),
        ("I will return on 2 December.", "en", "2026-12-02"),
        ("I will not be back until 2 December.", "en", "2026-12-02"),
        ("On leave from 23 November to 11 December.", "en", "2026-12-14"),
        ("I am away 23/11/2026 - 27/11/2026.", "en", "2026-11-30"),
        ("Out from 1 to 14 March, back on 15 March.", "en", "2027-03-15"),
        ("I am out until 20 November.", "en", "2026-11-23"),
        ("Ich bin bis 14.03. nicht im Haus.", "de", "2027-03-15"),
        ("Ich bin vom 23.11. bis einschließlich 11.12.2026 im Urlaub.", "de", "2026-12-14"),
        ("Ab dem 7. Dezember bin ich wieder da.", "de", "2026-12-07"),
        ("Estaré fuera hasta el 4 de diciembre.", "es", "2026-12-07"),
        ("Vuelvo el 9 de diciembre.", "es", "2026-12-09"),
        ("ลาพักร้อนถึงวันที่ 4 ธันวาคม 2569", "th", "2026-12-07"),
        ("กลับมาทำงานวันที่ 9 ธันวาคม", "th", "2026-12-09"),
    ],
)
def test_after_a_last_day_of_absence_comes_the_next_weekday(sentence: str, language: str, day: str) -> None:
    assert _said(sentence, language, absence=True) == day


@given(
    sentence=st.text(alphabet="0123456789./- qhinuntilaftermachweek", max_size=60),
    language=st.sampled_from(LANGUAGES),
    today=st.dates(date(2020, 1, 1), date(2100, 1, 1)),
    absence=st.booleans(),
)
def test_no_number_is_an_impossible_date(sentence: str, language: str, today: date, absence: bool) -> None:
    _said(sentence, language, absence=absence, today=today)


@given(day=st.dates(date(2026, 11, 23), date(2027, 11, 20)))
def test_any_day_of_the_coming_year_is_found_without_its_year(day: date) -> None:
    assert _said(f"try again on {day:%-d %B}", "en") == day.isoformat()
    assert _said(f"am {day.day}.{day.month}.", "de") == day.isoformat()


def test_where_two_readings_overlap_the_exact_one_counts_once() -> None:
    found = mentions("on 14 march 2027", rulebook().languages["en"].time, TODAY)
    assert [mention.on for mention in found] == [date(2027, 3, 14)]
