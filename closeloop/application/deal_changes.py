"""What people changed in the CRM about a deal or its person, after the conversion: owner, opt-out, do-not-contact,
and that they closed it. The Events of meetings are read in the same call.

Invariant: the owner is never written by us; whoever changed it last, on the Opportunity or on the Contact, decides
whose the deal is.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from closeloop.application.after_restore import doubt_changed
from closeloop.application.deciding import Outcome, note
from closeloop.application.event_changes import CURSOR as EVENTS
from closeloop.application.event_changes import take_over_events
from closeloop.application.overtaking import insist
from closeloop.application.ports import CrmDeal
from closeloop.application.results import Tally
from closeloop.application.services import Services
from closeloop.domain.actions import ActionKind, ActionState
from closeloop.domain.business_days import add_business_days, place_of
from closeloop.domain.crm_fields import LOST_REASON, TEXT_LIMIT
from closeloop.domain.decisions import Close, Stop
from closeloop.domain.endings import Why
from closeloop.domain.hand_over import hand_over
from closeloop.domain.prospect import Prospect
from closeloop.domain.stage import Standing

CURSOR = "deals"
OPTED_OUT_IN_CRM = "opted out in the CRM"


def take_over_deals(services: Services, run_id: str, now: datetime, tally: Tally) -> None:
    """Read what changed since last time; without any deal of ours nothing is asked."""
    done = services.ledger.state_counts()
    if not done.get(ActionKind.CONVERT, {}).get(ActionState.ACCEPTED):
        return
    meetings = bool(done.get(ActionKind.EVENT, {}).get(ActionState.ACCEPTED))
    since = services.ledger.cursor(CURSOR)
    news = services.crm.news(since, services.ledger.cursor(EVENTS), meetings=meetings)
    changed = {deal.opportunity_id: deal for deal in news.deals}
    keys = services.ledger.by_opportunity(changed)
    prospects = services.ledger.prospects(keys.values())
    deals = {key: changed[opportunity] for opportunity, key in keys.items()}

    def taken_over(given: Mapping[str, Prospect]) -> list[Outcome]:
        outcomes = [Outcome(services, prospect, run_id, now) for prospect in given.values()]
        for outcome in outcomes:
            _take_over(outcome, deals[outcome.before.key], tally)
        changed_ones = [outcome for outcome in outcomes if outcome.rows or outcome.prospect != outcome.before]
        decided = [outcome.before.key for outcome in changed_ones if outcome.rows]
        doubt_changed({key: deals[key].cursor for key in decided}, services)
        return changed_ones

    tally.count("deals updated", insist(services, prospects, taken_over))
    if changed:
        services.ledger.set_cursor(CURSOR, max(since or "", *(deal.cursor for deal in changed.values())))
    take_over_events(services, news.events, run_id, now, tally)


def _take_over(outcome: Outcome, deal: CrmDeal, tally: Tally) -> None:
    owner_id, owner_name = _owner(outcome.prospect, deal)
    seen = {"Opportunity": deal.owner_id, "Contact": deal.contact_owner_id}
    outcome.learn(owner_id=owner_id, owner_name=owner_name, owners_seen=seen)
    if not deal.owner_is_active and owner_id == deal.owner_id:
        left = hand_over(outcome.prospect, outcome.services.playbook, outcome.now, inactive=True)
        if left is not None:
            note(tally, outcome.take(left))
    no = deal.opted_out or deal.do_not_contact
    if no and deal.contact_id == outcome.prospect.crm.contact and outcome.prospect.standing.may_be_written_to:
        note(tally, outcome.take(_stop(deal)))
        outcome.services.ledger.suppress(outcome.prospect.email, OPTED_OUT_IN_CRM, outcome.now, tell=True)
    elif deal.closed and outcome.prospect.is_open_deal and outcome.prospect.closed_at is None:
        # Once: a deal that we win back is open here before the CRM is told so.
        note(tally, outcome.take(_closed(deal, outcome)))


def _closed(deal: CrmDeal, outcome: Outcome) -> Close:
    """Theirs to decide: a won deal begins its follow-up, a lost one comes back on its day."""
    rules, now = outcome.services.playbook, outcome.now
    wait = rules.follow_up.first_wait if deal.won else rules.closing.come_back_days
    come_back = add_business_days(now + timedelta(days=wait), 0, place_of(outcome.prospect))
    why, said = _why(deal, outcome)
    reason = f"a person closed the deal as {'won' if deal.won else 'lost'} in the CRM{said}"
    return Close(
        rule="closing.by_people",
        reasons=(reason,),
        won=deal.won,
        why=why,
        on=now.date(),
        come_back_at=come_back,
    )


def _why(deal: CrmDeal, outcome: Outcome) -> tuple[Why, str]:
    """Their own reason, where the org's field has one that we did not write there for an earlier ending."""
    field, before = outcome.services.mapping.of("Opportunity", LOST_REASON), outcome.before.ending
    said = deal.lost_reason
    words = field.values if field else {}
    is_ours = before is not None and said in {before.words[:TEXT_LIMIT], words.get(before.why.value)}
    if deal.won or not said or is_ours:
        return Why.BY_PEOPLE, ""
    counted = {value: ours for ours, value in words.items()}
    return Why(counted[said]) if counted.get(said) in set(Why) else Why.OTHER, f": {said}"


def _owner(prospect: Prospect, deal: CrmDeal) -> tuple[str, str]:
    """The Opportunity's new owner before the Contact's; neither changed: whose it was."""
    seen = prospect.owners_seen
    if deal.owner_id != seen.get("Opportunity", prospect.owner_id):
        return deal.owner_id, deal.owner_name
    if deal.contact_owner_id != seen.get("Contact", deal.contact_owner_id):
        return deal.contact_owner_id, deal.contact_owner_name
    return prospect.owner_id, prospect.owner_name


def _stop(deal: CrmDeal) -> Stop:
    what = "opted out" if deal.opted_out else "is marked do-not-contact"
    return Stop(
        rule="prospecting.crm_opt_out",
        reasons=(f"the Contact {what} in the CRM",),
        standing=Standing.STOPPED,
        opted_out=True,
    )
