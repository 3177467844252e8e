"""Presentation: align the offer with their goals, and agree on the next step."""

from __future__ import annotations

from datetime import datetime, timedelta

from closeloop.domain.business_days import add_business_days, place_of
from closeloop.domain.decisions import Advance, Close, Decision
from closeloop.domain.endings import Why
from closeloop.domain.meetings import over
from closeloop.domain.playbook import Playbook
from closeloop.domain.prospect import NextStep, Prospect
from closeloop.domain.sequences import next_touch
from closeloop.domain.stage import Stage

SEQUENCE = "presentation"
DAYS_TO_DECIDE = 2


def decide(prospect: Prospect, playbook: Playbook, now: datetime) -> Decision:
    """After the agreed meeting, ask for the order; before one is agreed, keep asking for it."""
    if (passed := over(prospect.next_step, now)) is not None:
        return to_closing(prospect, now, passed)
    touch = next_touch(prospect, playbook, SEQUENCE, now)
    if touch is not None:
        return touch
    return Close(
        rule="presentation.silent",
        reasons=("no answer to the invitation and its reminders",),
        won=False,
        why=Why.NO_ANSWER,
        on=now.date(),
        come_back_at=now + timedelta(days=playbook.closing.come_back_days),
    )


def to_closing(prospect: Prospect, now: datetime, reason: str) -> Advance:
    """Go on to closing, with the decision as the agreed next step."""
    place = place_of(prospect)
    ask_on = add_business_days(now, 1, place)
    decided_on = add_business_days(ask_on, DAYS_TO_DECIDE, place).date()
    return Advance(
        rule="presentation.next_step_agreed",
        reasons=(reason,),
        to=Stage.CLOSING,
        due_at=ask_on,
        next_step=NextStep(what="Decision on the offer", on=decided_on),
    )
