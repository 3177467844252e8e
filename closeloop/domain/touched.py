"""What a touch does: the prospect afterwards and the action that carries it out. Pure.

Invariant: each touch is counted once, in its prospect, its enrolment and its track, and has a key of its own.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from closeloop.domain.actions import Action, ActionKind, action_key
from closeloop.domain.appointments import Answer
from closeloop.domain.business_days import add_business_days, place_of
from closeloop.domain.decisions import Channel, Touch
from closeloop.domain.invitations import CALLED_OFF, INVITATION
from closeloop.domain.mailboxes import Leaving, leaving, mailbox_of
from closeloop.domain.offers import offer_in, today_of
from closeloop.domain.playbook import Playbook
from closeloop.domain.playbook_lines import line_of
from closeloop.domain.prospect import Enrollment, NextStep, Objection, Prospect
from closeloop.domain.quotes import quoted

FOLLOW_UP = "follow_up_"
"""How the templates of follow-up begin."""
COME_BACK = "Come back if there is no answer"
"""Our own next step, where none is agreed with the customer."""
REPLY_SEQUENCES = frozenset({"question_answer", INVITATION, CALLED_OFF})
"""Answers outside any sequence: they do not move the enrolment."""


def touched(touch: Touch, prospect: Prospect, playbook: Playbook, now: datetime) -> tuple[Prospect, Action]:
    """The prospect after this touch, and the mail to send or the Task to hand to a person."""
    run, enrollments = _enrolled(prospect, touch)
    leaves = leaving(prospect, playbook, now, answer=touch.is_answer)
    touch = _counted_from(leaves, touch, prospect, playbook, now)
    changes: dict[str, Any] = {
        "touches": prospect.touches + 1,
        "last_touch_at": now,
        "due_at": touch.then_wait_until,
        "enrollments": enrollments,
        "approach": touch.props.get("approach", prospect.approach),
    }
    if touch.sequence not in REPLY_SEQUENCES:
        changes["enrollment"] = _enrollment(prospect, touch, run, playbook, now)
    if touch.channel is Channel.EMAIL:
        changes |= _mailed(prospect, playbook)
    if touch.asks_for_order:
        changes |= _asked(touch, prospect, playbook, now)
    changes |= _by_its_words(touch, prospect) | _by_its_deal(touch, prospect, now)
    return prospect.model_copy(update=changes), _action(touch, prospect, run, leaves, now)


def _mailed(prospect: Prospect, playbook: Playbook) -> dict[str, Any]:
    mailbox = mailbox_of(prospect, playbook).email if playbook.sending.mailboxes else prospect.mailbox
    return {"mails": prospect.mails + 1, "mailbox": mailbox}


def _asked(touch: Touch, prospect: Prospect, playbook: Playbook, now: datetime) -> dict[str, Any]:
    """One more ask, by this close, for the quote that it names."""
    mark = quoted(prospect, playbook, today_of(prospect, playbook, now), offer_in(touch.props))
    tried = (*prospect.tried_closes, touch.rule.rpartition(".")[2])
    return {"closes": prospect.closes + 1, "tried_closes": tried, "quote": mark}


def _by_its_words(touch: Touch, prospect: Prospect) -> dict[str, Any]:
    """What changes because of what the touch says: a step of a track, a hand-over told, a meeting offered."""
    changes: dict[str, Any] = {}
    if touch.track is not None:
        changes["tracks"] = prospect.tracks | {touch.track: prospect.tracks.get(touch.track, 0) + 1}
    if touch.template.startswith(FOLLOW_UP):
        changes["handed_over_from"] = None
    if touch.template == INVITATION and prospect.appointment is not None:
        changes["appointment"] = prospect.appointment.answered(Answer.INVITED)
    return changes


def _by_its_deal(touch: Touch, prospect: Prospect, now: datetime) -> dict[str, Any]:
    """What changes because of where the deal is: it keeps a next step, and its objection is answered once more."""
    changes: dict[str, Any] = {}
    if prospect.is_open_deal and (prospect.next_step is None or prospect.next_step.on <= now.date()):
        why = f"no answer yet to our {touch.channel} of {now:%-d %B %Y}"
        changes["next_step"] = NextStep(what=COME_BACK, on=touch.then_wait_until.date(), why=why)
    if prospect.objection is not None and touch.sequence == prospect.objection.label:
        changes |= answered(prospect, prospect.objection, prospect.answered.get(touch.sequence, 0) + 1)
    return changes


def answered(prospect: Prospect, objection: Objection, times: int) -> dict[str, Any]:
    """What changes when the objection gets one more answer; of its kind, so many were given by then."""
    return {
        "objection": objection.model_copy(update={"answers": objection.answers + 1}),
        "answered": prospect.answered | {objection.label: times},
    }


def _is_in(prospect: Prospect, sequence: str) -> bool:
    return prospect.enrollment is not None and prospect.enrollment.sequence == sequence


def _counted_from(leaves: Leaving, touch: Touch, prospect: Prospect, playbook: Playbook, now: datetime) -> Touch:
    """The wait after a mail begins when it may leave, not when it was decided."""
    late = leaves.at.date() - now.date()
    if touch.channel is not Channel.EMAIL or not late:
        return touch
    place = place_of(prospect, playbook.sending.time_zone)
    return touch.model_copy(update={"then_wait_until": add_business_days(touch.then_wait_until + late, 0, place)})


def _enrollment(prospect: Prospect, touch: Touch, run: int, playbook: Playbook, now: datetime) -> Enrollment:
    """The enrolment after this step, still on the version and the line that it started with."""
    known = prospect.enrollment
    if known is not None and known.sequence == touch.sequence:
        return known.model_copy(update={"run": run, "step": touch.step})
    return Enrollment(
        sequence=touch.sequence,
        run=run,
        step=touch.step,
        playbook_version=playbook.version,
        line=line_of(playbook).hash,
        started_at=now,
    )


def _enrolled(prospect: Prospect, touch: Touch) -> tuple[int, dict[str, int]]:
    """The run number of this enrolment, and the counters after it. A first step opens a new run."""
    counters = dict(prospect.enrollments)
    if not _is_in(prospect, touch.sequence):
        counters[touch.sequence] = counters.get(touch.sequence, 0) + 1
    return counters[touch.sequence], counters


def _action(touch: Touch, prospect: Prospect, run: int, leaves: Leaving, now: datetime) -> Action:
    is_mail = touch.channel is Channel.EMAIL
    kind = ActionKind.EMAIL if is_mail else ActionKind.TASK
    payload: dict[str, Any] = {"template": touch.template, "step": touch.step, **touch.props}
    payload |= {"mailbox": leaves.mailbox, "is_answer": touch.is_answer}
    payload |= {"variant": touch.variant} if touch.variant else {}
    if prospect.handed_over_from and touch.template.startswith(FOLLOW_UP):
        payload["handed_over_from"] = prospect.handed_over_from
    if not is_mail:
        payload = {"subject": touch.template, "channel": touch.channel.value, "completed": False}
    return Action(
        key=action_key(kind, prospect.key, touch.sequence, run, touch.step),
        kind=kind,
        prospect_key=prospect.key,
        stage=prospect.stage,
        due_at=leaves.at if is_mail else now,
        payload=payload,
    )
