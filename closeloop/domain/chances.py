"""The chance that an open deal brings an order: stage weights first, corrected by what became of earlier deals.

A cell is a stage, a state of mind and an age. Each is estimated as a beta-binomial whose prior is the estimate one
step coarser (the stage alone; under it, the playbook's weight), so few deals move it little and many move it far.
Invariant: a chance is always a whole distribution; nothing is taken for surer than its deals make it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from closeloop.domain.chance import Chance, held, shifted
from closeloop.domain.deal_runs import WORKED, Run, moments
from closeloop.domain.playbook import Playbook
from closeloop.domain.record import Record, Share
from closeloop.domain.stage import Stage
from closeloop.domain.state_of_mind import Mood, Sign, mood_at

ENOUGH_RUNS = 30
"""Ended runs before a weight is called re-estimated."""
STAGE_STRENGTH, CELL_STRENGTH = 3.0, 3.0
"""How many deals the playbook's weight counts as, and the coarser estimate under each finer one."""
MOOD_SHIFT = {Mood.COLD: -0.5, Mood.OPEN: 0.0, Mood.KEEN: 0.35}


class Age(StrEnum):
    """How a deal's stay in its stage compares with the usual days."""

    FRESH = "fresh"
    LATE = "late"
    OVERDUE = "overdue"


AGE_SHIFT = {Age.FRESH: 0.0, Age.LATE: -1.0, Age.OVERDUE: -1.8}
Cell = tuple[Stage, Mood, Age]
Tally = tuple[float, float]
"""Orders, and deals that were there, each weighed by the days it was."""
A_DAY = timedelta(days=1)


class StageChance(Record):
    """A stage's weight as the playbook gives it, and as earlier deals make it."""

    stage: Stage
    playbook: Share
    estimated: Share
    low: Share
    high: Share
    """The middle 80 % of what it may be."""
    deals: int
    """Ended deals behind the estimate, as many of equal stay as would say it as surely."""


@dataclass(frozen=True, slots=True)
class Chances:
    """What was learned, ready to be asked. Without history it answers from the playbook's weights."""

    playbook: Playbook
    stages: Mapping[Stage, Tally] = field(default_factory=dict)
    cells: Mapping[Cell, Tally] = field(default_factory=dict)
    runs: int = 0

    @property
    def has_learned(self) -> bool:
        return self.runs >= ENOUGH_RUNS

    def of_stage(self, stage: Stage) -> Chance:
        """Whatever the state of mind and the age."""
        return _posterior(self.playbook.probability(stage), STAGE_STRENGTH, self.stages.get(stage, (0.0, 0.0)))

    def of(self, cell: Cell) -> Chance:
        stage, mood, age = cell
        moved = shifted(self.of_stage(stage).mean, MOOD_SHIFT[mood] + AGE_SHIFT[age])
        return _posterior(moved, CELL_STRENGTH, self.cells.get(cell, (0.0, 0.0)))


@dataclass(frozen=True, slots=True)
class Passed:
    """A run with its way through the cells; read once, for all that is learned from it."""

    run: Run
    way: Sequence[tuple[datetime, Cell]]
    """Each cell as it was entered, oldest first; it may come back to one."""
    until: datetime
    """Its end, or now."""

    def days_in(self) -> dict[Cell, float]:
        """Every cell it was in, and for how many days."""
        found = dict[Cell, float]()
        ends = [at for at, _ in self.way[1:]] + [self.until]
        for (at, cell), end in zip(self.way, ends, strict=True):
            found[cell] = found.get(cell, 0.0) + (end - at) / A_DAY
        return found

    def cell_then(self, at: datetime) -> Cell:
        """Where it stood; `at` may not be before it opened."""
        return self.way[bisect_right(self.way, at, key=lambda step: step[0]) - 1][1]


def passed(run: Run, signs: Iterable[Sign], usual: Mapping[Stage, int], now: datetime) -> Passed:
    """The way up to the end of the run, or up to now."""
    heard, way = list(signs), list[tuple[datetime, Cell]]()
    for at in moments(run, usual, now):
        cell = cell_at(run, heard, usual, at)
        if not way or way[-1][1] != cell:
            way.append((at, cell))
    return Passed(run, way, run.ended_at or now)


def learn(ended: Iterable[Passed], playbook: Playbook) -> Chances:
    """From runs that have ended; each counts for as long as it was in a cell.

    A forecast looks at whatever is open on its day, so it meets the slow ones more often than the quick: counted
    by visits, the quick ones would promise too much.
    """
    stages: dict[Stage, _Weighed] = defaultdict(_Weighed)
    cells: dict[Cell, _Weighed] = defaultdict(_Weighed)
    number = 0
    for one in ended:
        number += 1
        spent: dict[Stage, float] = defaultdict(float)
        for cell, days in one.days_in().items():
            cells[cell].add(days, won=one.run.won)
            spent[cell[0]] += days
        for stage, days in spent.items():
            stages[stage].add(days, won=one.run.won)
    return Chances(
        playbook,
        {stage: found.tally() for stage, found in stages.items()},
        {cell: found.tally() for cell, found in cells.items()},
        number,
    )


@dataclass(slots=True)
class _Weighed:
    """A share of days, and how many deals of equal weight would say it as surely."""

    days: float = 0.0
    won: float = 0.0
    squares: float = 0.0

    def add(self, days: float, *, won: bool) -> None:
        self.days += days
        self.won += days if won else 0.0
        self.squares += days * days

    def tally(self) -> Tally:
        if not self.squares:
            return 0.0, 0.0
        deals = self.days * self.days / self.squares
        return deals * self.won / self.days, deals


def cell_at(run: Run, signs: Iterable[Sign], usual: Mapping[Stage, int], at: datetime) -> Cell:
    """The cell as it was at that moment."""
    stage, since = run.stage_at(at)
    return cell_of(stage, since, mood_at(signs, run.touches, at), usual, at)


def cell_of(stage: Stage, since: datetime, mood: Mood, usual: Mapping[Stage, int], at: datetime) -> Cell:
    """In a stage since then, in that mood."""
    return stage, mood, age_of((at - since).total_seconds() / 86_400, usual[stage])


def age_of(days: float, usual: int) -> Age:
    """How a stay of so many days compares with the usual."""
    if days <= usual:
        return Age.FRESH
    return Age.LATE if days <= 2 * usual else Age.OVERDUE


def usual_days(playbook: Playbook) -> dict[Stage, int]:
    """Of every stage, as the playbook says."""
    return {stage: rule.usual_days for stage, rule in playbook.stages.items()}


def by_stage(chances: Chances) -> tuple[StageChance, ...]:
    """The stages a deal may be in, weight against what happened."""
    return tuple(_stage_row(chances, stage) for stage in Stage if stage in WORKED)


def _stage_row(chances: Chances, stage: Stage) -> StageChance:
    found = chances.of_stage(stage)
    low, high = found.middle
    return StageChance(
        stage=stage,
        playbook=chances.playbook.probability(stage),
        estimated=found.mean,
        low=low,
        high=high,
        deals=round(chances.stages.get(stage, (0.0, 0.0))[1]),
    )


def _posterior(prior: Share, strength: float, tally: Tally) -> Chance:
    yes, deals = tally
    mean = held(prior)
    return Chance(yes=mean * strength + yes, no=(1 - mean) * strength + deals - yes)
