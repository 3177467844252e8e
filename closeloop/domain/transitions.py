"""What a decision does: the prospect afterwards, and the actions to plan. Pure.

Invariant: here and in `touched`, which is a part of it, are the only writers of a prospect's state.
"""

from __future__ import annotations

from datetime import datetime
from functools import singledispatch
from typing import Any

from closeloop.domain.actions import Action
from closeloop.domain.approvals import Approval
from closeloop.domain.decisions import (
    Advance,
    Arrange,
    AskHuman,
    Close,
    Decision,
    Draft,
    Felt,
    HandOver,
    Hold,
    Park,
    Qualified,
    SetNextStep,
    Stop,
    Suggest,
    Touch,
)
from closeloop.domain.endings import Ending, Why, stopped
from closeloop.domain.mailboxes import kept_mailbox
from closeloop.domain.planned_work import conversion_action, meeting_action, task_action
from closeloop.domain.playbook import Playbook
from closeloop.domain.prospect import NextStep, Prospect
from closeloop.domain.record import Record
from closeloop.domain.stage import Profile, Stage, Standing
from closeloop.domain.touched import answered, touched


class Applied(Record):
    """A decision carried into state."""

    prospect: Prospect
    actions: tuple[Action, ...] = ()
    approvals: tuple[Approval, ...] = ()
    """What a person must say yes to before one of the actions happens."""


def apply(decision: Decision, prospect: Prospect, playbook: Playbook, now: datetime) -> Applied:
    """The state after the decision and what must now be done outside."""
    return _apply(decision, prospect, playbook, now)


@singledispatch
def _apply(decision: Decision, prospect: Prospect, playbook: Playbook, now: datetime) -> Applied:
    raise TypeError(f"no transition for {type(decision).__name__}")


@_apply.register
def _touch(decision: Touch, prospect: Prospect, playbook: Playbook, now: datetime) -> Applied:
    after, action = touched(decision, prospect, playbook, now)
    return Applied(prospect=after, actions=(action,))


@_apply.register
def _qualified(decision: Qualified, prospect: Prospect, playbook: Playbook, now: datetime) -> Applied:
    return _moved(
        prospect, Stage.PREPARATION, now, now, score=decision.score, profile=Profile.PROSPECT, reason=None
    )


@_apply.register
def _advance(decision: Advance, prospect: Prospect, playbook: Playbook, now: datetime) -> Applied:
    changes: dict[str, Any] = {"reason": None, "standing": Standing.OPEN, "objection": decision.objection}
    if decision.next_step is not None:
        changes["next_step"] = decision.next_step
    if decision.amount is not None and prospect.amount is None:
        changes["amount"] = decision.amount
    if decision.objection is None and decision.to is not Stage.OBJECTIONS:
        changes["closes"] = 0
    opens = decision.profile is Profile.OPPORTUNITY and not prospect.is_deal
    if opens:
        changes |= {"profile": Profile.OPPORTUNITY, "predicted": playbook.probability(decision.to)}
    number = _meeting_number(decision.next_step, prospect, now)
    if decision.appointment is not None:
        changes["appointment"] = decision.appointment.following(prospect.appointment, number)
    applied = _moved(prospect, decision.to, decision.due_at, now, convert=opens, meetings=number, **changes)
    if decision.next_step is None or not decision.next_step.is_meeting:
        return applied
    event = meeting_action(applied.prospect, now, was=prospect.appointment)
    return applied.model_copy(update={"actions": (*applied.actions, event)})


def _meeting_number(agreed: NextStep | None, prospect: Prospect, now: datetime) -> int:
    """Agreed anew while one still lies ahead, it is the same meeting, moved."""
    if agreed is None or not agreed.is_meeting:
        return prospect.meetings
    before = prospect.next_step
    is_ahead = before is not None and before.is_meeting and before.on >= now.date()
    return max(1, prospect.meetings) if is_ahead else prospect.meetings + 1


@_apply.register
def _arrange(decision: Arrange, prospect: Prospect, playbook: Playbook, now: datetime) -> Applied:
    changes = {"appointment": decision.appointment, "next_step": decision.next_step, "due_at": decision.due_at}
    after = prospect.model_copy(update=changes)
    told = (meeting_action(after, now, was=prospect.appointment),) if decision.tells_crm else ()
    return Applied(prospect=after, actions=told)


@_apply.register
def _suggest(decision: Suggest, prospect: Prospect, playbook: Playbook, now: datetime) -> Applied:
    """A Task and nothing else: what the process does about the deal goes on."""
    subject = f"{prospect.company} stands still: {decision.subject}"
    task = task_action(prospect, subject[:255], now, "stalled", decision.cause)
    about = {"description": f"{decision.evidence}.\n\nSuggested: {decision.subject}.", "priority": "Normal"}
    return Applied(prospect=prospect, actions=(task.model_copy(update={"payload": task.payload | about}),))


@_apply.register
def _felt(decision: Felt, prospect: Prospect, playbook: Playbook, now: datetime) -> Applied:
    when = {"satisfied_at" if decision.satisfied else "dissatisfied_at": now}
    after = prospect.model_copy(update={**when, "due_at": decision.due_at})
    if decision.subject is None:
        return Applied(prospect=after)
    return Applied(prospect=after, actions=(task_action(after, decision.subject, now, "felt", prospect.replies),))


@_apply.register
def _hand_over(decision: HandOver, prospect: Prospect, playbook: Playbook, now: datetime) -> Applied:
    """The new owner gets a Task; with nobody to go on, whoever runs the process does."""
    changes: dict[str, Any] = {"owner_left": prospect.owner_id}
    about = f"{prospect.company}: {decision.former} looked after them and {_gone(decision)}"
    if decision.to_id is None:
        subject, asked = f"Choose a new owner for {about}", "process"
    else:
        subject, asked = f"Take over {about}. Set yourself as owner in the CRM", decision.to_id
        changes |= {"owner_id": decision.to_id, "owner_name": decision.to_name, "owner_left": None}
        changes |= {"handed_over_from": decision.former, "mailbox": kept_mailbox(prospect, playbook)}
    after = prospect.model_copy(update=changes)
    task = task_action(after, subject[:255], now, "hand_over", (decision.to_id or prospect.owner_id)[:15])
    task = task.model_copy(update={"payload": task.payload | {"asked_of": asked}})
    return Applied(prospect=after, actions=(task,))


def _gone(decision: HandOver) -> str:
    return decision.reasons[0].removeprefix(f"{decision.former} ")


@_apply.register
def _set_next_step(decision: SetNextStep, prospect: Prospect, playbook: Playbook, now: datetime) -> Applied:
    number = prospect.steps_set + 1
    changes = {"next_step": decision.next_step, "due_at": decision.due_at, "steps_set": number}
    after = prospect.model_copy(update=changes)
    if decision.subject is None:
        return Applied(prospect=after)
    return Applied(prospect=after, actions=(task_action(after, decision.subject, now, "next_step", number),))


@_apply.register
def _draft(decision: Draft, prospect: Prospect, playbook: Playbook, now: datetime) -> Applied:
    return Applied(prospect=prospect.model_copy(update={"pains": decision.pains}))


@_apply.register
def _park(decision: Park, prospect: Prospect, playbook: Playbook, now: datetime) -> Applied:
    stage = prospect.stage if prospect.stage is Stage.PROSPECTING else Stage.FOLLOW_UP
    step = _wake_step(prospect, decision)
    return _moved(
        prospect,
        stage,
        decision.until,
        now,
        standing=decision.standing,
        reason=decision.reasons[0],
        next_step=step,
        objection=None,
    )


def _wake_step(prospect: Prospect, decision: Park) -> NextStep | None:
    if not prospect.is_deal or decision.until is None:
        return prospect.next_step
    return NextStep(what=f"Come back ({decision.standing})", on=decision.until.date())


@_apply.register
def _stop(decision: Stop, prospect: Prospect, playbook: Playbook, now: datetime) -> Applied:
    changes: dict[str, Any] = {"standing": decision.standing, "reason": decision.reasons[0], "due_at": None}
    changes["opted_out"] = prospect.opted_out or decision.opted_out
    if prospect.is_open_deal:
        why = stopped(
            decision.reasons[0],
            opted_out=changes["opted_out"],
            no_fit=decision.standing is Standing.DISQUALIFIED,
        )
        changes |= {"closed_at": now, "next_step": None, "ending": _ending(decision, prospect, now, why)}
    return Applied(prospect=prospect.model_copy(update=changes))


def _ending(decision: Decision, prospect: Prospect, now: datetime, why: Why, *, won: bool = False) -> Ending:
    last = prospect.tried_closes[-1] if prospect.tried_closes else None
    return Ending(won=won, why=why, words=decision.reasons[0], at=now, after=last)


@_apply.register
def _close(decision: Close, prospect: Prospect, playbook: Playbook, now: datetime) -> Applied:
    what, standing = ("Onboarding", Standing.CUSTOMER) if decision.won else ("Win-back", Standing.LOST)
    begins: dict[str, Any] = {"tracks": {}, "satisfied_at": None, "dissatisfied_at": None} if decision.won else {}
    step = NextStep(what=what, on=decision.come_back_at.date()) if decision.come_back_at else None
    return _moved(
        prospect,
        Stage.FOLLOW_UP,
        decision.come_back_at,
        now,
        standing=standing,
        reason=decision.reasons[0],
        closed_at=now,
        ending=_ending(decision, prospect, now, decision.why, won=decision.won),
        tried_closes=(),
        closes=0,
        next_step=step,
        objection=None,
        **begins,
    )


@_apply.register
def _hold(decision: Hold, prospect: Prospect, playbook: Playbook, now: datetime) -> Applied:
    return Applied(prospect=prospect.model_copy(update={"due_at": decision.until}))


@_apply.register
def _ask_human(decision: AskHuman, prospect: Prospect, playbook: Playbook, now: datetime) -> Applied:
    due_at = decision.until if prospect.standing.may_be_written_to else None
    action = task_action(prospect, decision.subject, now, "ask", prospect.replies, prospect.touches)
    changes: dict[str, Any] = {"due_at": due_at}
    if prospect.objection is not None and decision.answers_objection:
        # A person's answer takes the place of our first one; it uses up none of the follow-ups.
        given = prospect.answered.get(prospect.objection.label, 0)
        changes |= answered(prospect, prospect.objection, max(1, given))
    return Applied(prospect=prospect.model_copy(update=changes), actions=(action,))


def _moved(
    prospect: Prospect,
    stage: Stage,
    due_at: datetime | None,
    now: datetime,
    *,
    convert: bool = False,
    **changes: Any,
) -> Applied:
    """Into another stage: the clock of the stage starts anew and the old sequence is left."""
    entered = {"stage_entered_at": now, "enrollment": None} if stage is not prospect.stage else {}
    after = prospect.model_copy(update={"stage": stage, "due_at": due_at, **entered, **changes})
    return Applied(prospect=after, actions=(conversion_action(after, now),) if convert else ())
