"""The follow-up stage: wake whoever's day has come, customers, sleepers and lost deals alike.

A sleeper or lost deal with a colleague in play sleeps on: their owner speaks with that account already.
"""

from __future__ import annotations

from datetime import datetime

from closeloop.application.accounts import held_for_colleagues
from closeloop.application.deciding import decide_due
from closeloop.application.results import StageResult
from closeloop.application.services import BATCH, Services
from closeloop.domain.follow_up import decide
from closeloop.domain.stage import Stage, Standing

SLEEPERS = (Standing.NURTURE, Standing.LOST, Standing.CUSTOMER)


def run_batch(services: Services, run_id: str, now: datetime, limit: int = BATCH) -> StageResult:
    """Decide and plan for at most `limit` prospects that are due."""
    return decide_due(
        services,
        list(Stage),
        decide,
        run_id,
        now,
        standings=SLEEPERS,
        limit=limit,
        stage=Stage.FOLLOW_UP.value,
        guard=held_for_colleagues,
    )
