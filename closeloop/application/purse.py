"""The credits of one run of enrichment: taken from the ledger before a call, given back when it cost nothing.

Invariant: what is taken and not given back is what the calls cost, or may have cost.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, Decimal

from closeloop.application.ports import Ledger
from closeloop.domain.enrichment_rules import CreditLimits


def month_account(now: datetime) -> str:
    """The account of everything spent in this month."""
    return f"{now:%Y-%m}"


def run_account(run_id: str) -> str:
    """The account of one run."""
    return f"run:{run_id}"


def hundredths(credits: Decimal) -> int:
    """As the ledger counts them; a part of a hundredth counts whole."""
    return int((credits * 100).to_integral_value(ROUND_CEILING))


@dataclass(frozen=True, slots=True)
class Purse:
    """What one run may still spend."""

    ledger: Ledger
    limits: CreditLimits
    run_id: str
    now: datetime

    def _accounts(self) -> dict[str, int]:
        return {
            month_account(self.now): hundredths(self.limits.per_month),
            run_account(self.run_id): hundredths(self.limits.per_run),
        }

    def take(self, price: Decimal, wanted: int) -> int:
        """How many calls at this price may be made; what is free may always be asked."""
        if price <= 0:
            return wanted
        return self.ledger.take_credits(self._accounts(), hundredths(price), wanted)

    def settle(self, price: Decimal, taken: int, cost: Iterable[Decimal]) -> None:
        """Give back what was taken for these calls and not spent."""
        unspent = hundredths(price) * taken - sum(hundredths(one) for one in cost)
        if price > 0 and unspent > 0:
            self.ledger.give_back_credits(self._accounts(), unspent)
