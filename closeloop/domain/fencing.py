"""Fencing: what becomes of a settlement when the action has moved on since its worker claimed it.

A worker may sleep past its lease and wake when evidence has settled the action, or another worker holds it. It
must not settle what is no longer its own; yet what it knows is never lost, least of all that a mail was accepted.
"""

from __future__ import annotations

from enum import StrEnum

from closeloop.domain.actions import ActionState, Settlement, may_move
from closeloop.domain.record import Record

_MAY_STILL_BE_DONE = frozenset({ActionState.PLANNED, ActionState.CLAIMED, ActionState.UNCERTAIN})


class Fate(StrEnum):
    """What the ledger does with a settlement."""

    MOVES = "moves"
    KNOWN = "known"
    """the same was written before: nothing changes"""
    LATE = "late"
    """the action is no longer where its worker left it: kept as evidence, the action stays as it is"""
    IMPOSSIBLE = "impossible"
    """there never was such a claim: a mistake of the program"""


class Late(Record):
    """A settlement that came too late to be the action's state; the ledger keeps it."""

    key: str
    attempt: int
    said: ActionState
    stood_at: ActionState

    @property
    def text(self) -> str:
        return (
            f"{self.key} is {self.stood_at.value} by now: that attempt {self.attempt} ended as {self.said.value} "
            "is kept as evidence"
        )


def fate(settlement: Settlement, state: ActionState, attempt: int, provider_id: str | None) -> Fate:
    """For an action that stands at `state`, was claimed `attempt` times and has this provider id, if any."""
    said = settlement.state
    if said is ActionState.CLAIMED or not 1 <= settlement.attempt <= attempt:
        return Fate.IMPOSSIBLE
    same_claim = settlement.attempt == attempt
    if same_claim and said is state and settlement.provider_id in {None, provider_id}:
        return Fate.KNOWN
    if said is ActionState.ACCEPTED and state in _MAY_STILL_BE_DONE:
        return Fate.MOVES  # it did happen, whoever holds it now: from here on nobody does it again
    its_own = same_claim and state in {ActionState.CLAIMED, ActionState.UNCERTAIN}
    return Fate.MOVES if its_own and may_move(state, said) else Fate.LATE
