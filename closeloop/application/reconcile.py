"""Reconcile: what is uncertain is settled by evidence; what evidence does not settle in a day goes to a person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from closeloop.application import campaign, deck_files
from closeloop.application.approving import apply_deadlines
from closeloop.application.contact_roles import await_roles
from closeloop.application.journal import note_made
from closeloop.application.mails_in_doubt import MAILS, settle_mails
from closeloop.application.overtaking import update
from closeloop.application.ports import CrmOutcome
from closeloop.application.quote_files import key_of
from closeloop.application.results import StageResult, Tally
from closeloop.application.retention import blank_what_is_old
from closeloop.application.services import BATCH, Services
from closeloop.domain.actions import ActionKind, ActionState, ClaimedAction, Settlement


def run_batch(services: Services, run_id: str, now: datetime, limit: int = BATCH) -> StageResult:
    """Expire leases, read the CRM back, and hand what stays uncertain to the owners."""
    tally = Tally("reconcile", run_id)
    tally.count("leases expired", len(services.ledger.expire_leases(now)))
    for kind, settle in SETTLERS.items():
        # Kind by kind: mails without evidence stay uncertain for long and must not crowd the others out.
        uncertain = services.ledger.in_state(
            ActionState.UNCERTAIN, kind, MAILS if kind is ActionKind.EMAIL else limit
        )
        tally.considered += len(uncertain)
        settle(uncertain, services, now, tally)
    apply_deadlines(services, now, tally)
    blank_what_is_old(services, now, tally)
    return tally.result()


def _settle_tasks(actions: list[ClaimedAction], services: Services, now: datetime, tally: Tally) -> None:
    if not actions:
        return
    found = services.crm.tasks_by_key([action.key for action in actions])
    _settle(actions, {a.key: found.get(a.key) for a in actions}, services, now, tally)


def _settle_conversions(actions: list[ClaimedAction], services: Services, now: datetime, tally: Tally) -> None:
    if not actions:
        return
    prospects = services.ledger.prospects([action.prospect_key for action in actions])
    found = services.crm.converted([prospect.crm.lead for prospect in prospects.values()])
    made = [prospect.key for prospect in prospects.values() if prospect.crm.lead in found]
    update(services.ledger, made, lambda p: p.with_crm_ids(found[p.crm.lead]))
    await_roles(services.ledger, made)
    leads = {a.key: prospects[a.prospect_key].crm.lead for a in actions}
    theirs = {key: lead for key, lead in leads.items() if lead in found and "opportunity" not in found[lead]}
    _give_up(actions, theirs, services, now, tally)
    ours = {key: lead for key, lead in leads.items() if key not in theirs}
    made_of = {key: found.get(lead, {}).get("opportunity") for key, lead in ours.items()}
    _settle(actions, made_of, services, now, tally)


def _settle_meetings(actions: list[ClaimedAction], services: Services, now: datetime, tally: Tally) -> None:
    """An Event on another day is no evidence: the move has still to be made."""
    if not actions:
        return
    found = services.crm.meetings_by_key([action.payload["key"] for action in actions])
    there = {a.key: found.get(a.payload["key"], ("", "")) for a in actions}
    on = {a.key: str(a.payload.get("starts_at") or a.payload["on"])[:10] for a in actions}
    again = {a.key for a in actions if a.payload.get("called_off")}
    events = {key: event if day == on[key] and key not in again else None for key, (event, day) in there.items()}
    _settle(actions, events, services, now, tally)


def _settle_members(actions: list[ClaimedAction], services: Services, now: datetime, tally: Tally) -> None:
    if not actions:
        return
    prospects = services.ledger.prospects(action.prospect_key for action in actions)
    asked = [campaign.member(action, prospects[action.prospect_key], services) for action in actions]
    found = services.crm.members_in_place(asked)
    _settle(actions, {action.key: found.get(action.key) for action in actions}, services, now, tally)


def _settle_files(actions: list[ClaimedAction], services: Services, now: datetime, tally: Tally) -> None:
    if not actions:
        return
    prospects = services.ledger.prospects(action.prospect_key for action in actions)
    wanted = {key_of(a): deck_files.wanted(a, prospects[a.prospect_key], services) for a in actions}
    files = [file for file in wanted.values() if file]
    found = services.crm.files_in_place(files) if files else {}
    _settle(actions, {action.key: found.get(key_of(action)) for action in actions}, services, now, tally)


def _give_up(
    actions: list[ClaimedAction], leads: dict[str, str], services: Services, now: datetime, tally: Tally
) -> None:
    """A Lead that people converted without an Opportunity can never be converted again."""
    detail = "a person converted the Lead without an Opportunity"
    lost = [action for action in actions if action.key in leads]
    services.ledger.settle([_evidence(action, ActionState.REJECTED, detail) for action in lost], now)
    for lead in leads.values():
        tally.fail(lead, detail)


def _evidence(action: ClaimedAction, state: ActionState, detail: str, **fields: Any) -> Settlement:
    """About the attempt that was looked at: should it be tried again meanwhile, this says nothing of that."""
    return Settlement(key=action.key, attempt=action.attempt, state=state, detail=detail, **fields)


def _settle(
    looked_at: list[ClaimedAction],
    evidence: dict[str, str | None],
    services: Services,
    now: datetime,
    tally: Tally,
) -> None:
    """A record that is there proves it happened; a record that is not, that it may be done again."""
    settlements = [
        _evidence(action, ActionState.ACCEPTED, "read back from the CRM", provider_id=evidence[action.key])
        if evidence[action.key]
        else _evidence(action, ActionState.PLANNED, "not in the CRM", retry_at=now)
        for action in looked_at
        if action.key in evidence
    ]
    services.ledger.settle(settlements, now)
    actions = services.ledger.actions([key for key, record in evidence.items() if record])
    made = [
        (action, CrmOutcome(key=key, state=ActionState.ACCEPTED, record_id=evidence[key]))
        for key, (action, _) in actions.items()
    ]
    note_made(services.ledger, made, tally.run_id, now)
    tally.count("settled by read-back", len(settlements))


SETTLERS: dict[ActionKind, Callable[[list[ClaimedAction], Services, datetime, Tally], None]] = {
    ActionKind.TASK: _settle_tasks,
    ActionKind.CONVERT: _settle_conversions,
    ActionKind.EVENT: _settle_meetings,
    ActionKind.CAMPAIGN: _settle_members,
    ActionKind.FILE: _settle_files,
    ActionKind.EMAIL: settle_mails,
}
