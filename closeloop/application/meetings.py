"""Agreed meetings in the CRM: one Event for each, moved when the agreement moves."""

from __future__ import annotations

from datetime import datetime

from closeloop.application.claims import claim_for_crm
from closeloop.application.ports import CrmMeeting, CrmOutcome
from closeloop.application.results import Tally
from closeloop.application.services import Services
from closeloop.application.settling import settle
from closeloop.domain.actions import Action, ActionKind, ActionState
from closeloop.domain.appointments import USUAL_MINUTES
from closeloop.domain.prospect import Prospect


def enter(services: Services, now: datetime, limit: int, tally: Tally) -> int:
    """Enter or move at most `limit` meetings; of several agreements about one meeting the last counts."""
    claimed, prospects = claim_for_crm(services, ActionKind.EVENT, now, limit)
    if not claimed:
        return 0
    last = {action.payload["key"]: action for action in claimed}
    asked = [meeting(action, prospects[action.prospect_key]) for action in last.values()]
    outcomes = {outcome.key: outcome for outcome in services.crm.put_meetings(asked)}
    for action in claimed:
        if action.key not in outcomes:
            detail = "the meeting was moved before it was entered"
            outcomes[action.key] = CrmOutcome(key=action.key, state=ActionState.SKIPPED, detail=detail)
    settle(claimed, outcomes, services, now, tally, "meetings entered")
    return len(claimed)


def meeting(action: Action, prospect: Prospect) -> CrmMeeting:
    """What the CRM is asked for."""
    return CrmMeeting(
        action_key=action.key,
        key=action.payload["key"],
        who_id=prospect.crm.contact or prospect.crm.lead,
        what_id=prospect.crm.opportunity if prospect.crm.contact else None,
        owner_id=prospect.owner_id,
        subject=action.payload["subject"],
        description=_about(action),
        on=action.payload["on"],
        starts_at=action.payload.get("starts_at"),
        minutes=action.payload.get("minutes", USUAL_MINUTES),
        was=action.payload.get("was"),
        called_off=action.payload.get("called_off", False),
    )


def _about(action: Action) -> str:
    if action.payload.get("called_off"):
        return "Called off. This Event is kept so that the story of the deal is whole."
    if action.payload.get("starts_at"):
        return "Agreed by reply. Move or delete this Event, and the customer hears of it by a new invitation."
    return "Agreed by reply. The day is ours to suggest; give it an hour, and the customer gets an invitation."
