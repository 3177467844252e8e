"""Campaign membership of the people we write to: planned with the mail that was accepted, moved on by a reply.

Invariant: one person has one membership in one campaign, and each of its statuses is one action.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from closeloop.application.claims import claim_for_crm
from closeloop.application.ports import CrmMember, CrmOutcome
from closeloop.application.results import Tally
from closeloop.application.services import Services
from closeloop.application.settling import settle
from closeloop.domain.actions import Action, ActionKind, action_key
from closeloop.domain.prospect import Prospect
from closeloop.domain.stage import Stage

SENT, RESPONDED = "sent", "responded"


def approached(mails: Iterable[Action], services: Services, now: datetime) -> list[Action]:
    """Everybody who was sent one of these mails becomes a member."""
    first = {mail.prospect_key: mail for mail in mails if mail.kind is ActionKind.EMAIL}
    return [
        action for mail in first.values() for action in _planned(mail.prospect_key, mail.stage, SENT, services, now)
    ]


def responded(prospect: Prospect, services: Services, now: datetime) -> list[Action]:
    """A reply was read by us as one of a person."""
    return _planned(prospect.key, prospect.stage, RESPONDED, services, now) if prospect.touches else []


def _planned(key: str, stage: Stage, status: str, services: Services, now: datetime) -> list[Action]:
    if services.campaign is None:
        return []
    return [
        Action(
            key=action_key(ActionKind.CAMPAIGN, key, services.campaign, status),
            kind=ActionKind.CAMPAIGN,
            prospect_key=key,
            stage=stage,
            due_at=now,
            payload={"campaign": services.campaign, "status": status, "subject": status},
        )
    ]


def enrol(services: Services, now: datetime, limit: int, tally: Tally) -> int:
    """Carry out at most `limit` memberships; one person's two statuses are one write, the later one."""
    claimed, prospects = claim_for_crm(services, ActionKind.CAMPAIGN, now, limit)
    if not claimed:
        return 0
    furthest: dict[tuple[str, str], Action] = {}
    for action in claimed:
        who = (action.prospect_key, action.payload["campaign"])
        if who not in furthest or action.payload["status"] == RESPONDED:
            furthest[who] = action
    asked = [member(action, prospects[action.prospect_key], services) for action in furthest.values()]
    found = {outcome.key: outcome for outcome in services.crm.put_members(asked)}
    outcomes: dict[str, CrmOutcome] = {}
    for action in claimed:
        last = furthest[action.prospect_key, action.payload["campaign"]]
        # One write did both; only the later one made the membership.
        outcomes[action.key] = found[last.key].model_copy(update={} if last is action else {"existed": True})
    settle(claimed, outcomes, services, now, tally, "campaign members")
    return len(claimed)


def member(action: Action, prospect: Prospect, services: Services) -> CrmMember:
    """What the CRM is asked for, in the org's words."""
    words = services.playbook.crm
    replied = action.payload["status"] == RESPONDED
    return CrmMember(
        action_key=action.key,
        campaign_id=action.payload["campaign"],
        lead_id=prospect.crm.lead,
        contact_id=prospect.crm.contact,
        status=words.campaign_responded if replied else words.campaign_sent,
        earlier=(words.campaign_sent,) if replied else (),
    )
