"""The approach stage: one batch of due prospects through its rule, but for colleagues of who is in play."""

from __future__ import annotations

from datetime import datetime

from closeloop.application.accounts import held_for_colleagues
from closeloop.application.deciding import decide_due
from closeloop.application.results import StageResult
from closeloop.application.services import BATCH, Services
from closeloop.domain.approach import decide
from closeloop.domain.stage import Stage


def run_batch(services: Services, run_id: str, now: datetime, limit: int = BATCH) -> StageResult:
    """Decide and plan for at most `limit` prospects that are due."""
    return decide_due(services, [Stage.APPROACH], decide, run_id, now, limit=limit, guard=held_for_colleagues)
