"""The run of a deal: from the day there is somebody to present to, until an order, a no, a stop or a rest.

A deal that is woken later begins another run, so each run ends once. Invariant: whatever is asked about a moment
is answered from what had happened by then, so that old forecasts can be made again without hindsight.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from closeloop.domain.stage import Stage
from closeloop.domain.survival import kaplan_meier

OPENS_A_RUN = frozenset({Stage.PRESENTATION, Stage.CLOSING})
WORKED = frozenset({Stage.PRESENTATION, Stage.OBJECTIONS, Stage.CLOSING})
"""Stages that an open deal may be in."""
STILL_OPEN = 0.1
"""Of the runs of an age: up to that share still open, they may be learned from."""
A_DAY = timedelta(days=1)


@dataclass(slots=True)
class Run:
    """One run of one deal. Memory grows with the touches of deals alone."""

    key: str
    opened_at: datetime
    moves: list[tuple[datetime, Stage]]
    """Each stage and when it was entered, oldest first."""
    touches: list[datetime] = field(default_factory=list)
    ended_at: datetime | None = None
    won: bool = False

    def is_open(self, at: datetime) -> bool:
        return self.opened_at <= at and (self.ended_at is None or self.ended_at > at)

    def stage_at(self, at: datetime) -> tuple[Stage, datetime]:
        """Where it stood, and since when; `at` may not be before it opened."""
        since, stage = self.moves[bisect_right(self.moves, at, key=lambda move: move[0]) - 1]
        return stage, since


def learnable(runs: Iterable[Run], now: datetime) -> list[Run]:
    """Runs that had ended by `now`, of those begun so early that nine of ten of their age have ended.

    Of young runs only the quick ones have ended, and orders come quicker than silence: they would flatter.
    """
    begun = [run for run in runs if run.opened_at <= now]
    ended = [run for run in begun if not run.is_open(now)]
    lasted = [((run.ended_at or now) - run.opened_at) / A_DAY for run in ended]
    curve = kaplan_meier(lasted, ((now - run.opened_at) / A_DAY for run in begun if run.is_open(now)))
    grown_up = curve.days_until(STILL_OPEN) or max(lasted, default=0.0)
    return [run for run in ended if (now - run.opened_at) / A_DAY >= grown_up]


def moments(run: Run, usual: Mapping[Stage, int], now: datetime) -> list[datetime]:
    """When something about the run changed that a forecast looks at: a stage entered, or grown old in."""
    found = []
    for place, (at, stage) in enumerate(run.moves):
        until = run.moves[place + 1][0] if place + 1 < len(run.moves) else run.ended_at or now
        steps = (at, *(at + timedelta(days=times * usual[stage], seconds=1) for times in (1, 2)))
        found += [moment for moment in (*steps, *run.touches) if at <= moment < until]
    return sorted(set(found))
