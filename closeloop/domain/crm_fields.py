"""What the CRM should say about a prospect: fields we own, computed from its state and nothing else."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from closeloop.domain.playbook import Playbook
from closeloop.domain.prospect import Prospect
from closeloop.domain.record import Record
from closeloop.domain.stage import Stage, Standing

TEXT_LIMIT = 255
HOLD_LIMIT = 1000


class Desired(Record):
    """One record and the values our fields should have in it."""

    object: str
    record_id: str
    fields: dict[str, Any]


def desired(prospect: Prospect, playbook: Playbook) -> tuple[Desired, ...]:
    """The Lead before conversion; the Opportunity and the Contact after it."""
    crm = prospect.crm
    if crm.opportunity and crm.contact:
        deal = Desired(object="Opportunity", record_id=crm.opportunity, fields=_deal(prospect, playbook))
        person = Desired(object="Contact", record_id=crm.contact, fields=_consent(prospect))
        return (deal, person) if person.fields else (deal,)
    return (Desired(object="Lead", record_id=crm.lead, fields=_lead(prospect, playbook)),)


def _process(prospect: Prospect) -> dict[str, Any]:
    step = prospect.next_step
    return {
        "Closeloop_Stage__c": prospect.stage.value,
        "Closeloop_Hold__c": (prospect.reason or "")[:HOLD_LIMIT] or None,
        "Closeloop_Next_Step__c": step.what[:TEXT_LIMIT] if step else None,
        "Closeloop_Next_Step_Date__c": step.on.isoformat() if step else None,
    }


def _consent(prospect: Prospect) -> dict[str, Any]:
    """Only ever set, never taken back: a person who opted out elsewhere stays opted out."""
    if prospect.standing is not Standing.STOPPED:
        return {}
    opted_out = {"HasOptedOutOfEmail": True} if prospect.opted_out else {}
    return opted_out | {"Closeloop_Do_Not_Contact__c": True}


def _lead(prospect: Prospect, playbook: Playbook) -> dict[str, Any]:
    fields = _process(prospect) | {"Closeloop_Score__c": prospect.score} | _consent(prospect)
    status = _lead_status(prospect, playbook)
    return fields | ({"Status": status} if status else {})


def _lead_status(prospect: Prospect, playbook: Playbook) -> str | None:
    """None: leave whatever the sellers wrote."""
    if not prospect.standing.may_be_written_to:
        return playbook.crm.disqualified
    return playbook.crm.working if prospect.touches else None


def _deal(prospect: Prospect, playbook: Playbook) -> dict[str, Any]:
    fields = _process(prospect) | {
        "StageName": _stage_name(prospect, playbook),
        "Amount": float(prospect.amount) if prospect.amount is not None else None,
        "CloseDate": _close_date(prospect, playbook).isoformat(),
        "NextStep": prospect.next_step.what[:TEXT_LIMIT] if prospect.next_step else None,
    }
    lost = prospect.closed_at is not None and prospect.standing is not Standing.CUSTOMER
    return fields | ({"Closeloop_Lost_Reason__c": (prospect.reason or "")[:TEXT_LIMIT]} if lost else {})


def _stage_name(prospect: Prospect, playbook: Playbook) -> str:
    if prospect.standing is Standing.CUSTOMER:
        return playbook.crm.won
    if prospect.standing in {Standing.LOST, Standing.STOPPED, Standing.DISQUALIFIED}:
        return playbook.crm.lost
    return playbook.stages[prospect.stage].crm_stage


def _close_date(prospect: Prospect, playbook: Playbook) -> date:
    """The day it closed; for an open deal, the usual days of the stages ahead from when it entered its own."""
    if prospect.closed_at is not None:
        return prospect.closed_at.date()
    ahead = [rule.usual_days for stage, rule in playbook.stages.items() if _is_ahead(stage, prospect.stage)]
    return prospect.stage_entered_at.date() + timedelta(days=sum(ahead))


def _is_ahead(stage: Stage, of: Stage) -> bool:
    return of.number <= stage.number <= Stage.CLOSING.number
