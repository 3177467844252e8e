"""What a backtest finds: how often the band held what came, and how good each predicted chance was.

Each day's forecast is drawn from what was known that day; the truth is read from the days after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from closeloop.domain.draw_figures import draw_figures
from closeloop.domain.figures import Figures
from closeloop.domain.intervals import Rate, rate
from tests.backtest.market import START, Market, market

LEADS, DAYS = 700, 200
"""Leads of one market and the days in which they come: a hundred deals or more."""
LOOKS = tuple(range(60, 200, 20))
"""Days on which a forecast is made."""
HORIZON = timedelta(days=150)
"""Long enough for every deal of the last look to end."""


@dataclass
class Scores:
    """Sums over markets."""

    deals: int = 0
    bands: list[bool] = field(default_factory=list)
    ours: list[float] = field(default_factory=list)
    plain: list[float] = field(default_factory=list)
    expected: Decimal = Decimal(0)
    came: Decimal = Decimal(0)

    def take(self, seed: int, leads: int = LEADS, days: int = DAYS, looks: Sequence[int] = LOOKS) -> None:
        """Live one market and look at it on these days."""
        world = market(seed, leads, days, START + timedelta(days=days) + HORIZON)
        self.deals += sum(any(p.is_deal for _, p in life.versions) for life in world.lives)
        for day in looks:
            self.look(world, START + timedelta(days=day))

    def __add__(self, other: Scores) -> Scores:
        return Scores(
            self.deals + other.deals,
            self.bands + other.bands,
            self.ours + other.ours,
            self.plain + other.plain,
            self.expected + other.expected,
            self.came + other.came,
        )

    def look(self, world: Market, at: datetime) -> None:
        """One forecast against what came."""
        found, people = seen_on(world, at), [(life, life.then(at)) for life in world.lives]
        deals = [(life, p) for life, p in people if p is not None and p.is_open_deal]
        won = {p.key: life.brings_order(at) for life, p in deals}
        came = sum((p.amount or Decimal(0) for _, p in deals if won[p.key]), Decimal(0))
        self.bands.append(found.forecast.p10 <= came <= found.forecast.p90)
        self.expected, self.came = self.expected + found.forecast.expected, self.came + came
        for row in found.forecast.by_deal:
            self.ours.append((row.chance - won[row.key]) ** 2)
            self.plain.append((world.playbook.probability(row.stage) - won[row.key]) ** 2)

    @property
    def coverage(self) -> Rate:
        return rate(sum(self.bands), len(self.bands))

    @property
    def brier(self) -> float:
        return mean(self.ours)

    @property
    def plain_brier(self) -> float:
        return mean(self.plain)


def seen_on(world: Market, at: datetime) -> Figures:
    """The report of that day."""
    return draw_figures(
        prospects=world.prospects(at),
        decisions=world.decisions(at),
        replies=world.replies(at),
        outbox={},
        quarantined=(),
        playbook=world.playbook,
        now=at,
    )


def mean(numbers: Iterable[float]) -> float:
    """0 for none."""
    found = list(numbers)
    return sum(found) / len(found) if found else 0.0
