"""Follow-up: never ends, slows down. Customers, sleepers and lost deals each have their own cadence.

Customers besides hear of what their time with us asks for (`closeloop.domain.tracks`). The relation stays with the
owner who began it; one who has left is handed over first (`closeloop.domain.hand_over`).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from closeloop.domain.business_days import add_business_days, place_of
from closeloop.domain.decisions import Advance, Channel, Decision, Hold, Touch
from closeloop.domain.follow_up_rules import Cadence, FollowUp
from closeloop.domain.hand_over import hand_over
from closeloop.domain.playbook import Playbook
from closeloop.domain.prospect import Prospect
from closeloop.domain.sequences import steps_done
from closeloop.domain.stage import Stage, Standing
from closeloop.domain.tracks import next_day, upcoming


def decide(prospect: Prospect, playbook: Playbook, now: datetime) -> Decision:
    """Wake the prospect whose day has come."""
    if prospect.stage is Stage.PROSPECTING:
        return Advance(
            rule="follow_up.look_again",
            reasons=("the nurture date has come: qualify again",),
            to=Stage.PROSPECTING,
            due_at=now,
        )
    if (left := hand_over(prospect, playbook, now)) is not None:
        return left
    if prospect.standing is Standing.CUSTOMER and prospect.closed_at is not None:
        return _to_customer(prospect, playbook, now)
    cadence = _cadence(prospect, playbook.follow_up)
    if cadence is None:
        return Hold(rule="follow_up.not_ours", reasons=(f"{prospect.standing} has no cadence",))
    return _touch(prospect, cadence, playbook, now)


def _to_customer(prospect: Prospect, playbook: Playbook, now: datetime) -> Decision:
    """The most urgent of what is due; nothing before its day."""
    rules, place = playbook.follow_up, place_of(prospect, playbook.sending.time_zone)
    waiting = upcoming(prospect, rules)
    due = next((one for one in waiting if one.at <= now), None)
    if due is None:
        until = add_business_days(min(one.at for one in waiting), 0, place)
        return Hold(rule="follow_up.not_yet", reasons=("nothing is due before",), until=until)
    done = prospect.tracks | {due.track: prospect.tracks.get(due.track, 0) + 1}
    after = prospect.model_copy(update={"tracks": done, "last_touch_at": now})
    then = add_business_days(max(next_day(after, rules), now + timedelta(days=1)), 0, place)
    ends = {"term_ends": due.term_ends.isoformat()} if due.term_ends else {}
    return Touch(
        rule=f"follow_up.{due.track}",
        reasons=(f"{due.track} {done[due.track]}, due since {due.at:%-d %B %Y}", f"the next on {then:%-d %B %Y}"),
        channel=Channel.EMAIL,
        template=due.template,
        step=due.step,
        sequence=due.template,
        track=due.track,
        then_wait_until=then,
        props=ends,
    )


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
