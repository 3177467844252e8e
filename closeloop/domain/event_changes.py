"""What people do to a meeting's Event in the CRM: give it its hour, move it, call it off.

Invariant: the Event is right. Whatever stands there becomes the meeting, and whoever holds an older invitation gets
the new one; what we wrote there ourselves changes nothing.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from closeloop.domain.appointments import Appointment
from closeloop.domain.business_days import add_business_days, place_of
from closeloop.domain.decisions import Arrange, AskHuman, Decision
from closeloop.domain.invitations import another_day, cancellation, invitation
from closeloop.domain.meetings import surname, their_clock
from closeloop.domain.prospect import MEETING, NextStep, Prospect
from closeloop.domain.record import Moment, Record


class EventNow(Record):
    """A meeting's Event as it stands in the CRM."""

    prospect_key: str
    number: int
    is_gone: bool = False
    on: date
    starts_at: Moment | None = None
    """None for one of the whole day."""
    minutes: int | None = None
    is_behind: bool = False
    """A change of ours has not reached it yet."""


def on_event_change(prospect: Prospect, there: EventNow, now: datetime, home: str) -> tuple[Decision, ...]:
    """The decisions; none where the Event says what we know. `home`: time zone of whose clock nobody knows."""
    meets = prospect.appointment
    if meets is None or meets.number != there.number or meets.is_off or not prospect.is_open_deal:
        return ()
    if there.is_gone:
        return _called_off(prospect, meets, now) if meets.on >= now.date() else ()
    new = _as_it_is(prospect, meets, there, home)
    if (new.on, new.starts_at) == (meets.on, meets.starts_at) or (there.is_behind and new.when in meets.earlier):
        return ()
    return _moved(prospect, meets, new, now, home)


def _as_it_is(prospect: Prospect, meets: Appointment, there: EventNow, home: str) -> Appointment:
    on = their_clock(prospect, there.starts_at, home).date() if there.starts_at else there.on
    minutes = there.minutes if there.starts_at and there.minutes else meets.minutes
    new = Appointment(on=on, starts_at=there.starts_at, minutes=minutes)
    return new.following(meets, meets.number)


def _moved(
    prospect: Prospect, meets: Appointment, new: Appointment, now: datetime, home: str
) -> tuple[Decision, ...]:
    hour = f", {their_clock(prospect, new.starts_at, home):%H:%M} their time" if new.starts_at else ""
    only_hour = new.on == meets.on and meets.starts_at is None
    what = "gave the meeting its hour" if only_hour else f"moved the meeting from {meets.on:%-d %B %Y}"
    after = datetime.combine(new.on, now.timetz()) + timedelta(days=1)
    look_again = add_business_days(max(after, now), 0, place_of(prospect))
    arranged = Arrange(
        rule="meetings.changed_in_crm",
        reasons=(f"a person {what} in the CRM: {new.on:%-d %B %Y}{hour}",),
        appointment=new,
        next_step=NextStep(what=f"{MEETING} with {surname(prospect)}{hour}", on=new.on),
        due_at=look_again,
    )
    if new.starts_at is None or new.starts_at <= now:
        return (arranged,)
    return (arranged, invitation(look_again))


def _called_off(prospect: Prospect, meets: Appointment, now: datetime) -> tuple[Decision, ...]:
    reason = f"a person deleted the Event of the meeting of {meets.on:%-d %B %Y} in the CRM"
    tomorrow = add_business_days(now, 1, place_of(prospect))
    off = Arrange(
        rule="meetings.called_off_in_crm",
        reasons=(reason,),
        appointment=meets.called_off(),
        next_step=another_day(prospect, now, "we called the meeting off"),
        due_at=tomorrow,
    )
    subject = f"Agree on another day with {surname(prospect)}, {prospect.company}: the meeting was called off"
    ask = AskHuman(rule=off.rule, reasons=off.reasons, subject=subject[:255], until=tomorrow)
    tells = meets.was_sent and meets.starts_at is not None and meets.starts_at > now
    return (off, cancellation(tomorrow), ask) if tells else (off, ask)
