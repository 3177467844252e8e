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
        self._looked_at: dict[str, tuple[datetime, str, timedelta]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def claim(
        self, kind: ActionKind, now: datetime, worker: str, limit: int, lease: timedelta
    ) -> list[ClaimedAction]:
        if kind is not ActionKind.EMAIL:
            return self._real.claim(kind, now, worker, limit, lease)
        planned = self._real.in_state(ActionState.PLANNED, kind, 100_000)
        found = [action for action in planned if action.due_at <= now][:limit]
        self._looked_at |= {action.key: (now, worker, lease) for action in found}
        return found

    def settle(self, settlements: Iterable[Settlement], now: datetime, then: Iterable[Action] = ()) -> list[Late]:
        given = list(settlements)
        mine = {s.key for s in given} & self._looked_at.keys()
        if mine:
            given = [s for s in given if s.key not in mine or self._still_planned(s.key)]
            self._claim_now(mine)
        return self._real.settle(given, now, then=then)

    def _still_planned(self, key: str) -> bool:
        found = self._real.actions([key]).get(key)
        return found is not None and found[1] is ActionState.PLANNED

    def _claim_now(self, keys: set[str]) -> None:
        """All that is due is claimed, and what is not settled now is given back at the end of its lease."""
        now, worker, lease = self._looked_at[next(iter(keys))]
        self._real.claim(ActionKind.EMAIL, now, worker, len(keys), lease)
