"""Reconcile: what is uncertain is settled by evidence; what evidence does not settle in a day goes to a person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from closeloop.application import campaign, deck_files
from closeloop.application.contact_roles import await_roles
from closeloop.application.journal import note_made
from closeloop.application.overtaking import update
from closeloop.application.ports import Change, CrmOutcome
from closeloop.application.results import StageResult, Tally
from closeloop.application.services import BATCH, Services
from closeloop.domain.actions import Action, ActionKind, ActionState, ClaimedAction, Settlement, action_key

PATIENCE = timedelta(days=1)
MAILS = 100_000
"""Uncertain mails looked at in one pass: all of them, since they leave the list only by evidence."""


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
    return tally.result()


def _settle_tasks(actions: list[ClaimedAction], services: Services, now: datetime, tally: Tally) -> None:
    if not actions:
        return
    found = services.crm.tasks_by_key([action.key for action in actions])
    _settle({a.key: found.get(a.key) for a in actions}, services, now, tally)


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
    _give_up(theirs, services, now, tally)
    ours = {key: lead for key, lead in leads.items() if key not in theirs}
    _settle({key: found.get(lead, {}).get("opportunity") for key, lead in ours.items()}, services, now, tally)


def _settle_meetings(actions: list[ClaimedAction], services: Services, now: datetime, tally: Tally) -> None:
    """An Event on another day is no evidence: the move has still to be made."""
    if not actions:
        return
    found = services.crm.meetings_by_key([action.payload["key"] for action in actions])
    there = {a.key: found.get(a.payload["key"], ("", "")) for a in actions}
    on = {a.key: a.payload["on"] for a in actions}
    _settle({key: event if day == on[key] else None for key, (event, day) in there.items()}, services, now, tally)


def _settle_members(actions: list[ClaimedAction], services: Services, now: datetime, tally: Tally) -> None:
    if not actions:
        return
    prospects = services.ledger.prospects(action.prospect_key for action in actions)
    asked = [campaign.member(action, prospects[action.prospect_key], services) for action in actions]
    found = services.crm.members_in_place(asked)
    _settle({action.key: found.get(action.key) for action in actions}, services, now, tally)


def _settle_files(actions: list[ClaimedAction], services: Services, now: datetime, tally: Tally) -> None:
    if not actions:
        return
    prospects = services.ledger.prospects(action.prospect_key for action in actions)
    files = [file for key, p in prospects.items() if (file := deck_files.file_of(key, p, services))]
    found = services.crm.files_in_place(files) if files else {}
    _settle({action.key: found.get(action.prospect_key) for action in actions}, services, now, tally)


def _give_up(leads: dict[str, str], services: Services, now: datetime, tally: Tally) -> None:
    """A Lead that people converted without an Opportunity can never be converted again."""
    detail = "a person converted the Lead without an Opportunity"
    services.ledger.settle([Settlement(key=key, state=ActionState.REJECTED, detail=detail) for key in leads], now)
    for lead in leads.values():
        tally.fail(lead, detail)


def _settle(evidence: dict[str, str | None], services: Services, now: datetime, tally: Tally) -> None:
    """A record that is there proves it happened; a record that is not, that it may be done again."""
    settlements = [
        Settlement(key=key, state=ActionState.ACCEPTED, provider_id=record, detail="read back from the CRM")
        if record
        else Settlement(key=key, state=ActionState.PLANNED, detail="not in the CRM", retry_at=now)
        for key, record in evidence.items()
    ]
    services.ledger.settle(settlements, now)
    actions = services.ledger.actions([key for key, record in evidence.items() if record])
    made = [
        (action, CrmOutcome(key=key, state=ActionState.ACCEPTED, record_id=evidence[key]))
        for key, (action, _) in actions.items()
    ]
    note_made(services.ledger, made, tally.run_id, now)
    tally.count("settled by read-back", len(settlements))


def _hand_over(actions: list[ClaimedAction], services: Services, now: datetime, tally: Tally) -> None:
    """A mail without evidence is never sent again by us: after a day its owner is asked to look."""
    old = [action for action in actions if now - action.due_at >= PATIENCE]
    asked = services.ledger.commit(Change(actions=tuple(_question(action, now) for action in old)))
    tally.count("handed to a person", asked.new_actions)
    tally.count("waiting for evidence", len(actions) - len(old))


def _question(action: ClaimedAction, now: datetime) -> Action:
    return Action(
        key=f"{action_key(ActionKind.TASK, action.prospect_key, 'uncertain')}:{action.key}",
        kind=ActionKind.TASK,
        prospect_key=action.prospect_key,
        stage=action.stage,
        due_at=now,
        payload={
            "subject": f"Check whether this mail went out: {action.payload.get('subject', '')}"[:255],
            "channel": "task",
            "completed": False,
            "priority": "High",
        },
    )


SETTLERS: dict[ActionKind, Callable[[list[ClaimedAction], Services, datetime, Tally], None]] = {
    ActionKind.TASK: _settle_tasks,
    ActionKind.CONVERT: _settle_conversions,
    ActionKind.EVENT: _settle_meetings,
    ActionKind.CAMPAIGN: _settle_members,
    ActionKind.FILE: _settle_files,
    ActionKind.EMAIL: _hand_over,
}
