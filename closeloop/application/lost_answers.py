"""Field writes whose answer was lost: what became of them, by what stands in the record when it is read next.

Invariant: what may be a person's value is never taken for ours. A write left `intended` here stays in doubt: the
field sync keeps what stands there, and `undo` goes neither over it nor past it.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import Any

from closeloop.application.ports import CrmWriteRow, Ledger, WriteState
from closeloop.domain.field_ownership import Memory, blank, doubted, same, undone, written
from closeloop.domain.record import Record

CHANGED_AT = "LastModifiedDate"
CHANGED_BY = "LastModifiedById"
Values = Mapping[str, Mapping[str, Any]]
"""Record id to fields, with `CHANGED_AT` and `CHANGED_BY`."""
Us = Callable[[], str | None]
"""Asks under which user we write; only when a write is in doubt."""
Judged = tuple[CrmWriteRow, WriteState]


class Findings(Record):
    """What reading back told."""

    states: dict[int, WriteState] = {}
    """By the write's place in the journal; without those that stay in doubt."""
    learned: dict[str, dict[str, Memory]] = {}
    """Record id to fields."""


def settle_intended(
    ledger: Ledger, current: Values, memories: Mapping[str, Mapping[str, Memory]], us: Us
) -> dict[str, dict[str, Memory]]:
    """Settle what can be told by what now stands there; the memories with what that taught."""
    found = find_out(ledger, current, us)
    note(ledger, found)
    return {key: {**memories.get(key, {}), **found.learned.get(key, {})} for key in current}


def note(ledger: Ledger, found: Findings) -> None:
    """Keep what was found out."""
    ledger.note_crm_seen(found.learned)
    ledger.settle_crm_writes(found.states)


def find_out(ledger: Ledger, current: Values, us: Us) -> Findings:
    """What became of the writes to these records, as far as it can be told; changes nothing."""
    states: dict[int, WriteState] = {}
    learned: dict[str, dict[str, Memory]] = {}
    intended = ledger.intended_crm_writes(current)
    journal = ledger.crm_writes_to({row.record_id for row in intended}) if intended else []
    undos = {row.id for row in journal if row.undoes is not None}
    our_user = us() if intended else None
    for rows in _open(intended, journal):
        record_id = rows[0].record_id
        here = current[record_id]
        readable = [row for row in rows if row.field in here]
        writes = _judged([row for row in readable if row.undoes is None], here, our_user)
        steps = _happened([row for row in readable if row.undoes is not None], here)
        states |= {row.id or 0: state for row, state in writes + steps if state is not WriteState.INTENDED}
        taught = _taught(writes) | _taught_by_undo(steps, undos)
        if taught:
            learned[record_id] = learned.get(record_id, {}) | taught
    return Findings(states=states, learned=learned)


def _open(intended: Sequence[CrmWriteRow], journal: Sequence[CrmWriteRow]) -> list[list[CrmWriteRow]]:
    """By record and run, oldest first, without those that a later write of ours stands on.

    Nothing is written before it was read back, so those have been judged: what stands there now is no evidence.
    """
    groups: dict[tuple[str, str], list[CrmWriteRow]] = {}
    for row in intended:
        groups.setdefault((row.record_id, row.run_id), []).append(row)
    last = {row.record_id: row.run_id for row in journal if row.field}
    return [rows for (record_id, run_id), rows in groups.items() if last[record_id] == run_id]


def _judged(rows: Sequence[CrmWriteRow], here: Mapping[str, Any], us: str | None) -> list[Judged]:
    """The fields of one record in one call: the org took all of them or none."""
    if any(_is_our_hand(row, here, us) for row in rows):
        return [(row, WriteState.WRITTEN) for row in rows]
    return [(row, _without_a_sign(row, here)) for row in rows]


def _is_our_hand(row: CrmWriteRow, here: Mapping[str, Any], us: str | None) -> bool:
    """The value we sent stands there, and nobody else would have typed the same. Anybody may empty a field or tick
    a box; that was us if nobody has changed the record after us."""
    if not same(here[row.field], row.after) or same(row.before, row.after):
        return False
    telling = not blank(row.after) and not isinstance(row.after, bool)
    we_were_last = us is not None and here.get(CHANGED_BY) == us and here.get(CHANGED_AT) != row.record_changed
    return telling or we_were_last


def _without_a_sign(row: CrmWriteRow, here: Mapping[str, Any]) -> WriteState:
    """Refused when the record is as it was; in a record that changed, anything may be a person's doing."""
    untouched = row.record_changed is not None and row.record_changed == here.get(CHANGED_AT)
    return WriteState.REFUSED if untouched and same(here[row.field], row.before) else WriteState.INTENDED


def _happened(steps: Sequence[CrmWriteRow], here: Mapping[str, Any]) -> list[Judged]:
    """An undo that may not have happened has at least left nothing of ours: it happened if the field says so."""
    last = {step.field: step.after for step in steps}
    return [
        (step, WriteState.WRITTEN if same(here[step.field], last[step.field]) else WriteState.REFUSED)
        for step in steps
    ]


def _taught(writes: Iterable[Judged]) -> dict[str, Memory]:
    memories = {WriteState.WRITTEN: written, WriteState.INTENDED: doubted}
    return {row.field: memories[state](row.after, row.at) for row, state in writes if state in memories}


def _taught_by_undo(steps: Iterable[Judged], undos: Container[int | None]) -> dict[str, Memory]:
    """What was taken back, by the first step; the undo of an undo is a write of ours as before, by the last."""
    found: dict[str, Memory] = {}
    for step, state in steps:
        if state is WriteState.WRITTEN and step.undoes in undos:
            found[step.field] = written(step.after, step.at)
        elif state is WriteState.WRITTEN:
            found.setdefault(step.field, undone(step.before, step.at))
    return found
