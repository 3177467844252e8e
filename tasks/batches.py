"""One task run works one batch of one pass. Its inputs are names, times and numbers: never people's data."""

from __future__ import annotations

from datetime import datetime

from closeloop.application.passes import PASSES
from closeloop.application.results import StageResult
from closeloop.bootstrap import services
from tasks.policies import batch_task


@batch_task("work batch", run_name="{name} batch {number}")
def work_batch(name: str, number: int, run_id: str, as_of: datetime, size: int) -> StageResult:
    """Work at most `size` due records of the pass `name` and say what happened to them."""
    batch, _ = PASSES[name]
    return batch(services(), run_id, as_of, size)
