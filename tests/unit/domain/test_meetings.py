"""A meeting is planned for the day the customer named, and its owner hears of it."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

import pytest

from closeloop.domain.decisions import Advance, AskHuman
from closeloop.domain.meetings import over, plan_meeting
from closeloop.domain.presentation import decide
from closeloop.domain.prospect import NextStep, Prospect
from closeloop.domain.replies import on_reply
from closeloop.domain.signals import Label, Proposed, Understanding
from closeloop.domain.stage import Profile, Stage
from closeloop.domain.transitions import apply
from tests.unit.domain.people import NOW, playbook, prospect

IN_TWO_WEEKS = NOW.date() + timedelta(days=14)


def agrees(proposed: Proposed | None) -> Understanding:
    return Understanding(labels=(Label.MEETING,), primary=Label.MEETING, confidence=0.9, proposed_for=proposed)


def after(person: Prospect, proposed: Proposed | None) -> tuple[Prospect, list[str]]:
    tasks: list[str] = []
    for decision in on_reply(person, agrees(proposed), playbook(), NOW):
        applied = apply(decision, person, playbook(), NOW)
        person = applied.prospect
        tasks += [action.payload["subject"] for action in applied.actions if "priority" in action.payload]
    return person, tasks


@pytest.mark.parametrize("stage", [Stage.APPROACH, Stage.PRESENTATION, Stage.CLOSING])
def test_a_meeting_is_planned_for_the_day_that_was_named_and_the_owner_prepares_it(stage: Stage) -> None:
    person, tasks = after(prospect(stage=stage), Proposed(on=IN_TWO_WEEKS, at=time(16)))
    assert person.stage is Stage.PRESENTATION
    assert person.is_open_deal
    assert person.next_step == NextStep(what="Meeting with Okafor, 16:00 their time", on=IN_TWO_WEEKS)
    assert tasks == [
        f"Prepare the meeting on {IN_TWO_WEEKS:%A, %-d %B}, 16:00 their time: Anna Okafor, Volvo is invited. "
        "To move it or call it off, change the Event"
    ]
    assert person.due_at is not None
    assert person.due_at.date() > IN_TWO_WEEKS


@pytest.mark.parametrize("days", [-2600, -1, 184, 4000])
def test_a_day_that_cannot_be_kept_is_named_and_not_planned_for(days: int) -> None:
    absurd = NOW.date() + timedelta(days=days)
    person, tasks = after(prospect(stage=Stage.APPROACH), Proposed(on=absurd))
    assert person.next_step is not None
    assert timedelta(0) < person.next_step.on - NOW.date() <= timedelta(days=5)
    assert tasks[0].startswith("Agree on a day for the meeting with Anna Okafor, Volvo: they named")
    assert f"{absurd:%Y-%m-%d}" in tasks[0]


def test_without_a_day_the_owner_is_asked_to_agree_on_one() -> None:
    person, tasks = after(prospect(stage=Stage.APPROACH), None)
    assert person.next_step is not None
    assert person.next_step.what == "Meeting with Okafor (day to be agreed)"
    assert "they named no day" in tasks[0]


def test_the_day_of_the_meeting_still_belongs_to_it_and_the_day_after_it_has_passed() -> None:
    step = NextStep(what="Meeting with Okafor", on=NOW.date())
    assert over(step, NOW) is None
    assert over(step, NOW + timedelta(days=1)) == f"the meeting agreed for {NOW:%-d %B %Y} has passed"


def test_a_day_nobody_agreed_to_is_never_called_agreed() -> None:
    step = plan_meeting(prospect(), None, NOW).next_step
    passed = over(step, NOW + timedelta(days=9))
    assert passed is not None
    assert "planned for" in passed


def test_the_offer_follows_the_meeting_and_says_which() -> None:
    person, _ = after(prospect(stage=Stage.APPROACH), Proposed(on=IN_TWO_WEEKS))
    assert person.due_at is not None
    decision = decide(person, playbook(), person.due_at)
    assert isinstance(decision, Advance)
    assert decision.to is Stage.CLOSING
    assert decision.reasons == (f"the meeting agreed for {IN_TWO_WEEKS:%-d %B %Y} has passed",)


def test_a_meeting_that_is_moved_is_planned_for_the_new_day_and_confirmed_again() -> None:
    person, _ = after(prospect(stage=Stage.APPROACH), Proposed(on=IN_TWO_WEEKS))
    moved, tasks = after(person, Proposed(on=IN_TWO_WEEKS + timedelta(days=2)))
    assert moved.next_step is not None
    assert moved.next_step.on == IN_TWO_WEEKS + timedelta(days=2)
    assert tasks[0].startswith("Prepare the meeting on")


def test_the_task_fits_the_crm_whatever_the_name() -> None:
    fields: dict[str, Any] = {"last_name": "x" * 300, "company": "y" * 300}
    for proposed in (None, Proposed(on=IN_TWO_WEEKS), Proposed(on=date(1900, 1, 1))):
        decisions = on_reply(prospect(stage=Stage.APPROACH, **fields), agrees(proposed), playbook(), NOW)
        assert all(len(d.subject) <= 255 for d in decisions if isinstance(d, AskHuman))


def test_a_deal_keeps_its_amount_when_it_meets_again() -> None:
    person = prospect(stage=Stage.PRESENTATION, profile=Profile.OPPORTUNITY, amount=5)
    moved, _ = after(person, Proposed(on=IN_TWO_WEEKS))
    assert moved.amount == 5
