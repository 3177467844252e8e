"""What is asked of a language model: to put a prospect's points in other words. Never raises for what it answers.

The request names a company and holds the playbook's texts and the facts behind them; no person's name, address or
words are in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

from closeloop.domain.messages import PainProps
from closeloop.domain.record import Record
from closeloop.domain.rewording import NewWords


class Point(Record):
    """One point as it stands, and the fact behind it."""

    id: str
    ground: str
    words: PainProps


class WordingRequest(Record):
    """The points of one prospect."""

    key: str
    company: str
    language: str
    points: tuple[Point, ...]


class Usage(Record):
    """What calls have used up; `cost` in US dollars."""

    calls: int = 0
    tokens: int = 0
    cost: Decimal = Decimal(0)

    def __add__(self, other: Usage) -> Usage:
        return Usage(calls=self.calls + other.calls, tokens=self.tokens + other.tokens, cost=self.cost + other.cost)


class Proposals(Record):
    """What came back, by the key of the request; one without an answer is not in it."""

    found: dict[str, tuple[NewWords, ...]] = {}
    usage: dict[str, Usage] = {}
    """What each call used, also one whose answer was of no use; a call whose answer was lost counts at its most."""
    trouble: str = ""
    """Why some have no answer; empty when all have."""


class WordingModel(Protocol):
    """One language model."""

    @property
    def name(self) -> str:
        """`provider:model`, as a person knows it."""
        ...

    def most(self, requests: Sequence[WordingRequest]) -> Decimal:
        """What the dearest of these calls can cost, in US dollars."""
        ...

    def propose(self, requests: Sequence[WordingRequest]) -> Proposals:
        """New words for each request, all of them at once; in the time limit, or not at all."""
        ...
