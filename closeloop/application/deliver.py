"""Deliver: claim, commit, look once more, send, record. In this order, always.

A mail that may have left is UNCERTAIN and is never sent again before evidence says that it did not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from closeloop.application.after_restore import without_doubtful
from closeloop.application.campaign import approached
from closeloop.application.claims import given_back_on_error, note_late, still_ours
from closeloop.application.deciding import Outcome
from closeloop.application.forgotten import forgotten
from closeloop.application.held_mails import note_handed_over
from closeloop.application.letters import (
    reply_address,
    thread_of,
    tracked,
    unsubscribe_address,
    unsubscribe_url,
)
from closeloop.application.offers import withdraw
from closeloop.application.overtaking import insist
from closeloop.application.ports import CrmLook, OutgoingMail, ReceiptRow, SendOutcome
from closeloop.application.receive import ACCOUNT_MARK
from closeloop.application.results import StageResult, Tally
from closeloop.application.sending import mailbox_for, timed
from closeloop.application.services import Services
from closeloop.application.touch_log import touch_logs
from closeloop.domain.actions import ActionKind, ActionState, ClaimedAction, Settlement
from closeloop.domain.decisions import Stop
from closeloop.domain.forgetting import REASON
from closeloop.domain.invitations import CalendarPart
from closeloop.domain.last_look import Verdict, World, receipt_values, verdict
from closeloop.domain.messages import RenderedMail
from closeloop.domain.prospect import Prospect
from closeloop.domain.stage import Standing

BATCH = 2000
"""Mails after one look into the CRM: the second request leaves one request later than the first."""
MAILS_PER_REQUEST = 1000
RETRY = timedelta(minutes=15)
MOST_ATTEMPTS = 5
LOOK_AGAIN = timedelta(hours=1)


def run_batch(services: Services, run_id: str, now: datetime, limit: int = BATCH) -> StageResult:
    """Carry out at most `limit` mails that are due."""
    services.mailer.ready()
    tally = Tally("deliver")
    claimed = services.ledger.claim(ActionKind.EMAIL, now, services.worker, limit, services.lease)
    tally.considered = len(claimed)
    claimed = without_doubtful(claimed, services, now, tally)
    if not claimed:
        return tally.result()
    with given_back_on_error(services.ledger, claimed, now):
        prospects = services.ledger.prospects({action.prospect_key for action in claimed})
        looks = services.crm.look(list(prospects.values()))
    for start in range(0, len(claimed), MAILS_PER_REQUEST):
        _send(claimed[start:], prospects, looks, services, run_id, now, tally)
    return tally.result()


def _send(
    left: Sequence[ClaimedAction],
    prospects: dict[str, Prospect],
    looks: Mapping[str, CrmLook],
    services: Services,
    run_id: str,
    now: datetime,
    tally: Tally,
) -> None:
    """One request of mails: what we know ourselves, such as a reply that just came, is read again before each."""
    claimed = left[:MAILS_PER_REQUEST]
    with given_back_on_error(services.ledger, left, now):
        worlds = _worlds([prospects[key] for key in {a.prospect_key for a in claimed}], looks, services)
        worlds = timed(claimed, prospects, worlds, services, now)
    cleared = _last_look(claimed, prospects, worlds, services, now, tally)
    tally.count("offers withdrawn", withdraw(_ended(claimed, prospects, worlds), services, run_id, now))
    cleared = still_ours(services.ledger, cleared, tally)
    outcomes = (
        services.mailer.send([outgoing(action, prospects[action.prospect_key], services) for action in cleared])
        if cleared
        else []
    )
    _record(cleared, outcomes, services, run_id, now, tally)


def _last_look(
    claimed: Sequence[ClaimedAction],
    prospects: dict[str, Prospect],
    worlds: dict[str, World],
    services: Services,
    now: datetime,
    tally: Tally,
) -> list[ClaimedAction]:
    """Judge each mail by the world as just read; keep a receipt for each; return those that may go."""
    verdicts = {a.key: verdict(a, prospects[a.prospect_key], worlds[a.key]) for a in claimed}
    read_at = services.clock.now()
    services.ledger.add_receipts(
        ReceiptRow(
            action_key=action.key,
            checked_at=now,
            values=receipt_values(prospects[action.prospect_key], worlds[action.key], read_at),
            verdict=verdicts[action.key].reason,
        )
        for action in claimed
    )
    held = {key: found for key, found in verdicts.items() if not found.go}
    services.ledger.settle(
        [_not_sent(action, held[action.key], now) for action in claimed if action.key in held], now
    )
    for found in held.values():
        tally.hold(found.reason)
        tally.count("waiting" if found.wait else "skipped")
    return [action for action in claimed if verdicts[action.key].go]


def _ended(
    claimed: Sequence[ClaimedAction], prospects: Mapping[str, Prospect], worlds: Mapping[str, World]
) -> dict[str, str]:
    """Prospect key to why what we were about to promise no longer holds, where that and nothing else forbade it."""
    found = {a.prospect_key: (a, world.offer_ended) for a in claimed if (world := worlds[a.key]).offer_ended}
    return {
        key: why
        for key, (action, why) in found.items()
        if why and why in verdict(action, prospects[key], worlds[action.key]).reason
    }


def _not_sent(action: ClaimedAction, found: Verdict, now: datetime) -> Settlement:
    state, retry_at = (
        (ActionState.SKIPPED, None) if not found.wait else (ActionState.PLANNED, _look_again(found, now))
    )
    return Settlement(key=action.key, attempt=action.attempt, state=state, detail=found.reason, retry_at=retry_at)


def _look_again(found: Verdict, now: datetime) -> datetime:
    return max(found.until, now) if found.until else now + LOOK_AGAIN


def _worlds(prospects: list[Prospect], looks: Mapping[str, CrmLook], services: Services) -> dict[str, World]:
    addresses = [p.email for p in prospects] + [f"{ACCOUNT_MARK}{p.domain}" for p in prospects if p.domain]
    suppressed = services.ledger.suppressed(addresses) | _forgotten(prospects, services)
    waiting = services.ledger.halted(prospects)
    doubtful = services.ledger.with_uncertain_mail(p.key for p in prospects)
    return {p.key: _world(p, looks.get(p.key), suppressed, waiting, doubtful) for p in prospects}


def _forgotten(prospects: list[Prospect], services: Services) -> dict[str, str]:
    """Lower-case address of those who asked to be forgotten, whatever still stands in the ledger."""
    found = forgotten(services, (word for p in prospects for word in (p.email, p.key)))
    return {p.email: REASON for p in prospects if found & {p.email, p.key}}


def _world(
    prospect: Prospect,
    look: CrmLook | None,
    suppressed: dict[str, str],
    waiting: set[str],
    doubtful: set[str],
) -> World:
    look = look or CrmLook(key=prospect.key, exists=False)
    return World(
        exists_in_crm=look.exists,
        crm_status=look.status,
        crm_owner=look.owner_id,
        opted_out=look.opted_out,
        do_not_contact=look.do_not_contact,
        crm_closed=look.closed,
        reply_waiting=prospect.key in waiting,
        earlier_is_uncertain=prospect.key in doubtful,
        suppressed=suppressed.get(prospect.email) or suppressed.get(f"{ACCOUNT_MARK}{prospect.domain}"),
    )


def outgoing(action: ClaimedAction, prospect: Prospect, services: Services) -> OutgoingMail:
    """What the mailer is given for this mail."""
    box = mailbox_for(action, prospect, services.playbook)
    name = " ".join(part for part in (prospect.first_name, prospect.last_name) if part)
    return OutgoingMail(
        action_key=action.key,
        to=prospect.email,
        to_name=name,
        mail=tracked(
            RenderedMail(**{part: action.payload[part] for part in ("subject", "text", "html")}), action, services
        ),
        reply_to=reply_address(prospect, services),
        unsubscribe_url=unsubscribe_url(prospect, services),
        unsubscribe_address=unsubscribe_address(prospect, services),
        thread=thread_of(action),
        stage=action.stage.value,
        sender_email=box.email,
        sender_name=box.name,
        calendar=CalendarPart(**action.payload["calendar"]) if "calendar" in action.payload else None,
        attempt=action.attempt,
    )


def _record(
    sent: Sequence[ClaimedAction],
    outcomes: Sequence[SendOutcome],
    services: Services,
    run_id: str,
    now: datetime,
    tally: Tally,
) -> None:
    by_key = {action.key: action for action in sent}
    note_handed_over(services.ledger, outcomes, now)
    held = {outcome.action_key for outcome in outcomes if outcome.held}
    settlements = [_settlement(outcome, by_key[outcome.action_key], now) for outcome in outcomes]
    accepted = [by_key[s.key] for s in settlements if s.state is ActionState.ACCEPTED]
    then = [*touch_logs(accepted, now), *approached(accepted, services, now)]
    note_late(services.ledger.settle(settlements, now, then=then), tally)
    for settlement in settlements:
        if settlement.key in held:
            tally.count("handed over and held")
        else:
            tally.count("retry" if settlement.state is ActionState.PLANNED else settlement.state.value)
    for settlement in settlements:
        if settlement.state is ActionState.REJECTED:
            tally.fail(by_key[settlement.key].prospect_key, settlement.detail)
    # Only what the provider says about the mail itself; a provider that was never ready says nothing about anybody.
    refused = [outcome for outcome in outcomes if outcome.state is ActionState.REJECTED]
    _stop_refused({by_key[o.action_key].prospect_key: o.detail for o in refused}, services, run_id, now)


def _stop_refused(refused: dict[str, str], services: Services, run_id: str, now: datetime) -> None:
    """An address the provider will not take is quarantined with its reason; nobody writes to it again."""
    if not refused:
        return

    def stopped(given: Mapping[str, Prospect]) -> list[Outcome]:
        outcomes = [Outcome(services, prospect, run_id, now) for prospect in given.values()]
        for outcome in outcomes:
            reason = f"the mail provider refused the message: {refused[outcome.before.key]}"
            outcome.take(Stop(rule="deliver.refused", reasons=(reason,), standing=Standing.STOPPED))
        return outcomes

    insist(services, services.ledger.prospects(refused), stopped)


def _settlement(outcome: SendOutcome, action: ClaimedAction, now: datetime) -> Settlement:
    state, detail = outcome.state, outcome.detail
    retry_at = None
    if state is ActionState.PLANNED and action.attempt >= MOST_ATTEMPTS:
        state, detail = ActionState.REJECTED, f"given up after {action.attempt} attempts: {detail}"
    elif state is ActionState.PLANNED:
        retry_at = now + (outcome.retry_after or RETRY * action.attempt)
    return Settlement(
        key=action.key,
        attempt=action.attempt,
        state=state,
        detail=detail,
        provider_id=outcome.provider_id,
        retry_at=retry_at,
    )
