"""The ledger's account of credits: what sources of facts may still cost, and what they have cost.

Invariant: credits are taken before a call and given back after one that cost nothing, so that a crash between the
two counts too much and never too little.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol


class CreditLedger(Protocol):
    """See `closeloop.application.ledger_port.Ledger`, whose promises hold here too. Amounts are hundredths."""

    def take_credits(self, limits: Mapping[str, int], price: int, wanted: int) -> int:
        """How many of the `wanted` calls at this price may be made; taken from every account at once.

        `limits`: what may be spent in all on each account, such as `2026-11` or `run:…`. Two that ask at the same
        time never get more together than is left.
        """
        ...

    def give_back_credits(self, accounts: Iterable[str], amount: int) -> None:
        """A call that cost nothing; an account never goes below zero."""
        ...

    def credits_spent(self, accounts: Iterable[str]) -> dict[str, int]:
        """What each account has spent, 0 for one that never did."""
        ...
