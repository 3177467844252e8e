"""Claims while they are held: given back when nothing was done with them, and looked at again after any pause.

Invariant: a known failure is never `uncertain`; nobody acts on a claim that has passed on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from closeloop.application.ports import Ledger
from closeloop.application.results import Tally
from closeloop.application.services import Services
from closeloop.domain.actions import ActionKind, ActionState, ClaimedAction, Settlement
from closeloop.domain.errors import CloseloopError
from closeloop.domain.fencing import Late
from closeloop.domain.prospect import Prospect


def claim_for_crm(
    services: Services, kind: ActionKind, now: datetime, limit: int
) -> tuple[list[ClaimedAction], dict[str, Prospect]]:
    """At most `limit` actions of a kind with their prospects by key, once the CRM is known to be in order.

    Where nothing is due the CRM is not asked.
    """
    claimed = services.ledger.claim(kind, now, services.worker, limit, services.lease)
    if not claimed:
        return [], {}
    with given_back_on_error(services.ledger, claimed, now):
        services.crm.ready()
        return claimed, services.ledger.prospects(action.prospect_key for action in claimed)


@contextmanager
def given_back_on_error(ledger: Ledger, claimed: Sequence[ClaimedAction], now: datetime) -> Iterator[None]:
    """Wrap only steps that send nothing: after an error of ours inside, the claims are planned again."""
    try:
        yield
    except CloseloopError as problem:
        detail = f"given back: {problem}"
        back = [
            Settlement(
                key=action.key, attempt=action.attempt, state=ActionState.PLANNED, detail=detail, retry_at=now
            )
            for action in claimed
        ]
        ledger.settle(back, now)
        raise


def still_ours(ledger: Ledger, claimed: Sequence[ClaimedAction], tally: Tally) -> list[ClaimedAction]:
    """Those that may be acted on: a worker that slept past its lease leaves the rest to whoever holds it now."""
    held = ledger.still_held(claimed) if claimed else set()
    for action in claimed:
        if action.key not in held:
            tally.hold("its lease ended before it was carried out")
    return [action for action in claimed if action.key in held]


def note_late(late: Sequence[Late], tally: Tally) -> None:
    """What came too late to count is kept by the ledger; the run's result says how much that was."""
    for _ in late:
        tally.count("outcomes that came late")
