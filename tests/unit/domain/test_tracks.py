"""The tracks of a customer: what is next and when, over years; and what their answers change."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from closeloop.domain.decisions import AskHuman, Felt, HandOver, Hold, Touch
from closeloop.domain.follow_up import decide
from closeloop.domain.follow_up_rules import FollowUp, Renewal, Track, months_later
from closeloop.domain.hand_over import hand_over, successor
from closeloop.domain.playbook import Playbook
from closeloop.domain.prospect import Prospect
from closeloop.domain.replies import on_reply
from closeloop.domain.routing import DaysAway, Routing, Seller, Territory
from closeloop.domain.satisfaction import Mood, mood_of
from closeloop.domain.sending_rules import Absence, Mailbox
from closeloop.domain.signals import Label, Understanding
from closeloop.domain.stage import Profile, Stage, Standing
from closeloop.domain.tracks import next_day
from closeloop.domain.transitions import apply
from tests.unit.domain.people import NOW, playbook, prospect

OLD, NEW = "005000000000101AAA", "005000000000102AAA"


def customer(**fields: Any) -> Prospect:
    values: dict[str, Any] = {
        "stage": Stage.FOLLOW_UP,
        "standing": Standing.CUSTOMER,
        "profile": Profile.OPPORTUNITY,
        "closed_at": NOW,
        "last_touch_at": NOW - timedelta(days=2),
        "due_at": NOW + timedelta(days=3),
    }
    return prospect(**(values | fields))


def lived(person: Prospect, days: int, rules: Playbook | None = None) -> tuple[list[tuple[int, str]], Prospect]:
    """Day and track of every mail in so many days, each pass on the day that was said."""
    book, told = rules or playbook(), []
    while person.due_at is not None and person.due_at <= NOW + timedelta(days=days):
        now = person.due_at
        decision = decide(person, book, now)
        if isinstance(decision, Touch):
            told.append(((now - NOW).days, str(decision.track)))
        else:
            assert isinstance(decision, Hold)
        person = apply(decision, person, book, now).prospect
        assert person.due_at is not None
        assert person.due_at > now, "a pass always ends"
    return told, person


def says(words: str, label: Label = Label.OTHER, **fields: Any) -> Understanding:
    return Understanding(labels=(label,), primary=label, confidence=0.4, abstained=True, said=words, **fields)


def test_the_first_year_of_a_customer_and_it_never_ends() -> None:
    told, after = lived(customer(), 400)
    names = [name for _, name in told]
    assert told[0] == (3, "onboarding")
    assert names.count("onboarding") == 3
    assert "referral" not in names, "nobody is asked for names who has not said that they are satisfied"
    renewals = [day for day, name in told if name == "renewal"]
    assert renewals[0] in range(275, 279)
    assert len(renewals) == 3
    assert after.due_at is not None
    assert len(lived(after, 3650)[0]) > 50


def test_the_second_term_is_renewed_in_its_turn() -> None:
    told, _ = lived(customer(), 740)
    renewals = [day for day, name in told if name == "renewal"]
    assert [day // 365 for day in renewals] == [0, 0, 0, 1, 1, 1]


@settings(deadline=None, max_examples=25)
@given(
    won=st.integers(0, 900),
    satisfied=st.none() | st.integers(0, 400),
    pause=st.integers(1, 30),
    tracks=st.sets(st.sampled_from(["onboarding", "satisfaction", "expansion", "referral", "renewal"])),
)
def test_whatever_tracks_there_are_two_mails_are_never_nearer_than_the_pause(
    won: int, satisfied: int | None, pause: int, tracks: set[str]
) -> None:
    kept = playbook().follow_up.tracks.model_copy(
        update={
            name: None
            for name in ("onboarding", "satisfaction", "expansion", "referral", "renewal")
            if name not in tracks
        }
        | {"pause_days": pause}
    )
    book = playbook().model_copy(update={"follow_up": playbook().follow_up.model_copy(update={"tracks": kept})})
    happy = None if satisfied is None else NOW + timedelta(days=satisfied)
    person = customer(closed_at=NOW - timedelta(days=won), satisfied_at=happy)
    told, _ = lived(person, 900, book)
    days = [day for day, _ in told]
    assert all(later - earlier >= pause for earlier, later in pairwise(days))
    assert {name for _, name in told} <= tracks | {"customer"}
    assert told


@pytest.mark.parametrize(
    ("words", "mood"),
    [
        ("9", Mood.SATISFIED),
        ("I'd say 10/10, the team loves it", Mood.SATISFIED),
        ("8", Mood.NEUTRAL),
        ("A 4 out of 10. Nobody answers.", Mood.DISSATISFIED),
        ("We are very happy with it so far", Mood.SATISFIED),
        ("Honestly we are not happy with it", Mood.DISSATISFIED),
        ("พอใจมาก", Mood.SATISFIED),
        ("ไม่พอใจ", Mood.DISSATISFIED),
        ("Call me at 10:30 or on 9 March 2026", None),
        ("between 7 and 9", None),
        ("works well, but problems with the export", None),
        ("Thanks, will look at it", None),
        ("We pay 4.5 per head", None),
    ],
)
def test_a_mood_is_read_from_a_number_or_from_plain_words(words: str, mood: Mood | None) -> None:
    found = mood_of(words)
    assert (found[0] if found else None) is mood


def test_a_satisfied_answer_is_the_moment_to_ask_for_names() -> None:
    person = customer(closed_at=NOW - timedelta(days=60), tracks={"onboarding": 3, "satisfaction": 1})
    (felt,) = on_reply(person, says("9, it works well"), playbook(), NOW)
    assert isinstance(felt, Felt)
    after = apply(felt, person, playbook(), NOW).prospect
    assert after.due_at is not None
    touch = decide(after, playbook(), after.due_at)
    assert isinstance(touch, Touch)
    assert (touch.track, touch.template) == ("referral", "follow_up_referral")
    asked = apply(touch, after, playbook(), after.due_at).prospect
    again, _ = lived(asked.model_copy(update={"satisfied_at": asked.last_touch_at}), 300)
    assert "referral" not in [name for _, name in again], "asked once a year, however happy they are"


def test_a_bad_number_is_a_call_today_and_no_offer_to_buy_more() -> None:
    person = customer(closed_at=NOW - timedelta(days=60), tracks={"onboarding": 3, "satisfaction": 1})
    (felt,) = on_reply(person, says("3"), playbook(), NOW)
    applied = apply(felt, person, playbook(), NOW)
    assert [action.payload["subject"] for action in applied.actions] == [
        "Call Volvo today: they are not satisfied (3 of 10)"
    ]
    told, _ = lived(applied.prospect, 300)
    assert told[0][0] >= 14
    assert {"expansion", "referral"}.isdisjoint(name for _, name in told)


def test_a_number_in_the_middle_is_asked_about_by_a_person() -> None:
    (asked,) = on_reply(customer(), says("7"), playbook(), NOW)
    assert isinstance(asked, AskHuman)
    assert "7 of 10" in asked.subject


def test_a_stop_ends_it_whatever_the_mood() -> None:
    stop = says("10, but stop writing", Label.UNSUBSCRIBE, stop=True)
    after = apply(on_reply(customer(), stop, playbook(), NOW)[0], customer(), playbook(), NOW).prospect
    assert (after.standing, after.due_at) == (Standing.STOPPED, None)


@pytest.mark.parametrize(
    ("rules", "complaint"),
    [
        ({"on_days": [10, 5]}, "slows down"),
        ({"on_days": [0, 30, 40]}, "slows down"),
        ({"on_days": [0, 90], "again_days": 30}, "slows down"),
    ],
)
def test_a_track_that_speeds_up_is_refused(rules: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        Track(template="follow_up_onboarding", **rules)


@pytest.mark.parametrize("days", [[14, 45], [45, 45], [], [400]])
def test_a_renewal_comes_nearer_within_its_term(days: list[int]) -> None:
    with pytest.raises(ValidationError):
        Renewal(template="follow_up_renewal", before_days=tuple(days))


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 11, 15), 14, date(2028, 1, 15)),
    ],
)
def test_a_term_ends_on_the_same_day_of_its_last_month(day: date, months: int, then: date) -> None:
    assert months_later(day, months) == then


def test_a_playbook_without_tracks_keeps_its_cadence() -> None:
    plain = FollowUp(**{name: getattr(playbook().follow_up, name) for name in ("customer", "nurture", "win_back")})
    book = playbook().model_copy(update={"follow_up": plain})
    told, _ = lived(customer(due_at=NOW + timedelta(days=plain.first_wait)), 200, book)
    assert {name for _, name in told} == {"customer"}
    assert [day for day, _ in told][:2] == [14, 44]


# hand-over


def team(**follow_up: Any) -> Playbook:
    sellers = (Seller(id=OLD, name="Ines Albrecht"), Seller(id=NEW, name="Tom Reyes"))
    everybody = Territory(name="everybody", sellers=("Ines Albrecht", "Tom Reyes"))
    boxes = tuple(
        Mailbox(email=f"{name.split()[0].lower()}@mail.tallyard.example", name=name, owners=(owner,))
        for name, owner in (("Ines Albrecht", OLD), ("Tom Reyes", NEW))
    )
    book = playbook()
    return book.model_copy(
        update={
            "routing": Routing(sellers=sellers, territories=(everybody,)),
            "sending": book.sending.model_copy(update={"mailboxes": boxes} | follow_up),
        }
    )


def ines_customer() -> Prospect:
    return customer(owner_id=OLD, owner_name="Ines Albrecht", mailbox="ines@mail.tallyard.example")


def test_an_owner_who_left_is_followed_by_a_seller_who_is_there() -> None:
    found = hand_over(ines_customer(), team(), NOW, inactive=True)
    assert found is not None
    assert (found.to_id, found.to_name) == (NEW, "Tom Reyes")
    applied = apply(found, ines_customer(), team(), NOW)
    after = applied.prospect
    assert (after.owner_id, after.mailbox, after.handed_over_from) == (NEW, None, "Ines Albrecht")
    (task,) = applied.actions
    assert task.payload["asked_of"] == NEW
    assert task.payload["subject"].startswith("Take over Volvo: Ines Albrecht looked after them and is no longer")
    assert hand_over(after, team(), NOW) is None


def test_the_next_mail_is_the_new_owners_and_names_the_old_one_once() -> None:
    found = hand_over(ines_customer(), team(), NOW, inactive=True)
    assert found is not None
    person = apply(found, ines_customer(), team(), NOW).prospect
    due = next_day(person, team().follow_up)
    touch = decide(person, team(), due)
    applied = apply(touch, person, team(), due)
    (mail,) = applied.actions
    assert mail.payload["mailbox"] == "tom@mail.tallyard.example"
    assert mail.payload["handed_over_from"] == "Ines Albrecht"
    assert applied.prospect.handed_over_from is None


def test_where_nobody_is_named_a_person_chooses_and_is_asked_once() -> None:
    found = hand_over(ines_customer(), playbook(), NOW, inactive=True)
    assert isinstance(found, HandOver)
    after = apply(found, ines_customer(), playbook(), NOW).prospect
    assert (after.owner_id, after.owner_left) == (OLD, OLD)
    assert hand_over(after, playbook(), NOW, inactive=True) is None


@pytest.mark.parametrize(("days", "left"), [(29, False), (30, True)])
def test_an_absence_beyond_the_limit_counts_as_having_left(days: int, left: bool) -> None:
    away = Absence(owner="Ines Albrecht", first_day=NOW.date(), last_day=NOW.date() + timedelta(days=days))
    found = decide(ines_customer(), team(absences=(away,)), NOW + timedelta(days=3))
    assert isinstance(found, HandOver) is left


def test_who_is_away_themselves_takes_over_nothing() -> None:
    book = team()
    time_off = DaysAway(first_day=NOW.date(), last_day=NOW.date() + timedelta(days=9))
    gone = book.routing.sellers[1].model_copy(update={"away": (time_off,)})
    away = book.routing.model_copy(update={"sellers": (book.routing.sellers[0], gone)})
    assert successor(ines_customer(), book.model_copy(update={"routing": away}), NOW.date()) == (None, "")


def test_the_relation_stays_with_an_owner_who_is_there() -> None:
    assert hand_over(ines_customer(), team(), datetime(2031, 1, 5, tzinfo=NOW.tzinfo)) is None
