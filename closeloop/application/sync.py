"""Sync: the CRM is told what happened. Conversions first, then fields, then activities, all in batches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from closeloop.application.claims import given_back_on_error
from closeloop.application.field_sync import sync_fields
from closeloop.application.ports import Change, Conversion, CrmOutcome, CrmTask
from closeloop.application.results import StageResult, Tally
from closeloop.application.services import Services
from closeloop.domain.actions import Action, ActionKind, ActionState, ClaimedAction, Settlement
from closeloop.domain.prospect import Prospect

WRITES_PER_CALL = 1000
RETRY = timedelta(minutes=15)
MOST_ATTEMPTS = 5
SUBTYPES = {"email": "Email", "call": "Call"}


def run_batch(services: Services, run_id: str, now: datetime, limit: int = WRITES_PER_CALL) -> StageResult:
    """Write back at most `limit` of each: conversions, changed prospects, activities."""
    tally = Tally("sync")
    tally.considered += _convert(services, now, limit, tally)
    tally.considered += sync_fields(services, run_id, now, limit, tally)
    tally.considered += _log_activities(services, now, limit, tally)
    return tally.result()


def _convert(services: Services, now: datetime, limit: int, tally: Tally) -> int:
    claimed = services.ledger.claim(ActionKind.CONVERT, now, services.worker, limit, services.lease)
    if not claimed:
        return 0
    with given_back_on_error(services.ledger, claimed, now):
        services.crm.ready()
        prospects = services.ledger.prospects(action.prospect_key for action in claimed)
    accounts = _known_accounts(prospects.values(), services)
    for group in _one_per_account(claimed, prospects):
        _convert_group(group, prospects, accounts, services, now, tally)
    return len(claimed)


def _known_accounts(prospects: Iterable[Prospect], services: Services) -> dict[str, str]:
    """Account domain to the Account that a colleague was converted into."""
    colleagues = services.ledger.colleagues({p.domain for p in prospects if p.domain})
    everyone = services.ledger.prospects(key for keys in colleagues.values() for key in keys)
    return {p.domain: p.crm.account for p in everyone.values() if p.domain and p.crm.account}


def _one_per_account(claimed: Sequence[ClaimedAction], prospects: dict[str, Prospect]) -> list[list[ClaimedAction]]:
    """Colleagues go one after the other, so that the second finds the Account the first made."""
    groups: list[list[ClaimedAction]] = []
    turns: dict[str, int] = {}
    for action in claimed:
        domain = prospects[action.prospect_key].domain or action.prospect_key
        turn = turns[domain] = turns.get(domain, -1) + 1
        if turn == len(groups):
            groups.append([])
        groups[turn].append(action)
    return groups


def _convert_group(
    group: list[ClaimedAction],
    prospects: dict[str, Prospect],
    accounts: dict[str, str],
    services: Services,
    now: datetime,
    tally: Tally,
) -> None:
    asked = [_conversion(action, prospects[action.prospect_key], accounts, services) for action in group]
    outcomes = {outcome.key: outcome for outcome in services.crm.convert(asked)}
    changed = [_converted(prospects[a.prospect_key], outcomes[a.key]) for a in group if outcomes[a.key].ids]
    # The ids are saved before the action is settled: a crash between the two is read back by reconcile.
    services.ledger.commit(Change(prospects=tuple(changed)))
    accounts |= {p.domain: p.crm.account for p in changed if p.domain and p.crm.account}
    _settle(group, outcomes, services, now, tally, "converted")
    role = services.playbook.crm.contact_role
    roles = {p.crm.opportunity: (p.crm.contact, role) for p in changed if p.crm.opportunity and p.crm.contact}
    for outcome in services.crm.contact_roles(roles) if roles else []:
        if outcome.state is not ActionState.ACCEPTED:
            tally.fail(outcome.key, f"contact role: {outcome.detail}")


def _conversion(action: Action, prospect: Prospect, accounts: dict[str, str], services: Services) -> Conversion:
    return Conversion(
        action_key=action.key,
        lead_id=prospect.crm.lead,
        status=services.playbook.crm.converted,
        opportunity_name=f"{prospect.company} – {services.playbook.product.name}"[:120],
        owner_id=prospect.owner_id,
        account_id=accounts.get(prospect.domain) if prospect.domain else None,
    )


def _converted(prospect: Prospect, outcome: CrmOutcome) -> Prospect:
    return prospect.model_copy(update={"crm": prospect.crm.model_copy(update=outcome.ids)})


def _log_activities(services: Services, now: datetime, limit: int, tally: Tally) -> int:
    claimed = services.ledger.claim(ActionKind.TASK, now, services.worker, limit, services.lease)
    if not claimed:
        return 0
    with given_back_on_error(services.ledger, claimed, now):
        services.crm.ready()
        prospects = services.ledger.prospects(action.prospect_key for action in claimed)
    outcomes = services.crm.create_tasks([_task(a, prospects[a.prospect_key]) for a in claimed])
    _settle(claimed, {outcome.key: outcome for outcome in outcomes}, services, now, tally, "activities")
    return len(claimed)


def _task(action: Action, prospect: Prospect) -> CrmTask:
    payload = action.payload
    return CrmTask(
        key=action.key,
        who_id=prospect.crm.contact or prospect.crm.lead,
        what_id=prospect.crm.opportunity if prospect.crm.contact else None,
        owner_id=prospect.owner_id,
        subject=payload["subject"],
        description=payload.get("description", ""),
        on=action.due_at.date().isoformat(),
        completed=payload["completed"],
        subtype=SUBTYPES.get(payload["channel"], "Task"),
        priority=payload.get("priority", "Normal"),
    )


def _settle(
    claimed: Sequence[ClaimedAction],
    outcomes: dict[str, CrmOutcome],
    services: Services,
    now: datetime,
    tally: Tally,
    what: str,
) -> None:
    settlements = [_settlement(action, outcomes[action.key], now) for action in claimed]
    services.ledger.settle(settlements, now)
    for action, settlement in zip(claimed, settlements, strict=True):
        if settlement.state is ActionState.ACCEPTED:
            tally.count(what)
        else:
            tally.fail(action.prospect_key, f"{action.kind}: {settlement.detail}")


def _settlement(action: ClaimedAction, outcome: CrmOutcome, now: datetime) -> Settlement:
    if outcome.state is ActionState.PLANNED and action.attempt >= MOST_ATTEMPTS:
        detail = f"given up after {action.attempt} attempts: {outcome.detail}"
        return Settlement(key=action.key, state=ActionState.REJECTED, detail=detail)
    retry_at = now + (outcome.retry_after or RETRY * action.attempt)
    return Settlement(
        key=action.key,
        state=outcome.state,
        detail=outcome.detail,
        provider_id=outcome.record_id,
        retry_at=retry_at if outcome.state is ActionState.PLANNED else None,
    )
