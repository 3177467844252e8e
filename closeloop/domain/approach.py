"""Approach: the first contact, by gift, question or trial, chosen by rule and measured against the others."""

from __future__ import annotations

from datetime import datetime, timedelta

from closeloop.domain.decisions import Decision, Park
from closeloop.domain.playbook import Approach, Playbook
from closeloop.domain.prospect import Prospect
from closeloop.domain.qualification import meets
from closeloop.domain.sequences import next_touch
from closeloop.domain.stage import Standing


def choose(prospect: Prospect, playbook: Playbook) -> Approach:
    """The approach this prospect is already in, else the first whose condition is met."""
    for approach in playbook.approaches:
        if approach.kind == prospect.approach:
            return approach
    return next(approach for approach in playbook.approaches if _applies(approach, prospect))


def _applies(approach: Approach, prospect: Prospect) -> bool:
    if approach.when is None:
        return True
    fact = prospect.facts.get(approach.when.fact)
    return fact is not None and meets(approach.when, fact)


def decide(prospect: Prospect, playbook: Playbook, now: datetime) -> Decision:
    """The next step of the chosen approach; nurture when the sequence ends without an answer."""
    approach = choose(prospect, playbook)
    props = {"approach": approach.kind}
    touch = next_touch(prospect, playbook, approach.sequence, now, props=props)
    if touch is not None:
        return touch
    return Park(
        rule="approach.finished",
        reasons=(f"{approach.sequence} ended after {prospect.touches} touches without an answer",),
        standing=Standing.NURTURE,
        until=now + timedelta(days=playbook.follow_up.nurture.wait_before(0)),
    )
