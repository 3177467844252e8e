"""The chance that an open deal brings an order: stage weights first, corrected by what became of earlier deals.

A cell is a stage, a state of mind and an age. Each is estimated as a beta-binomial whose prior is the estimate one
step coarser (the stage alone; under it, the playbook's weight), so few deals move it little and many move it far.
Invariant: a chance is always a whole distribution; nothing is taken for surer than its deals make it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from math import exp, log

from closeloop.domain.deal_runs import WORKED, Run, moments
from closeloop.domain.playbook import Playbook
from closeloop.domain.record import Record, Share
from closeloop.domain.stage import Stage
from closeloop.domain.state_of_mind import Mood, Said, state_of_mind

ENOUGH_RUNS = 30
"""Ended runs before a weight is called re-estimated."""
STAGE_STRENGTH, CELL_STRENGTH = 6.0, 12.0
"""How many deals the playbook's weight counts as, and the coarser estimate under each finer one."""
MOOD_SHIFT = {Mood.COLD: -0.5, Mood.OPEN: 0.0, Mood.KEEN: 0.35}
SURE = 0.005
"""No chance is put at 0 or 1: a weight says what usually happens."""


class Age(StrEnum):
    """How a deal's stay in its stage compares with the usual days."""

    FRESH = "fresh"
    LATE = "late"
    OVERDUE = "overdue"


AGE_SHIFT = {Age.FRESH: 0.1, Age.LATE: -0.4, Age.OVERDUE: -0.9}
Cell = tuple[Stage, Mood, Age]
Tally = tuple[int, int]
"""Orders, and deals that were there."""


class Chance(Record):
    """A chance as a beta distribution: so many orders to so many without, prior included."""

    yes: float
    no: float
    deals: int = 0
    """Earlier deals that stood there."""

    @property
    def mean(self) -> Share:
        return self.yes / (self.yes + self.no)


class StageChance(Record):
    """A stage's weight as the playbook gives it, and as earlier deals make it."""

    stage: Stage
    playbook: Share
    estimated: Share
    low: Share
    high: Share
    """The middle 80 % of what it may be."""
    deals: int
    """Ended deals that ever were in it."""


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
        return _posterior(self.playbook.probability(stage), STAGE_STRENGTH, self.stages.get(stage, (0, 0)))

    def of(self, cell: Cell) -> Chance:
        stage, mood, age = cell
        moved = _shifted(self.of_stage(stage).mean, MOOD_SHIFT[mood] + AGE_SHIFT[age])
        return _posterior(moved, CELL_STRENGTH, self.cells.get(cell, (0, 0)))


def learn(runs: Iterable[Run], said: Mapping[str, Iterable[Said]], playbook: Playbook) -> Chances:
    """From runs that have ended; each counts once for every cell it ever was in."""
    usual = usual_days(playbook)
    stages: dict[Stage, Counter[bool]] = {}
    cells: dict[Cell, Counter[bool]] = {}
    number = 0
    for run in runs:
        number += 1
        was_in = cells_of(run, said.get(run.key, ()), usual, run.ended_at or run.opened_at)
        for cell in was_in:
            cells.setdefault(cell, Counter())[run.won] += 1
        for stage in {cell[0] for cell in was_in}:
            stages.setdefault(stage, Counter())[run.won] += 1
    return Chances(playbook, _tallied(stages), _tallied(cells), number)


def cells_of(run: Run, said: Iterable[Said], usual: Mapping[Stage, int], until: datetime) -> dict[Cell, datetime]:
    """Every cell the run was in before `until`, and when it first was."""
    heard, found = list(said), dict[Cell, datetime]()
    for at in moments(run, dict(usual), until):
        found.setdefault(cell_at(run, heard, usual, at), at)
    return found


def cell_at(run: Run, said: Iterable[Said], usual: Mapping[Stage, int], at: datetime) -> Cell:
    """The cell as it was at that moment."""
    stage, since = run.stage_at(at)
    return stage, state_of_mind(said, run.touches, at).mood, age_of((at - since).total_seconds() / 86_400, usual[stage])


def age_of(days: float, usual: int) -> Age:
    if days <= usual:
        return Age.FRESH
    return Age.LATE if days <= 2 * usual else Age.OVERDUE


def usual_days(playbook: Playbook) -> dict[Stage, int]:
    return {stage: rule.usual_days for stage, rule in playbook.stages.items()}


def by_stage(chances: Chances) -> tuple[StageChance, ...]:
    """The stages a deal may be in, weight against what happened."""
    return tuple(_stage_row(chances, stage) for stage in Stage if stage in WORKED)


def _stage_row(chances: Chances, stage: Stage) -> StageChance:
    found = chances.of_stage(stage)
    low, high = middle(found)
    return StageChance(
        stage=stage,
        playbook=chances.playbook.probability(stage),
        estimated=found.mean,
        low=low,
        high=high,
        deals=chances.stages.get(stage, (0, 0))[1],
    )


def middle(chance: Chance) -> tuple[Share, Share]:
    """The middle 80 % of a beta distribution, by the normal approximation of its log-odds."""
    centre = log(chance.yes / chance.no)
    half = 1.2815515655446004 * (1 / chance.yes + 1 / chance.no) ** 0.5
    return _expit(centre - half), _expit(centre + half)


def _posterior(prior: Share, strength: float, tally: Tally) -> Chance:
    yes, deals = tally
    mean = min(1 - SURE, max(SURE, prior))
    return Chance(yes=mean * strength + yes, no=(1 - mean) * strength + deals - yes, deals=deals)


def _shifted(share: Share, by: float) -> Share:
    held = min(1 - SURE, max(SURE, share))
    return _expit(log(held / (1 - held)) + by)


def _expit(log_odds: float) -> Share:
    return 1 / (1 + exp(-log_odds))


def _tallied[Key](counts: dict[Key, Counter[bool]]) -> dict[Key, Tally]:
    return {key: (found[True], found.total()) for key, found in counts.items()}
