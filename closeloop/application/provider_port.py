"""The port of the sources of facts about accounts that the enrichment waterfall asks.

Invariant: a provider never raises for what happened outside. What it could not ask about is missing from its
answer, and only what it was asked about and did not know is a miss, so that an outage is never remembered as one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from closeloop.application.ports import AccountQuery
from closeloop.domain.enrichment_rules import Source
from closeloop.domain.prospect import Fact
from closeloop.domain.record import Record


class Answer(Record):
    """What a provider said about one account."""

    facts: tuple[Fact, ...] = ()
    """Empty: it knows nothing of this account."""
    cost: Decimal = Decimal(0)
    """Credits charged for it."""


class Answers(Record):
    """What came of a batch of questions."""

    found: dict[str, Answer] = {}
    """By query key; whoever is missing could not be asked about."""
    lost: Decimal = Decimal(0)
    """Credits that calls without an answer may have cost: they count as spent."""
    trouble: str = ""
    """Why not all could be asked about, in words for the people who run this."""


class Provider(Protocol):
    """One source of facts."""

    @property
    def name(self) -> Source: ...

    @property
    def fields(self) -> frozenset[str]:
        """Names of the facts it may know."""
        ...

    @property
    def price(self) -> Decimal:
        """Most that one question costs, in credits; 0 for a source that is free."""
        ...

    def ask(self, queries: Sequence[AccountQuery], now: datetime) -> Answers:
        """At most one question for each; ends within the provider's own time limit."""
        ...
