"""The next step: no open deal is without one that lies ahead, and what is not agreed says why.

Each stage sells a smaller yes (a call, a meeting with those who decide, a trial, the order): the playbook names it,
and the next step that we set ourselves asks for it. Invariant: after `repair` there is no gap; without a gap there
is no repair.
"""

from __future__ import annotations

from datetime import date, datetime

from closeloop.domain.business_days import add_business_days, place_of
from closeloop.domain.decisions import SetNextStep
from closeloop.domain.meetings import surname
from closeloop.domain.playbook import Playbook
from closeloop.domain.prospect import NextStep, Prospect
from closeloop.domain.stage import Stage

DAYS_FOR_A_PERSON = 3
"""Business days the owner has to agree on a step, before it is asked again."""
LONGEST_TASK = 255
NOT_NAMED = {
    Stage.APPROACH: "a short call",
    Stage.PRESENTATION: "a meeting with everybody who decides",
    Stage.OBJECTIONS: "a small trial",
    Stage.CLOSING: "the order",
}
"""What a stage sells where the playbook does not say."""


def sells(stage: Stage, playbook: Playbook) -> str:
    """The yes that this stage asks for."""
    named = playbook.stages[stage].sells
    return str(named) if named is not None else NOT_NAMED.get(stage, "the next step")


def gap(prospect: Prospect, today: date) -> str | None:
    """Why the deal has no next step that holds; None for one that has, and for whatever is no open deal."""
    if not prospect.is_open_deal:
        return None
    step = prospect.next_step
    if step is None:
        return "nothing was agreed and nothing planned"
    if step.on < today:
        return f"“{step.what}” was for {step.on:%-d %B %Y}, and nothing has followed"
    if not step.what.strip():
        return "the next step says nothing"
    return None


def repair(prospect: Prospect, playbook: Playbook, now: datetime) -> SetNextStep | None:
    """The step that the deal gets: our own next touch where one is planned, else the owner's to agree on."""
    missing = gap(prospect, now.date())
    if missing is None:
        return None
    asked = sells(prospect.stage, playbook)
    if prospect.due_at is not None and prospect.due_at.date() > now.date():
        return SetNextStep(
            rule="next_steps.planned",
            reasons=(missing, f"the {prospect.stage} goes on by itself on {prospect.due_at:%Y-%m-%d}"),
            next_step=NextStep(what=f"We ask for {asked}", on=prospect.due_at.date(), why=missing),
            due_at=prospect.due_at,
        )
    on = add_business_days(now, DAYS_FOR_A_PERSON, place_of(prospect))
    return SetNextStep(
        rule="next_steps.owner",
        reasons=(missing, f"{prospect.owner_name or 'the owner'} is asked to agree on {asked}"),
        next_step=NextStep(what=f"Agree on {asked}", on=on.date(), why=missing),
        due_at=prospect.due_at,
        subject=f"Agree with {surname(prospect)}, {prospect.company}, on {asked}: {missing}"[:LONGEST_TASK],
    )
