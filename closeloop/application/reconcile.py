"""Reconcile: what is uncertain is settled by evidence; what evidence does not settle in a day goes to a person."""

from __future__ import annotations

from datetime import datetime, timedelta

from closeloop.application.ports import Change
from closeloop.application.results import StageResult, Tally
from closeloop.application.services import BATCH, Services
from closeloop.domain.actions import Action, ActionKind, ActionState, ClaimedAction, Settlement, action_key

PATIENCE = timedelta(days=1)


def run_batch(services: Services, run_id: str, now: datetime, limit: int = BATCH) -> StageResult:
    """Expire leases, read the CRM back, and hand what stays uncertain to the owners."""
    tally = Tally("reconcile")
    tally.count("leases expired", len(services.ledger.expire_leases(now)))
    uncertain = services.ledger.in_state(ActionState.UNCERTAIN, None, limit)
    tally.considered = len(uncertain)
    _settle_tasks([a for a in uncertain if a.kind is ActionKind.TASK], services, now, tally)
    _settle_conversions([a for a in uncertain if a.kind is ActionKind.CONVERT], services, now, tally)
    _hand_over([a for a in uncertain if a.kind is ActionKind.EMAIL], services, now, tally)
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
    changed = []
    for prospect in prospects.values():
        if ids := found.get(prospect.crm.lead):
            changed.append(prospect.model_copy(update={"crm": prospect.crm.model_copy(update=ids)}))
    services.ledger.commit(Change(prospects=tuple(changed)))
    leads = {a.key: prospects[a.prospect_key].crm.lead for a in actions}
    theirs = {key: lead for key, lead in leads.items() if lead in found and "opportunity" not in found[lead]}
    _give_up(theirs, services, now, tally)
    ours = {key: lead for key, lead in leads.items() if key not in theirs}
    _settle({key: found.get(lead, {}).get("opportunity") for key, lead in ours.items()}, services, now, tally)


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
    tally.count("settled by read-back", len(settlements))


def _hand_over(actions: list[ClaimedAction], services: Services, now: datetime, tally: Tally) -> None:
    """A mail without evidence is never sent again by us: after a day its owner is asked to look."""
    old = [action for action in actions if now - action.due_at >= PATIENCE]
    asked = services.ledger.commit(Change(actions=tuple(_question(action, now) for action in old)))
    tally.count("handed to a person", asked)
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
