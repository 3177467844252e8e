"""What an undo did, field by field, as people and programs are told.

Invariant: every field of the run is in exactly one of the lists, with the reason where it stayed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from closeloop.application.journal import CONVERTED, IMPORTED, LOGGED
from closeloop.application.ports import CrmWriteRow, RunRow
from closeloop.domain.field_undo import FieldPlan
from closeloop.domain.record import Record

STAGE = "undo"
Place = tuple[str, str, str]
"""Object, record id, field."""


class FieldLine(Record):
    """What became of one field."""

    object: str
    record_id: str
    field: str
    said: Any = None
    """What it says as long as nothing is taken back."""
    says: Any = None
    """What it says afterwards."""
    reason: str = ""


class RecordLine(Record):
    """A record that the run made; none is ever deleted."""

    object: str
    record_id: str
    what: str
    why_kept: str


class UndoResult(Record):
    """The whole outcome, in the order of the run's writes, newest first."""

    run: str
    undo_run: str | None
    """The run that took it back, which can itself be taken back; None when there was nothing to do."""
    dry_run: bool
    restored: tuple[FieldLine, ...] = ()
    kept: tuple[FieldLine, ...] = ()
    failed: tuple[FieldLine, ...] = ()
    records: tuple[RecordLine, ...] = ()


def lines(
    plans: Mapping[Place, FieldPlan], current: Mapping[Place, Any], outcomes: Mapping[str, str]
) -> tuple[tuple[FieldLine, ...], tuple[FieldLine, ...]]:
    """What was restored, and what could not be."""
    restored: list[FieldLine] = []
    failed: list[FieldLine] = []
    for place, found in plans.items():
        if not found.restores:
            continue
        problem = outcomes.get(place[1], "")
        says = current[place] if problem else found.value
        line = _line(place, current[place], says, problem or found.kept or "")
        (failed if problem else restored).append(line)
    return tuple(restored), tuple(failed)


def kept(plans: Mapping[Place, FieldPlan], current: Mapping[Place, Any]) -> tuple[FieldLine, ...]:
    """What stays as it is, and why."""
    return tuple(
        _line(place, current.get(place), current.get(place), found.kept or "")
        for place, found in plans.items()
        if not found.restores
    )


def _line(place: Place, said: Any, says: Any, reason: str) -> FieldLine:
    name, record_id, field = place
    return FieldLine(object=name, record_id=record_id, field=field, said=said, says=says, reason=reason)


def record_line(row: CrmWriteRow) -> RecordLine:
    """A record that the run made, and why it stays."""
    what = str(row.after)
    if what.startswith(CONVERTED):
        why = "Salesforce cannot take a conversion back"
    elif what.startswith(IMPORTED):
        why = "somebody may work on it already: delete it by hand if it does not belong there"
    elif what.startswith(LOGGED):
        why = "it happened: the log of a mail that was sent stays"
    else:
        why = "delete it by hand if nobody needs it"
    return RecordLine(object=row.object, record_id=row.record_id, what=what, why_kept=why)


def run_row(result: UndoResult, now: datetime) -> RunRow:
    """The undo as a run of its own."""
    counts = {"restored": len(result.restored), "kept": len(result.kept), "failed": len(result.failed)}
    holds: dict[str, int] = {}
    for line in result.kept:
        holds[line.reason] = holds.get(line.reason, 0) + 1
    return RunRow(run_id=result.undo_run or "", stage=STAGE, as_of=now, counts=counts, holds=holds)
