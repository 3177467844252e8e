"""Keeping to our share of the org's API calls: the least valuable pass waits, and no call goes beyond the share.

What a run needs is estimated from the ledger before each pass; the adapter refuses the call that would pass the
share, should an estimate be wrong or another run be using it up at the same time.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from closeloop.application.services import Services
from closeloop.domain.api_budget import Budget, Ration, needs, ration

API_CALLS = "crm_calls"
"""Under which a run's row counts the calls it made."""
WINDOW = timedelta(hours=24)


def keep_to_share(services: Services) -> int:
    """Tell the CRM adapter what is ours; how much of it earlier runs of the last 24 hours have used."""
    since = services.clock.now() - WINDOW
    ours = sum(run.counts.get(API_CALLS, 0) for run in services.ledger.runs_since(since))
    services.crm.keep_to(services.api_share, ours)
    return ours


def forecast(services: Services, ours: int, now: datetime) -> Ration | None:
    """What the CRM passes need at most and which of them must wait; None before the org told how much there is.

    `ours`: calls of the last 24 hours, those of this run included.
    """
    usage = services.crm.usage()
    if usage is None:
        return None
    left = Budget(share=services.api_share, usage=usage, ours=ours).left
    return ration(needs(services.ledger.workload(now)), left)


def words(found: Ration) -> str:
    """For people: what it needs and what is left."""
    return f"needs at most {found.calls:,} API calls; {found.left:,} of our share are left"
