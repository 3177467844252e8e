"""What the tests hold the whole process to: after a first objection at least five follow-ups, unless they stop us.

Random histories over the fakes: whatever a person says or does next, and whenever, short of a yes, a stop or
something that a person of ours takes over.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closeloop.domain.actions import ActionKind, ActionState
from closeloop.domain.decisions import Channel
from closeloop.domain.playbook import Playbook
from closeloop.domain.prospect import Prospect
from closeloop.domain.sending_rules import Window
from closeloop.domain.signals import STOPPING_LABELS, Label, SignalKind, Understanding
from closeloop.domain.stage import Stage, Standing
from tests.fakes.services import DAY, Company, FirstWordReader
from tests.unit.domain.people import playbook, shipped_playbook

OBJECTIONS = [label for label in Label if label.is_objection and label is not Label.BRUSH_OFF]
HARMLESS = [Label.OUT_OF_OFFICE, Label.AUTO_REPLY, *OBJECTIONS]
EVENTS = [SignalKind.DELIVERED, SignalKind.OPENED, SignalKind.CLICKED, SignalKind.BLOCKED, SignalKind.PROCESSED]
HISTORIES = st.lists(st.tuples(st.integers(0, 25), st.sampled_from([*HARMLESS, *EVENTS])), max_size=6)
PASSES = ("receive", "approach", "presentation", "objections", "closing", "follow_up", "deliver")


class AwayUntil(FirstWordReader):
    """An absence note names the day behind the word."""

    def understand(self, **given: Any) -> Understanding:
        found = super().understand(**given)
        back = found.said.strip()
        return found.model_copy(update={"resume_on": datetime.fromisoformat(back)}) if back else found


def live(company: Company, days: int) -> None:
    """So many days, one pass a day; days on which nothing is due are left out."""
    end = company.now + days * DAY
    while company.now < end:
        for name in PASSES:
            company.run(name)
        dues = [person.due_at for person in company.ledger.people.values() if person.due_at]
        dues += [mail.due_at for mail in company.ledger.in_state(ActionState.PLANNED, ActionKind.EMAIL, 99)]
        ahead = max(1, (min(dues, default=end) - company.now).days)
        company.wait(min(ahead * DAY, end - company.now))


def answers_given(company: Company, person: Prospect) -> list[str]:
    """What the objection stage did for this prospect: by mail, or by asking the owner to answer."""
    theirs = (row for row in company.ledger.decided if row.prospect_key == person.key)
    return [row.kind for row in theirs if row.rule.startswith("objections.") and row.kind in {"Touch", "AskHuman"}]


@settings(max_examples=25, deadline=None)
@given(first=st.sampled_from([*OBJECTIONS, Label.BRUSH_OFF]), history=HISTORIES)
def test_after_a_first_objection_we_come_back_at_least_five_times(
    first: Label, history: list[tuple[int, Label | SignalKind]]
) -> None:
    company = Company()
    person = company.written_to()
    company.deliver()
    company.wait(DAY)
    company.receive(company.reply(person, first))
    for wait, what in history:
        live(company, wait)
        is_reply = isinstance(what, Label)
        company.receive(company.reply(person, what) if is_reply else company.signal(what, person))  # type: ignore[arg-type]
    live(company, 300)
    assert company.see(person).standing is not Standing.STOPPED
    given_to_it = answers_given(company, person)
    assert len(given_to_it) >= 6, "the answer and five follow-ups"
    assert given_to_it.count("AskHuman") <= len(history), "only what is said again goes to a person"
    sent = [m for m in company.mailer.sent if ":objection_" in m.action_key or ":brush_off" in m.action_key]
    assert len(sent) >= given_to_it.count("Touch") - len(company.human_tasks(person))


@pytest.mark.parametrize("stop", sorted(STOPPING_LABELS))
def test_a_person_who_stops_us_gets_nothing_more(company: Company, stop: Label) -> None:
    person = company.written_to()
    company.receive(company.reply(person, Label.OBJECTION_PRICE))
    company.receive(company.reply(person, stop))
    before = len(company.mailer.sent)
    live(company, 200)
    assert len(company.mailer.sent) == before
    asks = stop in {Label.WRONG_PERSON, Label.LEFT_COMPANY, Label.LEGAL}
    assert bool(company.human_tasks(person)) == asks


@pytest.mark.parametrize(
    ("label", "words"),
    [(Label.WRONG_PERSON, "find the right one at Volvo"), (Label.LEFT_COMPANY, "find the successor")],
)
def test_the_owner_is_asked_to_find_the_right_person(company: Company, label: Label, words: str) -> None:
    person = company.written_to()
    company.receive(company.reply(person, label))
    (task,) = company.human_tasks(person)
    assert words in task


def test_an_absence_pauses_the_sequence_until_the_day_and_then_it_goes_on(company: Company) -> None:
    company.with_services(reader=AwayUntil())
    person = company.written_to()
    company.deliver()
    back = company.now + 20 * DAY
    company.receive(company.reply(person, Label.OUT_OF_OFFICE, back.isoformat()))
    live(company, 20)
    assert len(company.mailer.sent) == 1
    live(company, 4)
    assert len(company.mailer.sent) == 2
    after = company.see(person)
    assert after.enrollment is not None
    assert (after.stage, after.enrollment.step) == (Stage.APPROACH, 2)


def test_a_named_day_is_that_day_wherever_the_person_lives(company: Company) -> None:
    company.with_services(reader=AwayUntil())
    person = company.written_to(country="US")
    company.deliver()
    company.receive(company.reply(person, Label.OUT_OF_OFFICE, "2026-01-12T00:00:00+00:00"))
    due = company.see(person).due_at
    assert due is not None
    assert due.date() == date(2026, 1, 12), "a Monday; midnight there in London is Sunday evening in New York"
    company.receive(company.reply(person, Label.OUT_OF_OFFICE, "2026-01-19T00:00:00+00:00"))
    due = company.see(person).due_at
    assert due is not None
    assert due.date() == date(2026, 1, 20), "the nineteenth is a public holiday in the United States"


def test_not_now_sleeps_until_the_day_they_named(company: Company) -> None:
    company.with_services(reader=AwayUntil())
    person = company.written_to()
    company.deliver()
    company.receive(company.reply(person, Label.NOT_NOW, (company.now + 60 * DAY).isoformat()))
    live(company, 60)
    assert len(company.mailer.sent) == 1
    assert company.see(person).standing is Standing.NURTURE
    live(company, 5)
    assert len(company.mailer.sent) == 2


def test_a_referral_opens_the_colleague_with_who_named_them(company: Company) -> None:
    person = company.written_to()
    company.receive(company.reply(person, Label.REFERRAL, "Bo Lind <bo.lind@volvo.example>"))
    company.wait(timedelta(hours=1))
    company.run("pull")
    (key,) = company.ledger.by_address(["bo.lind@volvo.example"]).values()
    opened = company.ledger.people[key]
    assert opened.lead_source == "Referral"
    assert opened.referred_by is not None
    assert opened.referred_by.startswith("Anna")


def big_deals_to_a_person(limit: int) -> Playbook:
    answers = tuple(a.model_copy(update={"hand_to_human_from": limit}) for a in playbook().objections.answers)
    rules = playbook().objections.model_copy(update={"answers": answers})
    return playbook().model_copy(update={"objections": rules})


@pytest.mark.parametrize(("amount", "by_a_person"), [(50_000, True), (49_999, False), (None, False)])
def test_an_objection_in_a_big_deal_goes_to_a_person_with_the_draft(
    company: Company, amount: int | None, by_a_person: bool
) -> None:
    company.with_services(playbook=big_deals_to_a_person(50_000))
    person = company.person(amount=amount)
    company.receive(company.reply(person, Label.OBJECTION_PRICE))
    company.run("objections")
    assert bool(company.human_tasks(person)) == by_a_person
    assert bool(company.mails(person)) != by_a_person
    if by_a_person:
        reason = company.ledger.decided[-1].reasons[0]
        assert "from a deal of 50,000 on" in reason
        assert "Draft: " in company.human_tasks(person)[0]


def test_the_shipped_playbook_writes_in_business_hours_and_answers_a_little_longer() -> None:
    rules = shipped_playbook().sending
    assert rules.window == Window()
    assert rules.answers.opens < rules.window.opens
    assert rules.answers.closes > rules.window.closes
    (box,) = rules.mailboxes
    assert box.email == shipped_playbook().sender.email
    assert box.cap_on(date(2026, 1, 5)) is not None
    assert all(step.channel in Channel for steps in shipped_playbook().sequences.values() for step in steps)
