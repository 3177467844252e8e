"""Deliver: claim, commit, look once more, send, record. In this order, always.

A mail that may have left is UNCERTAIN and is never sent again before evidence says that it did not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from closeloop.application.campaign import approached
from closeloop.application.claims import given_back_on_error
from closeloop.application.deciding import Outcome
from closeloop.application.overtaking import insist
from closeloop.application.ports import CrmLook, OutgoingMail, ReceiptRow, SendOutcome
from closeloop.application.receive import ACCOUNT_MARK
from closeloop.application.results import StageResult, Tally
from closeloop.application.services import Services
from closeloop.application.touch_log import touch_logs
from closeloop.domain.actions import ActionKind, ActionState, ClaimedAction, Settlement
from closeloop.domain.decisions import Stop
from closeloop.domain.last_look import Verdict, World, receipt_values, verdict
from closeloop.domain.messages import RenderedMail
from closeloop.domain.prospect import Prospect
from closeloop.domain.stage import Standing
from closeloop.domain.tokens import make_token

MAILS_PER_CALL = 1000
RETRY = timedelta(minutes=15)
MOST_ATTEMPTS = 5
LOOK_AGAIN = timedelta(hours=1)


def run_batch(services: Services, run_id: str, now: datetime, limit: int = MAILS_PER_CALL) -> StageResult:
    """Carry out at most `limit` mails that are due."""
    services.mailer.ready()
    tally = Tally("deliver")
    claimed = services.ledger.claim(ActionKind.EMAIL, now, services.worker, limit, services.lease)
    tally.considered = len(claimed)
    if not claimed:
        return tally.result()
    with given_back_on_error(services.ledger, claimed, now):
        prospects = services.ledger.prospects({action.prospect_key for action in claimed})
        worlds = _worlds(list(prospects.values()), services)
    cleared = _last_look(claimed, prospects, worlds, services, now, tally)
    outcomes = (
        services.mailer.send([_outgoing(action, prospects, services) for action in cleared]) if cleared else []
    )
    _record(cleared, outcomes, services, run_id, now, tally)
    return tally.result()


def _last_look(
    claimed: Sequence[ClaimedAction],
    prospects: dict[str, Prospect],
    worlds: dict[str, World],
    services: Services,
    now: datetime,
    tally: Tally,
) -> list[ClaimedAction]:
    """Judge each mail by the world as just read; keep a receipt for each; return those that may go."""
    verdicts = {a.key: verdict(a, prospects[a.prospect_key], worlds[a.prospect_key]) for a in claimed}
    services.ledger.add_receipts(
        ReceiptRow(
            action_key=action.key,
            checked_at=now,
            values=receipt_values(prospects[action.prospect_key], worlds[action.prospect_key]),
            verdict=verdicts[action.key].reason,
        )
        for action in claimed
    )
    held = {key: found for key, found in verdicts.items() if not found.go}
    services.ledger.settle([_not_sent(key, found, now) for key, found in held.items()], now)
    for found in held.values():
        tally.hold(found.reason)
        tally.count("waiting" if found.wait else "skipped")
    return [action for action in claimed if verdicts[action.key].go]


def _not_sent(key: str, found: Verdict, now: datetime) -> Settlement:
    if found.wait:
        return Settlement(key=key, state=ActionState.PLANNED, detail=found.reason, retry_at=now + LOOK_AGAIN)
    return Settlement(key=key, state=ActionState.SKIPPED, detail=found.reason)


def _worlds(prospects: list[Prospect], services: Services) -> dict[str, World]:
    addresses = [p.email for p in prospects] + [f"{ACCOUNT_MARK}{p.domain}" for p in prospects if p.domain]
    suppressed = services.ledger.suppressed(addresses)
    waiting = services.ledger.halted(prospects)
    doubtful = services.ledger.with_uncertain_mail(p.key for p in prospects)
    looks = services.crm.look(prospects)
    return {p.key: _world(p, looks.get(p.key), suppressed, waiting, doubtful) for p in prospects}


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


def _outgoing(action: ClaimedAction, prospects: dict[str, Prospect], services: Services) -> OutgoingMail:
    prospect = prospects[action.prospect_key]
    token = make_token(prospect.key, services.secret)
    name = " ".join(part for part in (prospect.first_name, prospect.last_name) if part)
    return OutgoingMail(
        action_key=action.key,
        to=prospect.email,
        to_name=name,
        mail=RenderedMail(**{part: action.payload[part] for part in ("subject", "text", "html")}),
        reply_to=f"reply+{token}@{services.playbook.sender.reply_domain}",
        unsubscribe_url=f"{services.public_url}/unsubscribe/{token}" if services.public_url else None,
        categories=(action.stage.value,),
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
    settlements = [_settlement(outcome, by_key[outcome.action_key], now) for outcome in outcomes]
    accepted = [by_key[s.key] for s in settlements if s.state is ActionState.ACCEPTED]
    then = [*touch_logs(accepted, now), *approached(accepted, services, now)]
    services.ledger.settle(settlements, now, then=then)
    for settlement in settlements:
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
        key=action.key, state=state, detail=detail, provider_id=outcome.provider_id, retry_at=retry_at
    )
