"""What the decisions of the past say about each prospect, read once and in order.

Owns how far a prospect got, how long each stay took, how often it was touched and why it waits. Invariant:
memory grows with prospects, never with decisions, so that years of history can be read in one pass.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from closeloop.domain.decisions import Channel
from closeloop.domain.stage import Stage
from closeloop.domain.tries import Tries

SECONDS_A_DAY = 86_400
ADDRESS = re.compile(r"[^\s<>@]+@[^\s<>@]+")
WHEN = re.compile(r"\s*\b(?:on|until|since)? ?\d{4}-\d{2}-\d{2}\b")
_CHANNELS, _STAGES = frozenset(Channel), frozenset(Stage)
_NUMBERS = {stage: stage.number for stage in Stage}
"""Looked up for every decision of every prospect, so counted once."""


class DecisionLike(Protocol):
    """A stored decision, whoever stores it.

    `detail` holds `from` and `to` for an Advance, `channel` for a Touch and `won` for a Close.
    """

    @property
    def prospect_key(self) -> str: ...
    @property
    def stage(self) -> Stage: ...
    @property
    def at(self) -> datetime: ...
    @property
    def kind(self) -> str: ...
    @property
    def rule(self) -> str: ...
    @property
    def reasons(self) -> tuple[str, ...]: ...
    @property
    def detail(self) -> Mapping[str, Any]: ...


@dataclass(slots=True)
class Past:
    """One prospect's past."""

    since: datetime
    """Entered the stage it was last seen entering; for the first stage, its first decision."""
    stage: Stage = Stage.PROSPECTING
    furthest: int = 1
    """Highest stage number reached before follow-up."""
    touches: int = 0
    """Outbound touches before follow-up."""
    won: bool | None = None
    """How its deal last closed; None while no decision said."""
    waits_for: tuple[Stage, str] | None = None
    """Stage and rule of the hold it is in."""
    stopped_by: tuple[str, str] | None = None
    """Rule and reason that ended it."""


@dataclass(slots=True)
class History:
    """The pasts of all prospects, and what only adds up over all of them."""

    pasts: dict[str, Past] = field(default_factory=dict)
    stays: dict[Stage, list[float]] = field(default_factory=lambda: defaultdict(list))
    """Days spent in a stage, of those who left it forwards."""
    channels: Counter[Channel] = field(default_factory=Counter)
    tries: Tries = field(default_factory=Tries)
    """What became of steps with several wordings."""
    held: dict[tuple[Stage, str], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """Stage and rule to reasons, counted."""
    asked: set[tuple[Stage, str]] = field(default_factory=set)
    """Those of `held` where a person was asked to act."""

    def of(self, key: str) -> Past | None:
        return self.pasts.get(key)

    def note(self, row: DecisionLike) -> None:
        """Add one decision; they must come in order of time."""
        past = self.pasts.get(row.prospect_key)
        if past is None:
            past = self.pasts[row.prospect_key] = Past(since=row.at, stage=row.stage)
        past.waits_for = None
        handler = _HANDLERS.get(row.kind)
        if handler is not None:
            handler(self, past, row)


def read(rows: Iterable[DecisionLike]) -> History:
    """The history that these decisions tell, oldest first."""
    history = History()
    for row in rows:
        history.note(row)
    return history


def plain(reason: str) -> str:
    """The reason without addresses and dates, which make equal reasons look different."""
    return WHEN.sub("", ADDRESS.sub("…", reason))


def _touched(history: History, past: Past, row: DecisionLike) -> None:
    if (channel := row.detail.get("channel")) in _CHANNELS:
        history.channels[Channel(channel)] += 1
    history.tries.note(row.prospect_key, row.at, row.detail)
    if row.stage is not Stage.FOLLOW_UP:
        past.touches += 1


def _advanced(history: History, past: Past, row: DecisionLike) -> None:
    left, entered = _stage(row.detail.get("from")) or row.stage, _stage(row.detail.get("to"))
    if entered is not None:
        _move(history, past, left, entered, row.at)


def _qualified(history: History, past: Past, row: DecisionLike) -> None:
    _move(history, past, Stage.PROSPECTING, Stage.PREPARATION, row.at)


def _closed(history: History, past: Past, row: DecisionLike) -> None:
    if isinstance(won := row.detail.get("won"), bool):
        past.won = won
    _move(history, past, row.stage, Stage.FOLLOW_UP, row.at)


def _left_the_way(history: History, past: Past, row: DecisionLike) -> None:
    """Parked or stopped: the stay ends, but it was no way forwards, so it tells nothing about usual time."""
    _reach(past, row.stage)
    past.stage, past.since = Stage.FOLLOW_UP, row.at
    if row.kind == "Stop":
        past.stopped_by = (row.rule, plain(row.reasons[0]))


def _waits(history: History, past: Past, row: DecisionLike) -> None:
    past.waits_for = (row.stage, row.rule)
    history.held[row.stage, row.rule][plain(row.reasons[0])] += 1


def _asks(history: History, past: Past, row: DecisionLike) -> None:
    _waits(history, past, row)
    history.asked.add((row.stage, row.rule))


_HANDLERS: dict[str, Callable[[History, Past, DecisionLike], None]] = {
    "Touch": _touched,
    "Advance": _advanced,
    "Qualified": _qualified,
    "Close": _closed,
    "Park": _left_the_way,
    "Stop": _left_the_way,
    "Hold": _waits,
    "AskHuman": _asks,
}


def _move(history: History, past: Past, left: Stage, entered: Stage, at: datetime) -> None:
    if left is entered:
        return
    if past.stage is left and _NUMBERS[entered] > _NUMBERS[left]:
        history.stays[left].append((at - past.since).total_seconds() / SECONDS_A_DAY)
    _reach(past, left)
    _reach(past, entered)
    past.stage, past.since = entered, at


def _reach(past: Past, stage: Stage) -> None:
    if stage is not Stage.FOLLOW_UP:
        past.furthest = max(past.furthest, _NUMBERS[stage])


def _stage(name: Any) -> Stage | None:
    return Stage(name) if name in _STAGES else None
