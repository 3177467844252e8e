"""The actions that a decision plans for the CRM: a Task, an Event, a conversion. Keys are made of stable ids."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from closeloop.domain.actions import Action, ActionKind, action_key
from closeloop.domain.appointments import Appointment
from closeloop.domain.prospect import MEETING, Prospect


def task_action(prospect: Prospect, subject: str, now: datetime, *parts: str | int) -> Action:
    """Something for the owner to do; `parts` make its key."""
    return Action(
        key=action_key(ActionKind.TASK, prospect.key, *parts),
        kind=ActionKind.TASK,
        prospect_key=prospect.key,
        stage=prospect.stage,
        due_at=now,
        payload={"subject": subject, "channel": "task", "completed": False, "priority": "High"},
    )


def meeting_action(prospect: Prospect, now: datetime, was: Appointment | None = None) -> Action:
    """The Event of the agreed meeting: its own key stays, the action's counts the agreements."""
    assert prospect.next_step is not None  # noqa: S101 - only called right after one was agreed
    own, meets = action_key(ActionKind.EVENT, prospect.key, prospect.meetings), prospect.appointment
    called_off = meets is not None and meets.is_off
    subject = f"{prospect.next_step.what if not called_off else 'Called off: ' + MEETING}, {prospect.company}"
    payload: dict[str, Any] = {"key": own, "on": prospect.next_step.on.isoformat(), "subject": subject[:255]}
    if meets is not None:
        payload |= {"on": meets.on.isoformat(), "called_off": called_off, "minutes": meets.minutes}
        payload |= {"starts_at": meets.starts_at.isoformat()} if meets.starts_at else {}
        payload |= {"was": was.starts_at.isoformat()} if was is not None and was.starts_at else {}
    return Action(
        key=f"{own}:{prospect.replies}{f':{meets.sequence}' if meets is not None and meets.sequence else ''}",
        kind=ActionKind.EVENT,
        prospect_key=prospect.key,
        stage=prospect.stage,
        due_at=now,
        payload=payload,
    )


def conversion_action(prospect: Prospect, now: datetime) -> Action:
    """The Lead becomes Account, Contact and Opportunity; once for each prospect."""
    return Action(
        key=action_key(ActionKind.CONVERT, prospect.key),
        kind=ActionKind.CONVERT,
        prospect_key=prospect.key,
        stage=prospect.stage,
        due_at=now,
    )
