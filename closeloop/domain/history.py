"""What the decisions of the past say about each prospect, read once and in order.

Owns how far a prospect got, how long each stay took, how often it was touched and why it waits. Invariant:
memory grows with prospects, never with decisions, so that years of history can be read in one pass.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from closeloop.domain.deal_runs import OPENS_A_RUN, WORKED, Run
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
    reached: set[Stage] = field(default_factory=set)
    """Stages it was in; follow-up never, since everybody rests there. One that is passed over is none of them."""
    resolved: bool = False
    """It left the objections for another stage of the work."""
    run: Run | None = None
    """The last run of its deal."""
    unanswered: deque[datetime] = field(default_factory=deque)
    """Replies of theirs that nothing of ours has followed yet."""
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
    replies: Mapping[str, Iterable[datetime]] = field(default_factory=dict)
    """Prospect key to the replies that want an answer, oldest first."""
    stays: dict[Stage, list[float]] = field(default_factory=lambda: defaultdict(list))
    """Days spent in a stage, of those who left it forwards; out of the objections every way back is forwards."""
    cut: dict[Stage, list[float]] = field(default_factory=lambda: defaultdict(list))
    """Days spent in a stage, of those who were parked or stopped there."""
    runs: list[Run] = field(default_factory=list)
    """Every run of every deal, in the order of their beginnings."""
    reactions: dict[str, list[tuple[Stage, float]]] = field(default_factory=lambda: defaultdict(list))
    """Prospect key to stage and hours of each answer of ours."""
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
            waiting = deque(sorted(self.replies.get(row.prospect_key, ())))
            past = self.pasts[row.prospect_key] = Past(since=row.at, stage=row.stage, unanswered=waiting)
        past.waits_for = None
        handler = _HANDLERS.get(row.kind)
        if handler is not None:
            handler(self, past, row)


def read(rows: Iterable[DecisionLike], replies: Mapping[str, Iterable[datetime]] | None = None) -> History:
    """The history that these decisions tell, oldest first; `replies` are those that wanted an answer, by key."""
    history = History(replies=replies or {})
    for row in rows:
        history.note(row)
    return history


def plain(reason: str) -> str:
    """The reason without addresses and dates, which make equal reasons look different."""
    return WHEN.sub("", ADDRESS.sub("…", reason))


def _touched(history: History, past: Past, row: DecisionLike) -> None:
    if (channel := row.detail.get("channel")) in _CHANNELS:
        history.channels[Channel(channel)] += 1
    _answered(history, past, row)
    history.tries.note(row.prospect_key, row.at, row.detail)
    if row.stage is not Stage.FOLLOW_UP:
        past.touches += 1
    if past.run is not None and past.run.ended_at is None:
        past.run.touches.append(row.at)


def _answered(history: History, past: Past, row: DecisionLike) -> None:
    """What we do next, by mail or by a person's task, answers all they had written by then."""
    first: datetime | None = None
    while past.unanswered and past.unanswered[0] <= row.at:
        at = past.unanswered.popleft()
        first = first or at
    if first is not None:
        history.reactions[row.prospect_key].append((row.stage, (row.at - first).total_seconds() / 3600))


def _advanced(history: History, past: Past, row: DecisionLike) -> None:
    left, entered = _stage(row.detail.get("from")) or row.stage, _stage(row.detail.get("to"))
    if entered is not None:
        _move(history, past, left, entered, row.at)
        _follow_run(history, past, row.prospect_key, entered, row.at)


def _qualified(history: History, past: Past, row: DecisionLike) -> None:
    _move(history, past, Stage.PROSPECTING, Stage.PREPARATION, row.at)


def _closed(history: History, past: Past, row: DecisionLike) -> None:
    if isinstance(won := row.detail.get("won"), bool):
        past.won = won
    past.resolved = past.resolved or (row.stage is Stage.OBJECTIONS and past.won is True)
    _move(history, past, row.stage, Stage.FOLLOW_UP, row.at)
    _end_run(past, row.at, won=row.detail.get("won") is True)


def _left_the_way(history: History, past: Past, row: DecisionLike) -> None:
    """Parked or stopped: the stay ends, but it was no way forwards, so it tells nothing about usual time."""
    _reach(past, row.stage)
    if past.stage is row.stage is not Stage.FOLLOW_UP:
        history.cut[row.stage].append((row.at - past.since).total_seconds() / SECONDS_A_DAY)
    past.stage, past.since = Stage.FOLLOW_UP, row.at
    _end_run(past, row.at, won=False)
    if row.kind == "Stop":
        past.stopped_by = (row.rule, plain(row.reasons[0]))


def _waits(history: History, past: Past, row: DecisionLike) -> None:
    past.waits_for = (row.stage, row.rule)
    history.held[row.stage, row.rule][plain(row.reasons[0])] += 1


def _asks(history: History, past: Past, row: DecisionLike) -> None:
    _waits(history, past, row)
    _answered(history, past, row)
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
    out_of_objections = left is Stage.OBJECTIONS and entered is not Stage.FOLLOW_UP
    if past.stage is left and (out_of_objections or _NUMBERS[entered] > _NUMBERS[left]):
        history.stays[left].append((at - past.since).total_seconds() / SECONDS_A_DAY)
    past.resolved = past.resolved or out_of_objections
    _reach(past, left)
    _reach(past, entered)
    past.stage, past.since = entered, at


def _follow_run(history: History, past: Past, key: str, entered: Stage, at: datetime) -> None:
    """A run begins where there is somebody to present to; one that ended begins anew with any stage of the work."""
    if past.run is not None and past.run.ended_at is None:
        if past.run.moves[-1][1] is not entered:
            past.run.moves.append((at, entered))
    elif entered in (OPENS_A_RUN if past.run is None else WORKED):
        past.run = Run(key=key, opened_at=at, moves=[(at, entered)])
        history.runs.append(past.run)


def _end_run(past: Past, at: datetime, *, won: bool) -> None:
    if past.run is not None and past.run.ended_at is None:
        past.run.ended_at, past.run.won = at, won


def _reach(past: Past, stage: Stage) -> None:
    if stage is not Stage.FOLLOW_UP:
        past.reached.add(stage)


def _stage(name: Any) -> Stage | None:
    return Stage(name) if name in _STAGES else None
