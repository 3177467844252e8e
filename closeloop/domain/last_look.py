"""The last look: everything that may forbid a send, read again right before it. Its answer is the receipt."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from closeloop.domain.actions import Action
from closeloop.domain.prospect import Prospect
from closeloop.domain.record import Moment, Record
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
    window: str | None = None
    """Why this is no moment to write to this person; empty: it is one; None: no hours are set."""
    cap: str | None = None
    """Why no more may go out now; empty: there is room; None: no limit is set."""
    slot: str | None = None
    """Which mail of which day it is, in its mailbox."""
    approved: str | None = None
    """Who approved exactly these words, where somebody had to."""
    unapproved: str | None = None
    """Why it waits for an approval."""
    refused: str | None = None
    """Who said no."""
    offer_ended: str | None = None
    """Why what it promises no longer holds."""
    waits_until: Moment | None = None
    """The next moment at which it may leave, where its window or its mailbox is closed now."""


class Verdict(Record):
    """Whether a mail may go. One that may not is skipped for good, or waits for what is still to be read."""

    go: bool = False
    wait: bool = False
    reason: str
    until: Moment | None = None
    """When to look again, where that is known."""


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
    if world.refused:
        return Verdict(reason=world.refused)
    return _by_stage(action, prospect, world)


def _by_stage(action: Action, prospect: Prospect, world: World) -> Verdict:
    if world.crm_closed and prospect.stage is not Stage.FOLLOW_UP:
        return Verdict(reason=f"closed in the CRM ({world.crm_status})")
    if action.stage is not prospect.stage:
        return Verdict(reason=f"planned in {action.stage}, the prospect is now in {prospect.stage}")
    if world.offer_ended:
        return Verdict(reason=f"what it promises no longer holds: {world.offer_ended}")
    if world.reply_waiting:
        return Verdict(wait=True, reason="a reply is waiting to be understood")
    if world.earlier_is_uncertain:
        return Verdict(wait=True, reason="an earlier mail may or may not have left: evidence is awaited first")
    if not prospect.is_deal and world.crm_owner not in (None, prospect.owner_id):
        return Verdict(wait=True, reason="the owner changed in the CRM: the new owner is read in first")
    if world.unapproved:
        # Runs count by reason; which approval it is stands in the receipt.
        return Verdict(wait=True, reason=world.unapproved.partition(" (")[0])
    if world.window or world.cap:
        return Verdict(wait=True, reason=world.window or world.cap or "", until=world.waits_until)
    return SEND


def receipt_values(prospect: Prospect, world: World, read_at: datetime) -> dict[str, Any]:
    """What the receipt keeps: the values seen, and the moment of looking, whatever day the run works for."""
    who = {"owner": prospect.owner_name} if world.crm_owner in (None, prospect.owner_id) else {}
    stands = {"stage": prospect.stage.value, "standing": prospect.standing.value}
    return stands | who | {"read_at": read_at.isoformat()} | world.model_dump()


def told(values: Mapping[str, Any]) -> str:
    """A receipt's values as people read them; what was not looked at is not told."""
    parts = [
        _either(values, "reply_waiting", "a reply waiting", "no reply waiting"),
        _either(values, "opted_out", "opted out in the CRM", "not opted out"),
        _either(values, "do_not_contact", "do-not-contact in the CRM", "no do-not-contact mark"),
        _suppression(values),
        _either(values, "exists_in_crm", "", "gone from the CRM"),
        f"CRM status {values['crm_status']}" if values.get("crm_status") else "",
        _either(values, "crm_closed", "closed in the CRM", ""),
        _owner(values),
        _either(values, "earlier_is_uncertain", "an earlier mail in doubt", "no earlier mail in doubt"),
        f"approved ({values['approved']})" if values.get("approved") else "",
        values.get("unapproved") or values.get("refused") or "",
        f"its promise no longer holds ({values['offer_ended']})" if values.get("offer_ended") else "",
        _limit(values.get("window"), "inside the hours to write in"),
        _limit(values.get("cap"), "below the limit of mails"),
        f"{values['standing']} in {values['stage']}" if {"standing", "stage"} <= values.keys() else "",
    ]
    return ", ".join(part for part in parts if part)


def _either(values: Mapping[str, Any], name: str, yes: str, no: str) -> str:
    return "" if name not in values else yes if values[name] else no


def _suppression(values: Mapping[str, Any]) -> str:
    if "suppressed" not in values:
        return ""
    return (
        f"on the list of those not to write to ({values['suppressed']})"
        if values["suppressed"]
        else "not suppressed"
    )


def _owner(values: Mapping[str, Any]) -> str:
    if values.get("owner"):
        return f"owner {values['owner']}"
    return f"owner {values['crm_owner']}" if values.get("crm_owner") else ""


def _limit(why_not: str | None, fine: str) -> str:
    return "" if why_not is None else why_not or fine
