"""Taking a run's writes back, field by field: what to restore, and what to leave because somebody wrote since.

Invariant: a field is only restored while it still says what the run wrote; what a person or a later run put there
stays, and what was taken back already is not taken back again. A write nobody knows about is a wall: neither it nor
what lies before it is taken back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from closeloop.domain.field_ownership import same
from closeloop.domain.record import Record

BY_PERSON = "a person changed it since"
ALREADY = "taken back already"
IN_DOUBT = "the answer to a write was lost and the record changed since: it may be a person's"


class WriteLike(Protocol):
    """A line of the journal about one field, whoever keeps it."""

    @property
    def id(self) -> int | None: ...
    @property
    def run_id(self) -> str: ...
    @property
    def before(self) -> Any: ...
    @property
    def after(self) -> Any: ...
    @property
    def undoes(self) -> int | None: ...
    @property
    def in_doubt(self) -> bool:
        """Whether it happened can no longer be told."""
        ...


class Step(Record):
    """One write to take back."""

    write: int
    before: Any
    after: Any


class FieldPlan(Record):
    """What becomes of one field."""

    steps: tuple[Step, ...] = ()
    """Writes to take back, newest first."""
    kept: str | None = None
    """Why it stays, or stays in part."""

    @property
    def restores(self) -> bool:
        return bool(self.steps)

    @property
    def value(self) -> Any:
        """What the field will say."""
        return self.steps[-1].before

    @property
    def written(self) -> Any:
        """What it says now, and what nobody should write there again."""
        return self.steps[0].after


def plan(history: Sequence[WriteLike], run_id: str, current: Any) -> FieldPlan:
    """`history`: all writes to one field that may have happened, oldest first. `current`: what it says now.

    A run that took another back can itself be taken back; the field then says again what the first run wrote.
    """
    left = _live(history)
    if all(write.undoes is None for write in left if write.run_id == run_id):
        left = standing(history)
    if not any(write.run_id == run_id for write in left):
        return FieldPlan(kept=ALREADY)
    steps: list[Step] = []
    while left and _is_last(left[-1], run_id, current):
        last = left.pop()
        steps.append(Step(write=last.id or 0, before=last.before, after=last.after))
        current = last.before
    if not any(write.run_id == run_id for write in left):
        return FieldPlan(steps=tuple(steps))
    return FieldPlan(steps=tuple(steps), kept=_why(left, run_id, current))


def _is_last(write: WriteLike, run_id: str, current: Any) -> bool:
    """The field says what this run surely wrote."""
    return write.run_id == run_id and not write.in_doubt and same(current, write.after)


def standing(history: Sequence[WriteLike]) -> list[WriteLike]:
    """The writes that count: a write and the one that took it back cancel each other out."""
    live = _live(history)
    taken_back = {write.undoes for write in live}
    return [write for write in live if write.undoes is None and write.id not in taken_back]


def _live(history: Sequence[WriteLike]) -> list[WriteLike]:
    """Without what was taken back by an undo that was itself taken back, and without that undo's undo."""
    gone: set[int | None] = set()
    live = []
    for write in reversed(history):
        if write.id in gone:
            continue
        live.append(write)
        if write.undoes is not None and any(w.id == write.undoes and w.undoes is not None for w in history):
            gone.add(write.undoes)
            live.pop()
    return live[::-1]


def _why(left: Sequence[WriteLike], run_id: str, current: Any) -> str:
    last = left[-1]
    if last.in_doubt:
        return IN_DOUBT
    if last.run_id != run_id and same(current, last.after):
        return f"the run {last.run_id} wrote it since: undo that one first"
    return BY_PERSON


def by_field(writes: Iterable[Any]) -> dict[tuple[str, str, str], list[Any]]:
    """Writes grouped by (object, record id, field), each group in order."""
    found: dict[tuple[str, str, str], list[Any]] = {}
    for write in writes:
        found.setdefault((write.object, write.record_id, write.field), []).append(write)
    return found
