"""Meetings: the day the customer named counts; without one that can be kept, a day near by until people agree.

An hour is the customer's own: the clock is that of the place they are known to be in.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from closeloop.domain.appointments import Appointment
from closeloop.domain.business_days import add_business_days, place_of
from closeloop.domain.meeting_rules import MeetingRules
from closeloop.domain.prospect import MEETING, NextStep, Prospect
from closeloop.domain.record import Moment, Record
from closeloop.domain.signals import Proposed
from closeloop.domain.time_zones import zone

BY_OWNER = MeetingRules()
EARLIEST, LATEST = time(7), time(20)
"""Nobody is invited to an hour outside these: it was read or written wrongly, and a person asks."""
MEETING_DAYS = 3
"""Business days ahead, where the customer named no day that can be kept."""
FURTHEST = timedelta(days=183)
"""Nobody proposes an hour for a day farther off than half a year; such a date was read or written wrongly."""
LONGEST_TASK = 255
DAY_OPEN = "(day to be agreed)"


class Planned(Record):
    """A meeting as it is planned."""

    next_step: NextStep
    look_again_at: Moment
    """The first business day after it."""
    reason: str
    task: str
    """What the owner is asked to do."""
    appointment: Appointment
    invites: bool = False
    """The customer gets an invitation at once; otherwise the owner says when, in the CRM."""


def plan_meeting(
    prospect: Prospect, proposed: Proposed | None, now: datetime, rules: MeetingRules = BY_OWNER, home: str = "UTC"
) -> Planned:
    """For the proposed day; for `MEETING_DAYS` business days ahead when there is none, or none that can be kept.

    `home`: the time zone of those whose clock nobody knows.
    """
    refused = _refused(proposed, now)
    if proposed is not None and refused is None:
        return _as_proposed(prospect, proposed, now, rules, home)
    day = add_business_days(now, MEETING_DAYS, place_of(prospect))
    why = refused or "named no day"
    return Planned(
        next_step=NextStep(
            what=f"{MEETING} with {surname(prospect)} {DAY_OPEN}", on=day.date(), why=f"they {why}, so we plan one"
        ),
        look_again_at=_after(day, prospect),
        reason=f"proposed or accepted a meeting but {why}; planned for {day:%Y-%m-%d}",
        task=f"Agree on a day for the meeting with {_who(prospect)}: they {why}. We plan for {_spoken(day)}"[
            :LONGEST_TASK
        ],
        appointment=Appointment(on=day.date(), minutes=rules.minutes),
    )


def over(step: NextStep | None, now: datetime) -> str | None:
    """That a meeting has passed, in words; its own day still belongs to it. None when none has."""
    if step is None or not step.is_meeting or step.on >= now.date():
        return None
    how = "planned" if step.what.endswith(DAY_OPEN) else "agreed"
    return f"the meeting {how} for {step.on:%-d %B %Y} has passed"


def _as_proposed(prospect: Prospect, proposed: Proposed, now: datetime, rules: MeetingRules, home: str) -> Planned:
    day = datetime.combine(proposed.on, now.timetz())
    hour = f", {proposed.at:%H:%M}" if proposed.at else ""
    on_their_clock = f"{hour} their time" if hour else ""
    meets = Appointment(on=proposed.on, minutes=rules.minutes, starts_at=starts_at(prospect, proposed, rules, home))
    invites = rules.confirm == "at_once" and meets.starts_at is not None and meets.starts_at > now
    return Planned(
        next_step=NextStep(what=f"{MEETING} with {surname(prospect)}{on_their_clock}", on=proposed.on),
        look_again_at=_after(day, prospect),
        reason=f"proposed or accepted a meeting on {proposed.on:%Y-%m-%d}{on_their_clock}",
        task=_prepare(prospect, meets, home) if invites else _confirm(prospect, day, hour),
        appointment=meets,
        invites=invites,
    )


def starts_at(prospect: Prospect, proposed: Proposed, rules: MeetingRules, home: str) -> datetime | None:
    """The moment of what was named on their clock; None without an hour at which people work."""
    hour = proposed.at or rules.usual_hour
    if hour is None or not EARLIEST <= hour <= LATEST:
        return None
    clock = zone(place_of(prospect, home).time_zone)
    return datetime.combine(proposed.on, hour, tzinfo=clock).astimezone(UTC)


def their_clock(prospect: Prospect, moment: datetime, home: str) -> datetime:
    """The moment as the customer's clock shows it."""
    return moment.astimezone(zone(place_of(prospect, home).time_zone))


def _confirm(prospect: Prospect, day: datetime, hour: str) -> str:
    words = f"Confirm the meeting on {_spoken(day)}{hour} with {_who(prospect)}{' (their time)' if hour else ''}"
    return words[:LONGEST_TASK]


def _prepare(prospect: Prospect, meets: Appointment, home: str) -> str:
    assert meets.starts_at is not None  # noqa: S101 - only invitations to a moment are sent
    theirs = their_clock(prospect, meets.starts_at, home)
    change = "To move it or call it off, change the Event"
    words = f"Prepare the meeting on {_spoken(theirs)}, {theirs:%H:%M} their time: {_who(prospect)} is invited"
    return f"{words[: LONGEST_TASK - len(change) - 2]}. {change}"


def _refused(proposed: Proposed | None, now: datetime) -> str | None:
    """Why a proposed day cannot be planned for."""
    if proposed is None:
        return None
    if proposed.on < now.date():
        return f"named {proposed.on:%Y-%m-%d}, which is past"
    if proposed.on > (now + FURTHEST).date():
        return f"named {proposed.on:%Y-%m-%d}, which is more than half a year ahead"
    return None


def _after(day: datetime, prospect: Prospect) -> datetime:
    return add_business_days(day + timedelta(days=1), 0, place_of(prospect))


def _spoken(day: datetime) -> str:
    return f"{day:%A, %-d %B}"


def surname(prospect: Prospect) -> str:
    """What a meeting with them is called by."""
    return prospect.last_name or prospect.email


def _who(prospect: Prospect) -> str:
    name = " ".join(part for part in (prospect.first_name, prospect.last_name) if part) or prospect.email
    return f"{name}, {prospect.company}"
