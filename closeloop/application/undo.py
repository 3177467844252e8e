"""Undo: a run's field writes in the CRM are taken back, newest first, except where somebody wrote since.

Invariants: a field is read right before it is restored; an opt-out is never taken back; what was taken back stays
so, because the field sync knows it as somebody's choice; asking twice changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from closeloop.application.api_share import Outlook, outlook_for, record_run, say
from closeloop.application.journal import write_fields
from closeloop.application.lost_answers import CHANGED_AT, CHANGED_BY, Findings, find_out, note
from closeloop.application.ports import CrmWriteRow, WriteState
from closeloop.application.services import Services
from closeloop.application.undo_result import STAGE, Place, UndoResult, kept, lines, record_line, run_row
from closeloop.domain.actions import ActionState
from closeloop.domain.api_budget import calls_to_undo
from closeloop.domain.crm_mapping import CONSENT
from closeloop.domain.errors import CrmRefused, UsageError
from closeloop.domain.field_ownership import Memory, undone, written
from closeloop.domain.field_undo import FieldPlan, by_field, plan

SHOWN_RUNS = 5
KNOWN_RUNS = 100_000
GONE = "the record is gone from the CRM"
NO_FIELD = "the org no longer has this field, or we may not read it"
NOT_WRITTEN = "it was not written, as far as the CRM tells"
NO_MEANS_NO = "an opt-out is never taken back"
LATER = (
    "nothing was taken back. Calls free up over a rolling 24 hours: try again later, or raise "
    "CLOSELOOP_SALESFORCE_SHARE"
)


def expected(services: Services, run_id: str) -> Outlook:
    """The calls that taking this run back needs, before it begins. `UsageError` when there was no such run."""
    fields = [row for row in _writes(services, run_id) if not row.makes_record]
    records = {(row.object, row.record_id) for row in fields}
    return outlook_for(services, calls_to_undo(len(records), len({row.object for row in fields})))


def undo(services: Services, run_id: str, now: datetime, *, dry_run: bool = False) -> UndoResult:
    """Take the run back. `UsageError` when there was no such run; `CrmRefused`, before anything is read or written,
    when our share of API calls is too small for it."""
    writes = _writes(services, run_id)
    outlook = expected(services, run_id)
    if not outlook.fits:
        raise CrmRefused(f"{say(outlook, STAGE)}: {LATER}")
    fields = [row for row in writes if not row.makes_record]
    current = _current(services, fields)
    found = find_out(services.ledger, _by_record(current), services.crm.our_user)
    if not dry_run:
        # What is known of lost answers is noted before anything else is written.
        note(services.ledger, found)
    plans = _plans(services, run_id, fields, current, found)
    undo_run = _name(run_id, now)
    rows = [row for place, found in plans.items() for row in _rows(place, found, fields, run_id, undo_run, now)]
    redo = any(row.undoes is not None for row in fields)
    outcomes = {} if dry_run else _carry_out(services, rows, plans, redo, now)
    restored, failed = lines(plans, current, outcomes)
    result = UndoResult(
        run=run_id,
        undo_run=undo_run if rows and not dry_run else None,
        dry_run=dry_run,
        restored=restored,
        failed=failed,
        kept=kept(plans, current),
        records=tuple(record_line(row) for row in reversed(writes) if row.makes_record),
    )
    if rows and not dry_run:
        record_run(services, run_row(result, now))
    return result


def _writes(services: Services, run_id: str) -> list[CrmWriteRow]:
    """Those that may have happened."""
    journaled = services.ledger.crm_writes(run_id)
    if not journaled and not any(run.run_id == run_id for run in services.ledger.runs(KNOWN_RUNS)):
        raise UsageError(_unknown(services, run_id))
    return [row for row in journaled if row.state is not WriteState.REFUSED]


def _unknown(services: Services, run_id: str) -> str:
    runs = [run.run_id for run in services.ledger.runs(100)]
    shown = ", ".join([run for run in dict.fromkeys(runs) if services.ledger.crm_writes(run)][:SHOWN_RUNS])
    latest = f"The latest that wrote to the CRM: {shown}." if shown else "None has written to the CRM yet."
    return f"there was no run called {run_id!r}. {latest}"


def _current(services: Services, fields: Sequence[CrmWriteRow]) -> dict[Place, Any]:
    """What each field says now; a place whose record or field is gone is left out.

    Beside the run's own fields also those whose writes have no answer yet: one tells about the other.
    """
    asked: dict[str, tuple[dict[str, None], dict[str, None]]] = {}
    open_still = services.ledger.intended_crm_writes({row.record_id for row in fields})
    for row in [*fields, *open_still]:
        ids, names = asked.setdefault(row.object, ({}, {}))
        ids[row.record_id] = names[row.field] = None
    found: dict[Place, Any] = {}
    for name, (ids, names) in asked.items():
        for record_id, values in services.crm.read(
            name, list(ids), [*sorted(names), CHANGED_AT, CHANGED_BY]
        ).items():
            found |= {(name, record_id, field): value for field, value in values.items()}
    return found


def _by_record(current: dict[Place, Any]) -> dict[str, dict[str, Any]]:
    by_record: dict[str, dict[str, Any]] = {}
    for (_, record_id, field), value in current.items():
        by_record.setdefault(record_id, {})[field] = value
    return by_record


def _plans(
    services: Services,
    run_id: str,
    fields: Sequence[CrmWriteRow],
    current: dict[Place, Any],
    settled: Findings,
) -> dict[Place, FieldPlan]:
    """By place, the run's latest write first."""
    histories = _histories(services, fields, settled)
    places = list(dict.fromkeys((row.object, row.record_id, row.field) for row in reversed(fields)))
    gone = {record_id for _, record_id, _ in places} - {record_id for _, record_id, _ in current}
    found: dict[Place, FieldPlan] = {}
    for place in places:
        name, record_id, field = place
        if place not in current:
            found[place] = FieldPlan(kept=GONE if record_id in gone else NO_FIELD)
            continue
        history = histories.get(place, [])
        if not any(row.run_id == run_id for row in history):
            found[place] = FieldPlan(kept=NOT_WRITTEN)
            continue
        proposed = plan(history, run_id, current[place])
        consent = services.mapping.word_of(name, field) in CONSENT
        refused = consent and proposed.restores and current[place] is True
        found[place] = FieldPlan(kept=NO_MEANS_NO) if refused else proposed
    return found


def _histories(
    services: Services, fields: Sequence[CrmWriteRow], settled: Findings
) -> dict[Place, list[CrmWriteRow]]:
    """All writes to these records but those that surely did not happen."""
    everything = services.ledger.crm_writes_to({row.record_id for row in fields})
    states = {row.id: settled.states.get(row.id or 0, row.state) for row in everything}
    known = [row.model_copy(update={"state": states[row.id]}) for row in everything]
    return by_field(row for row in known if row.state is not WriteState.REFUSED)


def _name(run_id: str, now: datetime) -> str:
    mark = hashlib.sha256(f"{run_id} {now.isoformat()}".encode()).hexdigest()[:8]
    return f"{STAGE}-{now:%Y%m%dT%H%M}-{mark}"


def _rows(
    place: Place, found: FieldPlan, fields: Sequence[CrmWriteRow], run_id: str, undo_run: str, now: datetime
) -> list[CrmWriteRow]:
    owners = {row.record_id: row.prospect_key for row in fields}
    name, record_id, field = place
    return [
        CrmWriteRow(
            run_id=undo_run,
            at=now,
            object=name,
            record_id=record_id,
            field=field,
            before=step.after,
            after=step.before,
            reason=f"undo of {run_id}",
            prospect_key=owners[record_id],
            undoes=step.write,
        )
        for step in found.steps
    ]


def _carry_out(
    services: Services, rows: Sequence[CrmWriteRow], plans: dict[Place, FieldPlan], redo: bool, now: datetime
) -> dict[str, str]:
    """Record id to what went wrong; empty for those that were restored."""
    outcomes = write_fields(services, rows)
    memories: dict[str, dict[str, Memory]] = {}
    for (_, record_id, field), found in plans.items():
        if not found.restores or outcomes[record_id].state is not ActionState.ACCEPTED:
            continue  # a lost answer teaches what it does when the record is read again
        memories.setdefault(record_id, {})[field] = _memory(found, redo, now)
    services.ledger.note_crm_seen(memories)
    return {
        key: "" if outcome.state is ActionState.ACCEPTED else f"{outcome.state}: {outcome.detail}"
        for key, outcome in outcomes.items()
    }


def _memory(found: FieldPlan, redo: bool, now: datetime) -> Memory:
    """What was written and taken back; after the undo of an undo, a write of ours as before."""
    if redo:
        return written(found.value, now)
    return undone(found.written, now)
