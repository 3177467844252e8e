"""Walking a sequence: which touch comes next, and when the one after it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from closeloop.domain.business_days import add_business_days
from closeloop.domain.decisions import Touch
from closeloop.domain.playbook import Playbook, Step
from closeloop.domain.prospect import Prospect

DAYS_TO_ANSWER = 5
"""Business days after the last step before the sequence counts as finished."""


def next_touch(
    prospect: Prospect,
    playbook: Playbook,
    sequence: str,
    now: datetime,
    *,
    props: dict[str, Any] | None = None,
) -> Touch | None:
    """The next step of this sequence for this prospect, or None when it is finished."""
    steps = playbook.sequences[sequence]
    done = steps_done(prospect, sequence)
    if done >= len(steps):
        return None
    return Touch(
        rule=f"{prospect.stage}.sequence",
        reasons=(f"step {done + 1} of {len(steps)} of {sequence}",),
        channel=steps[done].channel,
        template=steps[done].template,
        step=done + 1,
        sequence=sequence,
        then_wait_until=_after(steps, done, now),
        props=props or {},
    )


def steps_done(prospect: Prospect, sequence: str) -> int:
    """Steps of this sequence already carried out in the present enrolment."""
    enrolled = prospect.enrollment
    return enrolled.step if enrolled is not None and enrolled.sequence == sequence else 0


def _after(steps: tuple[Step, ...], done: int, now: datetime) -> datetime:
    wait = steps[done + 1].wait_days if done + 1 < len(steps) else DAYS_TO_ANSWER
    return add_business_days(now, wait)
