"""The closing stage: one batch of due prospects through its rule, each ask with the quote that it names."""

from __future__ import annotations

from datetime import datetime

from closeloop.application.deciding import decide_due
from closeloop.application.offers import ClosingRule
from closeloop.application.quote_files import write_quotes
from closeloop.application.results import StageResult
from closeloop.application.services import BATCH, Services
from closeloop.domain.stage import Stage


def run_batch(services: Services, run_id: str, now: datetime, limit: int = BATCH) -> StageResult:
    """Decide and plan for at most `limit` prospects that are due."""
    rule = ClosingRule(services)
    return decide_due(services, [Stage.CLOSING], rule, run_id, now, limit=limit, finish=write_quotes)
