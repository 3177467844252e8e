"""How claimed CRM writes end: each outcome becomes a settlement, and what may be tried again has its date.

Invariant: a write is tried at most `MOST_ATTEMPTS` times, then it is refused for good and said so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from closeloop.application.claims import note_late
from closeloop.application.journal import note_made
from closeloop.application.ports import CrmOutcome
from closeloop.application.results import Tally
from closeloop.application.services import Services
from closeloop.domain.actions import Action, ActionState, ClaimedAction, Settlement

RETRY = timedelta(minutes=15)
MOST_ATTEMPTS = 5


def settle(
    claimed: Sequence[ClaimedAction],
    outcomes: dict[str, CrmOutcome],
    services: Services,
    now: datetime,
    tally: Tally,
    what: str,
    then: Iterable[Action] = (),
) -> None:
    """Write the outcomes down, by action key; `what` names the accepted ones in the run's result."""
    settlements = [_settlement(action, outcomes[action.key], now) for action in claimed]
    note_late(services.ledger.settle(settlements, now, then), tally)
    there = {s.key for s in settlements if s.state is ActionState.ACCEPTED}
    made = {action.key: outcomes[action.key] for action in claimed if not outcomes[action.key].existed}
    done = [(action, made[action.key]) for action in claimed if action.key in there and action.key in made]
    note_made(services.ledger, done, tally.run_id, now)
    for action, settlement in zip(claimed, settlements, strict=True):
        if settlement.state is ActionState.ACCEPTED:
            tally.count(what)
        elif settlement.state is ActionState.SKIPPED:
            tally.hold(settlement.detail)
        else:
            tally.fail(action.prospect_key, f"{action.kind}: {settlement.detail}")


def _settlement(action: ClaimedAction, outcome: CrmOutcome, now: datetime) -> Settlement:
    if outcome.state is ActionState.PLANNED and action.attempt >= MOST_ATTEMPTS:
        detail = f"given up after {action.attempt} attempts: {outcome.detail}"
        return Settlement(key=action.key, attempt=action.attempt, state=ActionState.REJECTED, detail=detail)
    retry_at = now + (outcome.retry_after or RETRY * action.attempt)
    return Settlement(
        key=action.key,
        attempt=action.attempt,
        state=outcome.state,
        detail=outcome.detail,
        provider_id=outcome.record_id,
        retry_at=retry_at if outcome.state is ActionState.PLANNED else None,
    )
