"""Speed: how soon somebody who wrote hears from us again, by owner and by stage.

Counted are replies that want an answer; a no for good, an absence note and a bounce want none. Invariant: what was
never answered is counted as waiting, never left out of the picture.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from statistics import median

from closeloop.domain.intervals import Rate, rate
from closeloop.domain.record import Record
from closeloop.domain.stage import Stage

A_DAY = 24.0


class Pace(Record):
    """How soon a group of replies was answered."""

    answered: int
    median_hours: float | None
    """Calendar hours from their reply to our next touch or a person's task; None when nothing was answered."""
    within_a_day: Rate


class Speed(Record):
    """Over all, and who or where it is slow."""

    whole: Pace
    waiting: int
    """People whose last words have had no answer yet."""
    by_stage: dict[Stage, Pace] = {}
    by_owner: dict[str, Pace] = {}


def speed(reactions: Mapping[str, Iterable[tuple[Stage, float]]], owners: Mapping[str, str], waiting: int) -> Speed:
    """`reactions` are stage and hours of each answer, by prospect; `owners` their owners' names."""
    hours: list[float] = []
    stages: dict[Stage, list[float]] = defaultdict(list)
    people: dict[str, list[float]] = defaultdict(list)
    for key, answers in reactions.items():
        for stage, took in answers:
            hours.append(took)
            stages[stage].append(took)
            people[owners.get(key, "")].append(took)
    return Speed(
        whole=_pace(hours),
        waiting=waiting,
        by_stage={stage: _pace(stages[stage]) for stage in Stage if stage in stages},
        by_owner={owner: _pace(people[owner]) for owner in sorted(people)},
    )


def _pace(hours: list[float]) -> Pace:
    soon = sum(1 for took in hours if took <= A_DAY)
    return Pace(
        answered=len(hours),
        median_hours=round(median(hours), 1) if hours else None,
        within_a_day=rate(soon, len(hours)),
    )
