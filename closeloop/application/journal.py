"""The journal of CRM writes as the use cases keep it: a field before its call, a record once it is there.

What becomes of a write whose answer was lost is decided in `closeloop.application.lost_answers`.
Invariant: a field that may have changed stands in the journal, whatever becomes of the process that changes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from closeloop.application.ports import CrmOutcome, CrmTask, CrmUpdate, CrmWriteRow, Ledger, WriteState
from closeloop.application.services import Services
from closeloop.domain.actions import Action, ActionKind, ActionState

OBJECTS = {
    ActionKind.TASK: "Task",
    ActionKind.CONVERT: "Opportunity",
    ActionKind.FILE: "ContentVersion",
    ActionKind.EVENT: "Event",
    ActionKind.CAMPAIGN: "CampaignMember",
}
"""What an action makes in the CRM."""
A_QUESTION = "a question to a person"
LOGGED, MADE, CONVERTED, IMPORTED = "logged", "made", "converted Lead", "imported"
"""How a line about a record begins."""
STATES = {
    ActionState.ACCEPTED: WriteState.WRITTEN,
    ActionState.PLANNED: WriteState.REFUSED,
    ActionState.REJECTED: WriteState.REFUSED,
    ActionState.SKIPPED: WriteState.REFUSED,
}
"""What an outcome says about the fields; anything else leaves them intended, to be settled by reading back."""
_MAY_HAVE_HAPPENED = {ActionState.ACCEPTED: WriteState.WRITTEN, ActionState.UNCERTAIN: WriteState.INTENDED}


def write_fields(services: Services, rows: Sequence[CrmWriteRow]) -> dict[str, CrmOutcome]:
    """Note the intent, set the fields, note what became of them. Record id to outcome.

    The rows are settled in the ledger; one whose outcome nobody knows stays intended.
    """
    ids = services.ledger.add_crm_writes(row.model_copy(update={"state": WriteState.INTENDED}) for row in rows)
    outcomes = {outcome.key: outcome for outcome in services.crm.update(_updates(rows))} if rows else {}
    states = {
        number: STATES[outcomes[row.record_id].state]
        for number, row in zip(ids, rows, strict=True)
        if outcomes[row.record_id].state in STATES
    }
    if states:
        services.ledger.settle_crm_writes(states)
    return outcomes


def _updates(rows: Iterable[CrmWriteRow]) -> list[CrmUpdate]:
    """One update for each record."""
    by_record: dict[tuple[str, str], list[CrmWriteRow]] = {}
    for row in rows:
        by_record.setdefault((row.object, row.record_id), []).append(row)
    return [
        CrmUpdate(
            object=name,
            record_id=record_id,
            fields={row.field: row.after for row in here},
            reason="; ".join(dict.fromkeys(row.reason for row in here)),
            seen_at=here[0].record_changed,
        )
        for (name, record_id), here in by_record.items()
    ]


def note_made(ledger: Ledger, done: Iterable[tuple[Action, CrmOutcome]], run_id: str, at: datetime) -> None:
    """Journal the records that accepted actions made, by the outcome that names them."""
    ledger.add_crm_writes(_made(action, outcome, run_id, at) for action, outcome in done)


def _made(action: Action, outcome: CrmOutcome, run_id: str, at: datetime) -> CrmWriteRow:
    return CrmWriteRow(
        run_id=run_id,
        at=at,
        object=OBJECTS[action.kind],
        record_id=outcome.record_id or "",
        field="",
        after=_what(action, outcome),
        reason=f"{action.stage.value}: {action.key}",
        prospect_key=action.prospect_key,
    )


def _what(action: Action, outcome: CrmOutcome) -> str:
    """What was made, in a few words."""
    if action.kind is ActionKind.CONVERT:
        made = ", ".join(f"{name.title()} {record}" for name, record in sorted(outcome.ids.items()))
        return f"{CONVERTED} {action.prospect_key}" + (f" into {made}" if made else "")
    subject = str(action.payload.get("subject") or "")
    verb = LOGGED if action.payload.get("completed") else MADE
    return f"{verb} “{subject}”" if subject else f"{verb} a record"


def note_imported(ledger: Ledger, outcomes: Iterable[CrmOutcome], reason: str, run_id: str, at: datetime) -> None:
    """Journal Leads that an import made, and each blank field it filled, or may have, in those that were there."""
    there = [outcome for outcome in outcomes if outcome.record_id and outcome.state in _MAY_HAVE_HAPPENED]
    ledger.add_crm_writes(row for outcome in there for row in _imported(outcome, reason, run_id, at))


def _imported(outcome: CrmOutcome, reason: str, run_id: str, at: datetime) -> list[CrmWriteRow]:
    changes = {"": f"{IMPORTED} line {outcome.key}"} if not outcome.existed else outcome.filled
    return [
        CrmWriteRow(
            run_id=run_id,
            at=at,
            object="Lead",
            record_id=outcome.record_id or "",
            field=field,
            after=after,
            reason=reason,
            state=_MAY_HAVE_HAPPENED[outcome.state],
        )
        for field, after in changes.items()
    ]


def ask(services: Services, tasks: Sequence[CrmTask], reason: str, run_id: str, at: datetime) -> None:
    """Make Tasks that ask people, each once by its key, and journal those that were not there before: without the
    subject, since it names people by whom nobody would find the line when they ask to be forgotten."""
    there = services.crm.tasks_by_key([task.key for task in tasks]) if tasks else {}
    new = [task for task in tasks if task.key not in there]
    outcomes = services.crm.create_tasks(new) if new else []
    services.ledger.add_crm_writes(
        CrmWriteRow(
            run_id=run_id,
            at=at,
            object=OBJECTS[ActionKind.TASK],
            record_id=outcome.record_id,
            field="",
            after=f"{MADE} {A_QUESTION}",
            reason=reason,
        )
        for outcome in outcomes
        if outcome.state is ActionState.ACCEPTED and outcome.record_id
    )


def note_roles(ledger: Ledger, owners: Mapping[str, str | None], role: str, run_id: str, at: datetime) -> None:
    """Journal contact roles: role id to prospect key."""
    ledger.add_crm_writes(
        CrmWriteRow(
            run_id=run_id,
            at=at,
            object="OpportunityContactRole",
            record_id=record_id,
            field="",
            after=f"{MADE} the contact role “{role}”",
            reason="the deal was opened",
            prospect_key=key,
        )
        for record_id, key in owners.items()
        if record_id
    )
