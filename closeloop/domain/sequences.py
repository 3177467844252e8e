"""Walking a sequence: which touch comes next for this prospect, and when the one after it.

Invariant: a step is carried out at most once in an enrolment, and steps only follow one another forwards, so that a
sequence always ends. A step that is left out costs no touch and no waiting.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from closeloop.domain.business_days import Place, add_business_days, place_of
from closeloop.domain.channels import Carried, carried
from closeloop.domain.decisions import Channel, Hold, Touch
from closeloop.domain.playbook import Playbook
from closeloop.domain.playbook_lines import line_of
from closeloop.domain.prospect import Prospect
from closeloop.domain.steps import Seen, Step, position_of
from closeloop.domain.variants import chosen

DAYS_TO_ANSWER = 5
"""Business days after the last step before the sequence counts as finished."""


def next_touch(
    prospect: Prospect,
    playbook: Playbook,
    sequence: str,
    now: datetime,
    *,
    props: dict[str, Any] | None = None,
) -> Touch | Hold | None:
    """The next step for this prospect, a hold while its wait is not over, None when the sequence is finished."""
    steps = playbook.sequences[sequence]
    place = place_of(prospect, playbook.sending.time_zone)
    first = _after_last(steps, steps_done(prospect, sequence))
    found = _next(steps, first, prospect, playbook)
    if found is None:
        return None
    position, how = found
    if position != first and (waits := _waits(prospect, steps[position], place, now)):
        return waits
    touch = _touch(prospect, steps, position, how, sequence, now, place)
    return _in_a_variant(touch, steps[position], prospect, playbook, props or {})


def steps_done(prospect: Prospect, sequence: str) -> int:
    """The number of the step carried out last in the present enrolment; 0 before the first."""
    enrolled = prospect.enrollment
    return enrolled.step if enrolled is not None and enrolled.sequence == sequence else 0


def seen(prospect: Prospect) -> frozenset[Seen]:
    """What was seen of the prospect since it entered its present sequence."""
    enrolled = prospect.enrollment
    if enrolled is None:
        return frozenset()
    return frozenset(Seen(name) for name, at in prospect.seen.items() if at >= enrolled.started_at)


def _after_last(steps: Sequence[Step], done: int) -> int:
    """Index of the step that follows the one carried out last, by its number from 1."""
    return position_of(steps, steps[done - 1].then, done) if 0 < done <= len(steps) else done


def _next(
    steps: Sequence[Step], position: int, prospect: Prospect, playbook: Playbook
) -> tuple[int, Carried] | None:
    """The first step from here on that is meant for this prospect, and the channel it takes."""
    known = seen(prospect)
    while position < len(steps):
        step = steps[position]
        if not step.applies(known):
            position = position_of(steps, step.otherwise, position + 1)
        elif (how := carried(step, prospect, playbook.channel_preference, first=position == 0)) is None:
            position = position_of(steps, step.then, position + 1)
        else:
            return position, how
    return None


def _waits(prospect: Prospect, step: Step, place: Place, now: datetime) -> Hold | None:
    """A step that others were left out for has its own wait, from the last touch on."""
    if prospect.last_touch_at is None:
        return None
    until = add_business_days(prospect.last_touch_at, step.wait_days, place)
    if until <= now:
        return None
    return Hold(
        rule=f"{prospect.stage}.sequence_waits",
        reasons=(f"the next step that fits waits {step.wait_days} business days after the last one",),
        until=until,
    )


def _touch(
    prospect: Prospect,
    steps: Sequence[Step],
    position: int,
    how: Carried,
    sequence: str,
    now: datetime,
    place: Place,
) -> Touch:
    why = f"step {position + 1} of {len(steps)} of {sequence}"
    return Touch(
        rule=f"{prospect.stage}.sequence",
        reasons=(why, *_condition(steps[position]), *how.reasons),
        channel=how.channel,
        template=how.template,
        step=position + 1,
        sequence=sequence,
        then_wait_until=add_business_days(now, _wait_after(steps, position), place),
    )


def _condition(step: Step) -> tuple[str, ...]:
    said = [f"{word} {' or '.join(names)}" for word, names in (("after", step.when), ("no", step.unless)) if names]
    return (f"its condition holds: {', '.join(said)}",) if said else ()


def _wait_after(steps: Sequence[Step], position: int) -> int:
    following = position_of(steps, steps[position].then, position + 1)
    return steps[following].wait_days if following < len(steps) else DAYS_TO_ANSWER


def _in_a_variant(touch: Touch, step: Step, prospect: Prospect, playbook: Playbook, props: dict[str, Any]) -> Touch:
    """The prospect's own variant of the step, if there are several."""
    if touch.channel is not Channel.EMAIL or not step.variants:
        return touch.model_copy(update={"props": props})
    line = prospect.enrollment.line if prospect.enrollment and prospect.enrollment.line else line_of(playbook).hash
    variant = chosen(step.variants, prospect.key, touch.sequence, touch.step, line)
    words = {name: text for name in ("subject", "offer") if (text := getattr(variant, name)) is not None}
    return touch.model_copy(
        update={
            "template": variant.template or touch.template,
            "variant": variant.name,
            "props": props | words,
            "reasons": (*touch.reasons, f"variant {variant.name} of {len(step.variants)}"),
        }
    )
