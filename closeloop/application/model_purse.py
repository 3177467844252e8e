"""The money and the tokens of language models: taken from the ledger before a call, settled after it.

Invariant: what is taken and not given back is what the calls cost, or may have cost; no month and no run ever costs
more than its budget.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, Decimal

from closeloop.application.credit_port import CreditLedger
from closeloop.domain.model_budget import ModelBudget

PARTS = 10_000
"""Of a dollar: the ledger counts money of models in hundredths of a cent."""
_NO_LIMIT = 2**31 - 1


def money_account(now: datetime) -> str:
    """The account of all money of this month."""
    return f"model:{now:%Y-%m}"


def token_account(now: datetime) -> str:
    """The account of all tokens of this month."""
    return f"model tokens:{now:%Y-%m}"


def parts(dollars: Decimal) -> int:
    """As the ledger counts them; a part of a part counts whole."""
    return int((dollars * PARTS).to_integral_value(ROUND_CEILING))


def dollars(spent: int) -> Decimal:
    """The amount that the ledger has counted."""
    return Decimal(spent) / PARTS


@dataclass(frozen=True, slots=True)
class ModelPurse:
    """What one run may still spend on models; without a run what the month may."""

    ledger: CreditLedger
    budget: ModelBudget
    now: datetime
    run_id: str | None = None

    def _accounts(self) -> Mapping[str, int]:
        month = {money_account(self.now): parts(self.budget.per_month)}
        return month | ({f"model run:{self.run_id}": parts(self.budget.per_run)} if self.run_id else {})

    def take(self, most: Decimal, wanted: int) -> int:
        """How many calls may be made that cost so much at most."""
        return self.ledger.take_credits(self._accounts(), parts(most), wanted)

    def settle(self, most: Decimal, taken: int, cost: Decimal, tokens: int) -> None:
        """Give back what was taken for these calls and not spent; note the tokens."""
        unspent = parts(most) * taken - parts(cost)
        if unspent > 0:
            self.ledger.give_back_credits(self._accounts(), unspent)
        if tokens > 0:
            self.ledger.take_credits({token_account(self.now): _NO_LIMIT}, tokens, 1)
