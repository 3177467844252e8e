"""A ledger with a bug put into it on purpose: mails are claimed only after they were sent.

The harness must find it. A harness that has never seen a duplicate proves nothing by counting none.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from closeloop.application.ports import Ledger
from closeloop.domain.actions import Action, ActionKind, ActionState, ClaimedAction, Settlement
from closeloop.domain.fencing import Late


class ClaimsAfterSending:
    """The real ledger, but `claim` of mails only looks, and `settle` claims what it then settles."""

    def __init__(self, real: Ledger) -> None:
        self._real = real
        self._looked_at: dict[str, tuple[str, timedelta]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def claim(
        self, kind: ActionKind, now: datetime, worker: str, limit: int, lease: timedelta
    ) -> list[ClaimedAction]:
        if kind is not ActionKind.EMAIL:
            return self._real.claim(kind, now, worker, limit, lease)
        planned = self._real.in_state(ActionState.PLANNED, kind, 100_000)
        found = [action for action in planned if action.due_at <= now][:limit]
        self._looked_at |= {action.key: (worker, lease) for action in found}
        return found

    def still_held(self, claimed: Iterable[ClaimedAction]) -> set[str]:
        """The bug believes that what it looked at is its own."""
        given = list(claimed)
        return self._real.still_held(given) | {action.key for action in given if action.key in self._looked_at}

    def settle(self, settlements: Iterable[Settlement], now: datetime, then: Iterable[Action] = ()) -> list[Late]:
        given = list(settlements)
        mine = {s.key for s in given} & self._looked_at.keys()
        attempts = self._claim_now(mine, now) if mine else {}
        known = [
            s.model_copy(update={"attempt": attempts[s.key]}) if s.key in mine else s
            for s in given
            if s.key not in mine or s.key in attempts
        ]
        return self._real.settle(known, now, then=then)

    def _claim_now(self, keys: set[str], now: datetime) -> dict[str, int]:
        """The attempt of each of these that was still planned; what else was due is given back."""
        worker, lease = [self._looked_at.pop(key) for key in sorted(keys)][-1]
        claimed = self._real.claim(ActionKind.EMAIL, now, worker, 100_000, lease)
        others = [action for action in claimed if action.key not in keys]
        self._real.settle([_given_back(action) for action in others], now)
        return {action.key: action.attempt for action in claimed if action.key in keys}


def _given_back(action: ClaimedAction) -> Settlement:
    planned = ActionState.PLANNED
    return Settlement(key=action.key, attempt=action.attempt, state=planned, retry_at=action.due_at)
