"""The fake ledger's part about extras that were promised, and deals that were won."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from closeloop.application.grant_port import Grant
from closeloop.application.ports import DecisionRow
from closeloop.domain.actions import ActionState
from tests.fakes.ledger_erasing import MemoryErasing

_OFF = {ActionState.SKIPPED, ActionState.REJECTED}


class MemoryGrants(MemoryErasing):
    """Promises in a dictionary; what a called-off mail promised is looked away from."""

    decided: list[DecisionRow]

    def __init__(self) -> None:
        super().__init__()
        self.promised: dict[str, Grant] = {}

    def granted(self, accounts: Iterable[str]) -> dict[str, Decimal]:
        return {name: self._spent(name) for name in accounts}

    def _spent(self, account: str) -> Decimal:
        live = [
            one
            for one in self.promised.values()
            if one.account == account
            and (one.action_key not in self.kept or self.kept[one.action_key].state not in _OFF)
        ]
        return sum((one.amount for one in live), Decimal(0))

    def beyond_budget(self, given: Sequence[Grant]) -> frozenset[str]:
        spent = {one.account: self._spent(one.account) for one in given}
        refused = set()
        for one in given:
            if one.action_key in self.promised:
                continue
            if one.budget is not None and spent[one.account] + one.amount > one.budget:
                refused.add(one.prospect_key)
            else:
                spent[one.account] += one.amount
        return frozenset(refused)

    def grant(self, given: Iterable[Grant]) -> None:
        for one in given:
            self.promised.setdefault(one.action_key, one)

    def deals_won_since(self, moment: datetime | None) -> int:
        ended = [one for one in self.decided if one.kind == "Close" and (moment is None or one.at >= moment)]
        return sum(bool(one.detail.get("won")) for one in ended)

    def erase(
        self, prospect_keys: Iterable[str], addresses: Iterable[str], record_ids: Iterable[str]
    ) -> dict[str, int] | None:
        """What was promised to them stays spent; what was called off is nobody's."""
        keys = list(prospect_keys)
        off = {name for name, kept in self.kept.items() if kept.state in _OFF and kept.action.prospect_key in keys}
        counts = super().erase(keys, addresses, record_ids)
        if counts is not None:
            self.promised = {name: one for name, one in self.promised.items() if name not in off}
        return counts
