"""Sync: the CRM is told what happened. Conversions, then fields, then what hangs on the records, all in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from closeloop.application import campaign, deck_files, known_accounts, meetings
from closeloop.application.claims import claim_for_crm, given_back_on_error
from closeloop.application.contact_roles import await_roles, name_roles
from closeloop.application.field_sync import sync_fields
from closeloop.application.overtaking import update
from closeloop.application.ports import Conversion, CrmOutcome, CrmTask
from closeloop.application.results import StageResult, Tally
from closeloop.application.services import Services
from closeloop.application.settling import settle
from closeloop.domain.actions import Action, ActionKind, ActionState, ClaimedAction
from closeloop.domain.mailboxes import worked_by
from closeloop.domain.playbook import Playbook
from closeloop.domain.prospect import Prospect
from closeloop.domain.talk_track import talk_track

BATCH = 10_000
"""Of each kind: so many at once are worth a bulk job, which takes six calls where collections take ten."""
CONVERTED_AT_ONCE = 1000
"""A lease has to outlast ten calls, each of which may take half a minute."""
CLOSES_WITHIN = timedelta(days=90)
"""For a deal just opened; the field sync says better a moment later."""
CONVERSION_WAIT = timedelta(hours=2)
"""The attempts of an activity outlast the six hours a conversion waits when the daily limit is spent."""
MANY = 10_000
PROCESS = "process"
"""Asked of the integration user: the owner has left, and nobody is named."""
SUBTYPES = {"email": "Email", "call": "Call"}


def run_batch(services: Services, run_id: str, now: datetime, limit: int = BATCH) -> StageResult:
    """Write back at most `limit` of each: conversions, changed prospects, activities, meetings, members, decks."""
    tally = Tally("sync", run_id)
    tally.considered += _in_turns(
        lambda most: _convert(services, run_id, now, most, tally), limit, CONVERTED_AT_ONCE
    )
    name_roles(services, now, tally)
    tally.considered += sync_fields(services, run_id, now, limit, tally)
    tally.considered += _log_activities(services, now, limit, tally)
    for hang in (meetings.enter, campaign.enrol, deck_files.upload):
        tally.considered += hang(services, now, limit, tally)
    return tally.result()


def _in_turns(work: Callable[[int], int], limit: int, at_once: int) -> int:
    """Works at most `at_once` at a time, until `limit` are done or fewer than asked for were there."""
    done = 0
    while (asked := min(at_once, limit - done)) > 0:
        number = work(asked)
        done += number
        if number < asked:
            break
    return done


def _convert(services: Services, run_id: str, now: datetime, limit: int, tally: Tally) -> int:
    claimed, prospects = claim_for_crm(services, ActionKind.CONVERT, now, limit)
    if not claimed:
        return 0
    accounts = _known_accounts(prospects.values(), services)
    strangers = [p for p in prospects.values() if p.domain not in accounts]
    with given_back_on_error(services.ledger, claimed, now):
        found = known_accounts.look_up(services, strangers)
    known_accounts.ask_about(services, prospects, found, run_id, now)
    doubtful = [action for action in claimed if action.prospect_key in found.doubtful]
    settle(doubtful, {a.key: known_accounts.waits(a) for a in doubtful}, services, now, tally, "converted")
    # A company without a domain is found under its prospect's own key.
    accounts |= {prospects[key].domain or key: account for key, account in found.sure.items()}
    claimed = [action for action in claimed if action not in doubtful]
    for group in _one_per_account(claimed, prospects):
        _convert_group(group, prospects, accounts, services, now, tally)
    return len(claimed) + len(doubtful)


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
    ids = {a.prospect_key: outcomes[a.key].ids for a in group if outcomes[a.key].ids}
    # The ids are saved before the action is settled: a crash between the two is read back by reconcile.
    changed = list(update(services.ledger, ids, lambda p: p.with_crm_ids(ids[p.key])).values())
    await_roles(services.ledger, (p.key for p in changed))
    accounts |= {p.domain: p.crm.account for p in changed if p.domain and p.crm.account}
    settle(group, outcomes, services, now, tally, "converted", deck_files.moved_on(changed, services, now))
    if caveat := services.crm.conversion_caveat():
        # One line of the run's result, with the number of Leads it is about.
        for _ in changed:
            tally.hold(caveat)


def _conversion(action: Action, prospect: Prospect, accounts: dict[str, str], services: Services) -> Conversion:
    return Conversion(
        action_key=action.key,
        lead_id=prospect.crm.lead,
        status=services.mapping.org_value("Lead", "status", "converted"),
        opportunity_name=f"{prospect.company} – {services.playbook.product.name}"[:120],
        owner_id=prospect.owner_id,
        account_id=accounts.get(prospect.domain or prospect.key),
        domain=prospect.domain,
        stage_name=services.mapping.org_value("Opportunity", "deal_stage", prospect.stage.value),
        close_on=(action.due_at + CLOSES_WITHIN).date().isoformat(),
    )


def _log_activities(services: Services, now: datetime, limit: int, tally: Tally) -> int:
    claimed, prospects = claim_for_crm(services, ActionKind.TASK, now, limit)
    if not claimed:
        return 0
    between = _being_converted(services)
    ready = [a for a in claimed if a.prospect_key not in between]
    tracks = _talk_tracks([a for a in ready if _needs_track(a)], prospects, services, now)
    ours = services.crm.our_user() if any(a.payload.get("asked_of") == PROCESS for a in ready) else None
    tasks = [_task(a, prospects[a.prospect_key], services.playbook, tracks.get(a.key, ""), ours) for a in ready]
    outcomes = services.crm.create_tasks(tasks)
    outcomes += [_later(action.key) for action in claimed if action.prospect_key in between]
    settle(claimed, {outcome.key: outcome for outcome in outcomes}, services, now, tally, "activities")
    return len(claimed)


def _later(key: str) -> CrmOutcome:
    detail = "waits until it is known whether the Lead has been converted"
    return CrmOutcome(key=key, state=ActionState.PLANNED, detail=detail, retry_after=CONVERSION_WAIT)


def _being_converted(services: Services) -> set[str]:
    """Prospects whose person is a Lead now and will be a Contact, or is one already and we do not know it: no
    activity can be put on a Lead that was converted."""
    states = (ActionState.PLANNED, ActionState.CLAIMED, ActionState.UNCERTAIN)
    found = [action for state in states for action in services.ledger.in_state(state, ActionKind.CONVERT, MANY)]
    return {action.prospect_key for action in found}


def _needs_track(action: Action) -> bool:
    """A Task for a person that says nothing yet but what it is about."""
    return not action.payload["completed"] and not action.payload.get("description")


def _talk_tracks(
    actions: Sequence[ClaimedAction], prospects: dict[str, Prospect], services: Services, now: datetime
) -> dict[str, str]:
    """Action key to what the seller has at hand; two queries for the whole batch."""
    about = {action.key: prospects[action.prospect_key] for action in actions}
    by_domain = services.ledger.colleagues({p.domain for p in about.values() if p.domain}) if about else {}
    others = services.ledger.prospects(key for keys in by_domain.values() for key in keys) if by_domain else {}
    return {
        key: talk_track(
            prospect,
            services.playbook,
            now.date(),
            [others[other] for other in by_domain.get(prospect.domain or "", ()) if other in others],
        )
        for key, prospect in about.items()
    }


def _task(
    action: Action, prospect: Prospect, playbook: Playbook, track: str = "", ours: str | None = None
) -> CrmTask:
    payload = action.payload
    return CrmTask(
        key=action.key,
        who_id=prospect.crm.contact or prospect.crm.lead,
        what_id=prospect.crm.opportunity if prospect.crm.contact else None,
        owner_id=_owner(action, prospect, playbook, ours),
        subject=payload["subject"],
        description=payload.get("description") or track,
        on=payload.get("on") or action.due_at.date().isoformat(),
        completed=payload["completed"],
        subtype=SUBTYPES.get(payload["channel"], "Task"),
        priority=payload.get("priority", "Normal"),
    )


def _owner(action: Action, prospect: Prospect, playbook: Playbook, ours: str | None) -> str:
    """Whoever is asked by name, else whoever works the prospect; `ours` where nobody else is there."""
    asked = action.payload.get("asked_of", "owner")
    if asked == PROCESS:
        return ours or prospect.owner_id
    if asked != "owner":
        return str(asked)
    return prospect.owner_id if action.payload["completed"] else worked_by(prospect, playbook, action.due_at)
