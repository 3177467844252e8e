"""The last look: everything that may forbid a send, read again right before it. Its answer is the receipt."""

from __future__ import annotations

from typing import Any

from closeloop.domain.actions import Action
from closeloop.domain.prospect import Prospect
from closeloop.domain.record import Record
from closeloop.domain.stage import Stage


class World(Record):
    """What was re-read for one mail."""

    exists_in_crm: bool
    crm_status: str | None = None
    crm_owner: str | None = None
    opted_out: bool = False
    do_not_contact: bool = False
    crm_closed: bool = False
    reply_waiting: bool = False
    earlier_is_uncertain: bool = False
    """An earlier mail may or may not have left."""
    suppressed: str | None = None
    """Why the address or its whole account may not be written to."""


class Verdict(Record):
    """Whether a mail may go. One that may not is skipped for good, or waits for what is still to be read."""

    go: bool = False
    wait: bool = False
    reason: str


SEND = Verdict(go=True, reason="send")


def verdict(action: Action, prospect: Prospect, world: World) -> Verdict:
    """Go, wait or skip, with the reason in words an ops person understands."""
    if not prospect.standing.may_be_written_to:
        return Verdict(reason=f"{prospect.standing}: {prospect.reason or 'no automated mail'}")
    if world.suppressed:
        return Verdict(reason=f"suppressed: {world.suppressed}")
    if world.opted_out or world.do_not_contact:
        return Verdict(reason="opted out in the CRM" if world.opted_out else "do-not-contact in the CRM")
    if not world.exists_in_crm:
        return Verdict(reason="the record is gone from the CRM")
    return _by_stage(action, prospect, world)


def _by_stage(action: Action, prospect: Prospect, world: World) -> Verdict:
    if world.crm_closed and prospect.stage is not Stage.FOLLOW_UP:
        return Verdict(reason=f"closed in the CRM ({world.crm_status})")
    if action.stage is not prospect.stage:
        return Verdict(reason=f"planned in {action.stage}, the prospect is now in {prospect.stage}")
    if world.reply_waiting:
        return Verdict(wait=True, reason="a reply is waiting to be understood")
    if world.earlier_is_uncertain:
        return Verdict(wait=True, reason="an earlier mail may or may not have left: evidence is awaited first")
    if not prospect.is_deal and world.crm_owner not in (None, prospect.owner_id):
        return Verdict(wait=True, reason="the owner changed in the CRM: the new owner is read in first")
    return SEND


def receipt_values(prospect: Prospect, world: World) -> dict[str, Any]:
    """What the receipt keeps: the values seen, no more than needed to explain the verdict."""
    return {"stage": prospect.stage.value, "standing": prospect.standing.value, **world.model_dump()}
