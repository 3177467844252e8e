"""Meetings: the day the customer named counts; without one that can be kept, a day near by until people agree.

The hour is told as the customer wrote it, on the customer's clock: nobody wrote down the time zone.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from closeloop.domain.business_days import add_business_days, place_of
from closeloop.domain.prospect import MEETING, NextStep, Prospect
from closeloop.domain.record import Moment, Record
from closeloop.domain.signals import Proposed

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


def plan_meeting(prospect: Prospect, proposed: Proposed | None, now: datetime) -> Planned:
    """For the proposed day; for `MEETING_DAYS` business days ahead when there is none, or none that can be kept."""
    refused = _refused(proposed, now)
    if proposed is not None and refused is None:
        return _as_proposed(prospect, proposed, now)
    day = add_business_days(now, MEETING_DAYS, place_of(prospect))
    why = refused or "named no day"
    return Planned(
        next_step=NextStep(what=f"{MEETING} with {_surname(prospect)} {DAY_OPEN}", on=day.date()),
        look_again_at=_after(day, prospect),
        reason=f"proposed or accepted a meeting but {why}; planned for {day:%Y-%m-%d}",
        task=f"Agree on a day for the meeting with {_who(prospect)}: they {why}. We plan for {_spoken(day)}"[
            :LONGEST_TASK
        ],
    )


def over(step: NextStep | None, now: datetime) -> str | None:
    """That a meeting has passed, in words; its own day still belongs to it. None when none has."""
    if step is None or not step.is_meeting or step.on >= now.date():
        return None
    how = "planned" if step.what.endswith(DAY_OPEN) else "agreed"
    return f"the meeting {how} for {step.on:%-d %B %Y} has passed"


def _as_proposed(prospect: Prospect, proposed: Proposed, now: datetime) -> Planned:
    day = datetime.combine(proposed.on, now.timetz())
    hour = f", {proposed.at:%H:%M}" if proposed.at else ""
    on_their_clock = f"{hour} their time" if hour else ""
    return Planned(
        next_step=NextStep(what=f"{MEETING} with {_surname(prospect)}{on_their_clock}", on=proposed.on),
        look_again_at=_after(day, prospect),
        reason=f"proposed or accepted a meeting on {proposed.on:%Y-%m-%d}{on_their_clock}",
        task=f"Confirm the meeting on {_spoken(day)}{hour} with {_who(prospect)}{' (their time)' if hour else ''}"[
            :LONGEST_TASK
        ],
    )


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


def _surname(prospect: Prospect) -> str:
    return prospect.last_name or prospect.email


def _who(prospect: Prospect) -> str:
    name = " ".join(part for part in (prospect.first_name, prospect.last_name) if part) or prospect.email
    return f"{name}, {prospect.company}"
