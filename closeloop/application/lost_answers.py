"""Field writes whose answer was lost: what became of them, by what stands in the record when it is read next.

Invariant: what may be a person's value is never taken for ours. A write left `intended` here stays in doubt: the
field sync keeps what stands there, and `undo` goes neither over it nor past it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from closeloop.application.ports import CrmWriteRow, Ledger, WriteState
from closeloop.domain.field_ownership import Memory, blank, doubted, same, written
from closeloop.domain.field_undo import by_field
from closeloop.domain.record import Record

CHANGED_AT = "LastModifiedDate"
Values = Mapping[str, Mapping[str, Any]]
"""Record id to fields, with `CHANGED_AT`."""


class Findings(Record):
    """What reading back told."""

    states: dict[int, WriteState] = {}
    """By the write's place in the journal; without those that stay in doubt."""
    learned: dict[str, dict[str, Memory]] = {}
    """Record id to fields."""


def settle_intended(
    ledger: Ledger, current: Values, memories: Mapping[str, Mapping[str, Memory]]
) -> dict[str, dict[str, Memory]]:
    """Settle what can be told by what now stands there; the memories with what that taught."""
    found = find_out(ledger, current)
    note(ledger, found)
    return {key: {**memories.get(key, {}), **found.learned.get(key, {})} for key in current}


def note(ledger: Ledger, found: Findings) -> None:
    """Keep what was found out."""
    ledger.note_crm_seen(found.learned)
    ledger.settle_crm_writes(found.states)


def find_out(ledger: Ledger, current: Values) -> Findings:
    """What became of the writes to these records, as far as it can be told; changes nothing."""
    states: dict[int, WriteState] = {}
    learned: dict[str, dict[str, Memory]] = {}
    for rows in _open(ledger, current):
        record_id = rows[0].record_id
        here = current[record_id]
        readable = [row for row in rows if row.field in here]
        ours = [row for row in readable if row.undoes is None]
        states |= _undone([row for row in readable if row.undoes is not None], here)
        for row, state in _judged(ours, here):
            if state is not WriteState.REFUSED:
                memory = written if state is WriteState.WRITTEN else doubted
                learned.setdefault(record_id, {})[row.field] = memory(row.after, row.at)
            if state is not WriteState.INTENDED:
                states[row.id or 0] = state
    return Findings(states=states, learned=learned)


def _open(ledger: Ledger, current: Values) -> list[list[CrmWriteRow]]:
    """By record and run, oldest first, without those that a later write of ours stands on.

    Nothing is written before it was read back, so those have been judged: what stands there now is no evidence.
    """
    groups: dict[tuple[str, str], list[CrmWriteRow]] = {}
    for row in ledger.intended_crm_writes(current):
        groups.setdefault((row.record_id, row.run_id), []).append(row)
    last = {row.record_id: row.run_id for row in ledger.crm_writes_to({key for key, _ in groups}) if row.field}
    return [rows for (record_id, run_id), rows in groups.items() if last[record_id] == run_id]


def _judged(rows: Sequence[CrmWriteRow], here: Mapping[str, Any]) -> list[tuple[CrmWriteRow, WriteState]]:
    """The fields of one record in one call: the org took all of them or none."""
    if any(_is_our_hand(row, here[row.field]) for row in rows):
        return [(row, WriteState.WRITTEN) for row in rows]
    return [(row, _without_a_sign(row, here)) for row in rows]


def _is_our_hand(row: CrmWriteRow, value: Any) -> bool:
    """Nobody else would have typed the same; but anybody may empty a field or tick a box."""
    telling = not blank(row.after) and not isinstance(row.after, bool)
    return telling and same(value, row.after) and not same(value, row.before)


def _without_a_sign(row: CrmWriteRow, here: Mapping[str, Any]) -> WriteState:
    """Refused when the record is as it was; in a record that changed, anything may be a person's doing."""
    untouched = row.record_changed is not None and row.record_changed == here.get(CHANGED_AT)
    return WriteState.REFUSED if untouched and same(here[row.field], row.before) else WriteState.INTENDED


def _undone(rows: Iterable[CrmWriteRow], here: Mapping[str, Any]) -> dict[int, WriteState]:
    """An undo that may not have happened has at least left nothing of ours: it happened if the field says so."""
    states: dict[int, WriteState] = {}
    for (_, _, field), steps in by_field(rows).items():
        happened = same(here[field], steps[-1].after)
        states |= {step.id: WriteState.WRITTEN if happened else WriteState.REFUSED for step in steps}
    return states
