"""Invitations: what goes into the customer's calendar, and what their calendar answers (iTIP, RFC 5546).

Invariant: an answer counts only for the meeting and the version it is about; a stale one changes nothing.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

from closeloop.domain.appointments import Answer, Appointment
from closeloop.domain.business_days import add_business_days, place_of
from closeloop.domain.decisions import Arrange, AskHuman, Channel, Decision, Hold, Touch
from closeloop.domain.prospect import MEETING, NextStep, Prospect
from closeloop.domain.record import Moment, Record
from closeloop.domain.stage import Standing

INVITATION = "meeting_invitation"
CALLED_OFF = "meeting_called_off"
DAYS_TO_AGREE_ANEW = 3


class Method(StrEnum):
    """What a calendar part asks or says."""

    REQUEST = "REQUEST"
    REPLY = "REPLY"
    COUNTER = "COUNTER"
    CANCEL = "CANCEL"


class CalendarPart(Record):
    """What is attached to a mail of ours."""

    method: Literal[Method.REQUEST, Method.CANCEL]
    text: str
    """The whole iCalendar object."""


class Invitation(Record):
    """A meeting as it is written into a calendar part."""

    method: Literal[Method.REQUEST, Method.CANCEL]
    uid: str
    sequence: int
    starts_at: Moment
    minutes: int
    written_at: Moment
    title: str
    about: str
    organizer_name: str
    organizer: str
    """Where answers go: the address that leads a reply back to its prospect."""
    attendee_name: str
    attendee: str


class CalendarAnswer(Record):
    """What a calendar wrote to us."""

    method: Method
    uid: str
    sequence: int = 0
    answer: Answer | None = None
    """Of a reply."""
    starts_at: Moment | None = None
    """The time a counter proposal or an invitation of theirs names."""
    minutes: int | None = None


def uid_of(number: int, token: str, domain: str) -> str:
    """The identity of a person's meeting, in every version of it; `token` is what leads back to the person."""
    return f"{token}-{number}@{domain}"


def invitation(until: datetime) -> Touch:
    """The mail with the invitation to what is agreed; `until`: when the prospect is looked at again."""
    return _mail(INVITATION, "presentation.invitation", "a meeting that is agreed goes into both calendars", until)


def cancellation(until: datetime) -> Touch:
    """The mail that takes the meeting out of the customer's calendar."""
    return _mail(CALLED_OFF, "presentation.called_off", "whoever holds an invitation hears that it is off", until)


def _mail(template: str, rule: str, reason: str, until: datetime) -> Touch:
    return Touch(
        rule=rule,
        reasons=(reason,),
        channel=Channel.EMAIL,
        template=template,
        step=1,
        sequence=template,
        is_answer=True,
        then_wait_until=until,
    )


def on_answer(prospect: Prospect, said: CalendarAnswer, now: datetime) -> tuple[Decision, ...]:
    """What an accepted, tentative or declined invitation leads to; `said` is about the present meeting."""
    meets = prospect.appointment
    if meets is None or prospect.standing is not Standing.OPEN:
        return (_stale(prospect, "there is no meeting with them any more"),)
    if meets.on < now.date():
        return (_stale(prospect, f"the meeting of {meets.on:%-d %B %Y} has passed"),)
    if said.sequence < meets.sequence:
        return (_stale(prospect, f"it is about version {said.sequence}, by now it is version {meets.sequence}"),)
    if said.method is Method.CANCEL or said.answer is Answer.DECLINED:
        return _declined(prospect, meets, now)
    if meets.is_off or said.answer is None:
        return (_stale(prospect, "the meeting was called off before"),)
    return _accepted(prospect, meets, said.answer, now)


def stale(prospect: Prospect) -> Hold:
    """An answer about another meeting."""
    return _stale(prospect, "it is about another meeting")


def _stale(prospect: Prospect, why: str) -> Hold:
    return Hold(
        rule="meetings.stale", reasons=(f"a calendar's answer changes nothing: {why}",), until=prospect.due_at
    )


def _accepted(prospect: Prospect, meets: Appointment, answer: Answer, now: datetime) -> tuple[Decision, ...]:
    maybe = answer is Answer.TENTATIVE
    said = "answered 'maybe' to" if maybe else "accepted"
    why = f"they answered 'maybe' on {now:%-d %B %Y}" if maybe else ""
    taken = Arrange(
        rule=f"meetings.{answer.value}",
        reasons=(f"{said} the invitation for {meets.on:%-d %B %Y}",),
        appointment=meets.answered(answer),
        next_step=NextStep(what=_what(prospect), on=meets.on, why=why),
        due_at=prospect.due_at,
    )
    if not maybe:
        return (taken,)
    subject = f"{prospect.company} may not come on {meets.on:%A, %-d %B}: ask for a firm yes or another day"
    return (taken, AskHuman(rule=taken.rule, reasons=taken.reasons, subject=subject[:255], until=prospect.due_at))


def _declined(prospect: Prospect, meets: Appointment, now: datetime) -> tuple[Decision, ...]:
    """The meeting is off; the stage goes on to propose other days, and the owner knows at once."""
    if meets.is_off:
        return (_stale(prospect, "the meeting was off already"),)
    place, said = place_of(prospect), f"declined the meeting of {meets.on:%-d %B %Y}"
    off = Arrange(
        rule="meetings.declined",
        reasons=(said,),
        appointment=meets.answered(Answer.DECLINED),
        next_step=another_day(prospect, now, f"they {said}"),
        due_at=add_business_days(now, 1, place),
        tells_crm=True,
    )
    subject = f"{prospect.company} {said}: call and agree on another day"
    return (off, AskHuman(rule=off.rule, reasons=(said,), subject=subject[:255], until=off.due_at))


def another_day(prospect: Prospect, now: datetime, why: str) -> NextStep:
    """What is next when a meeting fell through."""
    on = add_business_days(now, DAYS_TO_AGREE_ANEW, place_of(prospect)).date()
    return NextStep(what="Agree on another day to meet", on=on, why=why)


def _what(prospect: Prospect) -> str:
    step = prospect.next_step
    return step.what if step is not None and step.is_meeting else f"{MEETING} with {prospect.company}"
