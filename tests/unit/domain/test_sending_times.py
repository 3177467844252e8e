"""What the tests hold unit/domain to: windows, daylight saving, mailboxes and absences."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from closeloop.domain.business_days import Place, is_business_day
from closeloop.domain.mailboxes import leaving, mailbox_of, worked_by, written_by
from closeloop.domain.playbook import Playbook
from closeloop.domain.sending_rules import ALWAYS, Absence, Mailbox, Sending, WarmUp, Weekday, Window
from closeloop.domain.sending_times import leaves_at, next_opening, was_missed
from tests.unit.domain.people import NOW, playbook, prospect

NEW_YORK, BERLIN = Place("US", "America/New_York"), Place("DE", "Europe/Berlin")
HOURS = st.integers(0, 23)
HOUR = timedelta(hours=1)
MOMENTS = st.integers(0, 24 * 365 * 3).map(lambda hours: datetime(2025, 1, 1, tzinfo=UTC) + hours * HOUR)
PLACES = st.sampled_from([NEW_YORK, BERLIN, Place("SA", "Asia/Riyadh"), Place("AU", "Australia/Sydney"), Place()])


def with_sending(**fields: Any) -> Playbook:
    return playbook().model_copy(update={"sending": Sending(**fields)})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_a_window_opens_at_the_same_hour_before_and_after_the_clocks_change() -> None:
    friday_night, monday = at("2026-03-06T23:00:00+00:00"), "2026-03-09"
    assert leaves_at(friday_night, Window(), NEW_YORK) == at(f"{monday}T12:00:00+00:00"), "08:00 EDT"
    a_week_before = at("2026-02-27T23:00:00+00:00")
    assert leaves_at(a_week_before, Window(), NEW_YORK) == at("2026-03-02T13:00:00+00:00"), "08:00 EST"


def test_an_hour_that_the_clocks_jump_over_still_opens_the_window() -> None:
    night = Window(days=(Weekday.SUN,), opens=time(2, 30), closes=time(3, 30))
    opening = next_opening(at("2026-03-29T00:00:00+00:00"), night, BERLIN)
    assert opening.opens <= opening.closes
    assert opening.day == date(2026, 3, 29)


@given(moment=MOMENTS, opens=HOURS, long=st.integers(1, 23), place=PLACES)
def test_a_mail_leaves_at_a_working_hour_of_the_prospect_and_never_earlier_than_asked(
    moment: datetime, opens: int, long: int, place: Place
) -> None:
    window = Window(opens=time(opens), closes=time(opens + long) if opens + long < 24 else time.max)
    found = leaves_at(moment, window, place)
    there = found.astimezone(ZoneInfo(place.time_zone))
    assert found >= moment
    assert is_business_day(found, place)
    assert window.opens <= there.time() or there.utcoffset() != moment.astimezone(there.tzinfo).utcoffset()
    assert next_opening(moment, window, place).holds(found)
    assert leaves_at(found, window, place) == found


@given(moment=MOMENTS, place=PLACES)
def test_a_window_that_is_always_open_never_holds_a_mail(moment: datetime, place: Place) -> None:
    assert leaves_at(moment, ALWAYS, place) == moment


def test_named_days_leave_out_holidays_unless_told_otherwise() -> None:
    every_day = tuple(Weekday)
    new_year = at("2026-01-01T10:00:00+00:00")
    assert leaves_at(new_year, Window(days=every_day), BERLIN) == at("2026-01-02T07:00:00+00:00")
    assert leaves_at(new_year, Window(days=every_day, holidays=True), BERLIN) == new_year


def test_a_window_is_missed_only_when_it_has_opened_and_closed_since_the_mail_was_due() -> None:
    due = leaves_at(NOW, Window(), NEW_YORK)
    closing = next_opening(NOW, Window(), NEW_YORK).closes
    assert not was_missed(due, closing - timedelta(minutes=1), Window(), NEW_YORK)
    assert was_missed(due, closing, Window(), NEW_YORK)
    assert not was_missed(due + timedelta(hours=1), closing, Window(), NEW_YORK), "it had only a part of the window"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"window": {"opens": "18:00", "closes": "08:00"}}, "opens before it closes"),
        ({"window": {"opens": "8 o'clock"}}, "is no hour"),
        ({"window": {"opens": "25:00"}}, "is no hour"),
        ({"window": {"days": []}}, "at least one day"),
        ({"window": {"days": "business", "holidays": True}}, "never holidays"),
        ({"time_zone": "Europe/Londn"}, "no time zone"),
        (
            {"mailboxes": [{"email": "a@b.example", "name": "A"}, {"email": "a@b.example", "name": "B"}]},
            "same address",
        ),
        (
            {"mailboxes": [{"email": f"{n}@b.example", "name": n, "owners": ["X"]} for n in "ab"]},
            "two mailboxes write for X",
        ),
        (
            {
                "absences": [
                    {"owner": "X", "first_day": "2026-01-01", "last_day": "2026-01-02", "deputy": "c@b.example"}
                ]
            },
            "has no mailbox",
        ),
        ({"absences": [{"owner": "X", "first_day": "2026-01-03", "last_day": "2026-01-02"}]}, "before it begins"),
        (
            {
                "mailboxes": [
                    {"email": "a@b.example", "name": "A", "warm_up": {"starts_on": "2026-01-01", "first_day": 5}}
                ]
            },
            "daily_cap",
        ),
    ],
)
def test_a_rule_that_cannot_work_is_refused_in_words(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Sending.model_validate(wrong)


def test_a_mailbox_at_another_domain_is_refused_since_the_provider_would_refuse_it() -> None:
    with pytest.raises(ValidationError, match=r"anna@mail\.example is not at the domain of sender"):
        Playbook.model_validate(with_sending(mailboxes=(ANNA,)).model_dump())


def test_a_young_mailbox_grows_day_by_day_up_to_its_cap() -> None:
    warm_up = WarmUp(starts_on=date(2026, 1, 5), first_day=20, growth=1.5)
    box = Mailbox(email="a@b.example", name="A", daily_cap=100, warm_up=warm_up)
    caps = [box.cap_on(date(2026, 1, 4) + timedelta(days=n)) for n in range(7)]
    assert caps == [0, 20, 30, 45, 67, 100, 100]
    assert box.cap_on(date(2126, 1, 1)) == 100
    assert Mailbox(email="a@b.example", name="A").cap_on(date(2026, 1, 5)) is None


ANNA, BEN = (Mailbox(email=f"{n}@mail.example", name=n.title(), owners=(f"005{n}",)) for n in ("anna", "ben"))
TEAM = Mailbox(email="team@mail.example", name="Team")


def test_the_owner_s_mailbox_writes_and_the_one_that_began_goes_on() -> None:
    rules = with_sending(window=ALWAYS, mailboxes=(ANNA, BEN, TEAM))
    assert mailbox_of(prospect(owner_id="005ben"), rules) == BEN
    assert mailbox_of(prospect(owner_id="005ben", mailbox=ANNA.email), rules) == ANNA
    assert mailbox_of(prospect(owner_id="nobody"), rules) == TEAM
    assert mailbox_of(prospect(owner_id="005ben", mailbox="gone@mail.example"), rules) == BEN


def test_colleagues_without_an_owner_of_ours_hear_from_the_same_mailbox() -> None:
    boxes = tuple(Mailbox(email=f"{n}@mail.example", name=str(n)) for n in range(7))
    rules = with_sending(mailboxes=boxes)
    chosen = {mailbox_of(prospect(key=f"00Q{n}"), rules).email for n in range(20)}
    assert len(chosen) == 1
    others = {mailbox_of(prospect(domain=f"firm{n}.example"), rules).email for n in range(100)}
    assert len(others) == len(boxes)


def test_a_mail_is_signed_by_whoever_s_mailbox_it_leaves_from() -> None:
    rules = with_sending(mailboxes=(ANNA,))
    assert written_by(rules, ANNA.email).sender.name == "Anna"
    assert written_by(rules, rules.sender.email) is rules


def test_while_the_seller_is_away_the_mails_wait_and_leave_on_the_first_working_day_after() -> None:
    away = Absence(owner="005anna", first_day=date(2026, 1, 5), last_day=date(2026, 1, 9))
    found = leaving(
        prospect(owner_id="005anna"), with_sending(mailboxes=(ANNA,), absences=(away,)), NOW, answer=False
    )
    assert found.at == at("2026-01-12T07:00:00+00:00"), "Monday, 08:00 in Germany"
    assert found.mailbox == ANNA.email
    assert "away until 2026-01-09" in found.reasons[0]


def test_a_deputy_writes_meanwhile_where_one_is_named() -> None:
    away = Absence(owner="Anna", first_day=date(2026, 1, 5), last_day=date(2026, 1, 9), deputy=BEN.email)
    rules = with_sending(window=ALWAYS, mailboxes=(ANNA, BEN), absences=(away,))
    found = leaving(prospect(owner_id="005anna"), rules, NOW, answer=False)
    assert (found.at, found.mailbox) == (NOW, BEN.email)
    later = leaving(prospect(owner_id="005anna"), rules, NOW + timedelta(days=7), answer=False)
    assert later.mailbox == ANNA.email


def test_what_is_to_be_done_by_hand_goes_to_the_deputy_while_the_owner_is_away() -> None:
    away = Absence(owner="005anna", first_day=date(2026, 1, 5), last_day=date(2026, 1, 9), deputy=BEN.email)
    rules, person = with_sending(mailboxes=(ANNA, BEN), absences=(away,)), prospect(owner_id="005anna")
    assert worked_by(person, rules, NOW) == "005ben"
    assert worked_by(person, rules, NOW + timedelta(days=7)) == "005anna"
    waits = with_sending(mailboxes=(ANNA, BEN), absences=(away.model_copy(update={"deputy": None}),))
    assert worked_by(person, waits, NOW) == "005anna"


def test_two_absences_in_a_row_are_waited_for_together() -> None:
    rows = ((date(2026, 1, 5), date(2026, 1, 9)), (date(2026, 1, 12), date(2026, 1, 13)))
    away = tuple(Absence(owner="005anna", first_day=first, last_day=last) for first, last in rows)
    found = leaving(prospect(owner_id="005anna"), with_sending(mailboxes=(ANNA,), absences=away), NOW, answer=True)
    assert found.at.date() == date(2026, 1, 14)
