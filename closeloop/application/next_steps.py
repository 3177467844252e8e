"""Next steps: every open deal is looked at, and one without a next step that lies ahead gets one, with its reason.

Deals that stand still all the same get a suggested action (`closeloop.application.stalled_tasks`).

Invariant: after a pass no open deal has a gap (`closeloop.domain.next_steps.gap`); a second pass right after it
changes nothing. Nothing outside is asked: what people changed in the CRM was read by `pull` before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from closeloop.application.deciding import Outcome, outcomes_of
from closeloop.application.overtaking import insist
from closeloop.application.ports import Ledger
from closeloop.application.results import StageResult, Tally
from closeloop.application.services import BATCH, Services
from closeloop.application.stalled_tasks import suggest
from closeloop.domain.next_steps import gap, repair
from closeloop.domain.prospect import Prospect

CURSOR = "next_steps"
"""The deal at which the next batch goes on; empty: from the beginning."""


def run_batch(services: Services, run_id: str, now: datetime, limit: int = BATCH) -> StageResult:
    """The next `limit` open deals, by key."""
    deals = services.ledger.open_deals(services.ledger.cursor(CURSOR) or "", limit)
    tally = Tally("next_steps", run_id)
    tally.considered = len(deals)
    lacking = {deal.key: deal for deal in deals if gap(deal, now.date()) is not None}
    if lacking:
        repaired = insist(services, lacking, lambda given: _repaired(services, given, run_id, now))
        tally.count("next steps set", repaired)
    suggest(services, _as_they_are(services, deals, lacking), run_id, now, tally, last=len(deals) < limit)
    _move_on(services, deals, limit)
    return tally.result()


def _as_they_are(
    services: Services, deals: Sequence[Prospect], repaired: Mapping[str, Prospect]
) -> Sequence[Prospect]:
    """The deals after their repair."""
    now = services.ledger.prospects(repaired)
    return [now.get(deal.key, deal) for deal in deals]


def waits(ledger: Ledger, now: datetime) -> bool:
    """Whether there is any deal to look at."""
    return bool(ledger.open_deals("", 1))


def _repaired(services: Services, given: Mapping[str, Prospect], run_id: str, now: datetime) -> list[Outcome]:
    """Decided anew for one that another run changed meanwhile: it may have a next step by then."""
    found = outcomes_of(services, given.values(), run_id, now)
    for outcome in found.values():
        decision = repair(outcome.prospect, services.playbook, now)
        if decision is not None:
            outcome.take(decision)
    return [outcome for outcome in found.values() if outcome.rows]


def _move_on(services: Services, deals: Sequence[Prospect], limit: int) -> None:
    """The last batch ends the round, and the next run begins a new one."""
    services.ledger.set_cursor(CURSOR, deals[-1].key if deals and len(deals) == limit else "")
