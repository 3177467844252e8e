"""Follow-up: never ends, slows down. Customers, sleepers and lost deals each have their own cadence."""

from __future__ import annotations

from datetime import datetime, timedelta

from closeloop.domain.business_days import add_business_days, place_of
from closeloop.domain.decisions import Advance, Channel, Decision, Hold, Touch
from closeloop.domain.follow_up_rules import Cadence, FollowUp
from closeloop.domain.playbook import Playbook
from closeloop.domain.prospect import Prospect
from closeloop.domain.sequences import steps_done
from closeloop.domain.stage import Stage, Standing


def decide(prospect: Prospect, playbook: Playbook, now: datetime) -> Decision:
    """Wake the prospect whose day has come."""
    if prospect.stage is Stage.PROSPECTING:
        return Advance(
            rule="follow_up.look_again",
            reasons=("the nurture date has come: qualify again",),
            to=Stage.PROSPECTING,
            due_at=now,
        )
    cadence = _cadence(prospect, playbook.follow_up)
    if cadence is None:
        return Hold(rule="follow_up.not_ours", reasons=(f"{prospect.standing} has no cadence",))
    return _touch(prospect, cadence, playbook, now)


def _cadence(prospect: Prospect, rules: FollowUp) -> Cadence | None:
    return {
        Standing.CUSTOMER: rules.customer,
        Standing.NURTURE: rules.nurture,
        Standing.LOST: rules.win_back,
    }.get(prospect.standing)


def _touch(prospect: Prospect, cadence: Cadence, playbook: Playbook, now: datetime) -> Touch:
    place = place_of(prospect, playbook.sending.time_zone)
    done = steps_done(prospect, cadence.template)
    wait = cadence.wait_before(done + 1)
    return Touch(
        rule="follow_up.cadence",
        reasons=(f"{prospect.standing} follow-up {done + 1}, the next in {wait} days",),
        channel=Channel.EMAIL,
        template=cadence.template,
        step=done + 1,
        sequence=cadence.template,
        then_wait_until=add_business_days(now + timedelta(days=wait), 0, place),
    )
