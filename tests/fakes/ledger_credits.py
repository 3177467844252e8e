"""The fake ledger's part about credits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from threading import Lock


class MemoryCredits:
    """Accounts in a dictionary."""

    def __init__(self) -> None:
        super().__init__()
        self.spent: dict[str, int] = {}
        self._counting = Lock()

    def take_credits(self, limits: Mapping[str, int], price: int, wanted: int) -> int:
        if price <= 0 or wanted <= 0:
            return max(wanted, 0)
        with self._counting:
            left = min((limit - self.spent.get(name, 0) for name, limit in limits.items()), default=0)
            granted = min(wanted, max(left, 0) // price)
            for name in limits:
                self.spent[name] = self.spent.get(name, 0) + granted * price
        return granted

    def give_back_credits(self, accounts: Iterable[str], amount: int) -> None:
        with self._counting:
            for name in set(accounts):
                self.spent[name] = max(0, self.spent.get(name, 0) - max(amount, 0))

    def credits_spent(self, accounts: Iterable[str]) -> dict[str, int]:
        return {name: self.spent.get(name, 0) for name in accounts}
