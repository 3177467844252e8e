"""A source of facts in a dry run or a plan: what it said before counts, and it is asked nothing new.

Invariant: no credit is spent and nobody outside learns of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from closeloop.application.ports import AccountQuery
from closeloop.application.provider_port import Answers, Provider
from closeloop.domain.enrichment_rules import Source


@dataclass(frozen=True, slots=True)
class Remembering:
    """Stands for a provider whose earlier answers are in the ledger."""

    real: Provider
    price: Decimal = Decimal(0)

    @property
    def name(self) -> Source:
        return self.real.name

    @property
    def fields(self) -> frozenset[str]:
        return self.real.fields

    def ask(self, queries: Sequence[AccountQuery], now: datetime) -> Answers:
        return Answers(trouble="asked nothing: this is a rehearsal")
