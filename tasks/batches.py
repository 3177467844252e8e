"""One task run works one batch of one pass. Its inputs are names, times and numbers: never people's data."""

from __future__ import annotations

from datetime import datetime

from prefect import task
from prefect.cache_policies import NO_CACHE

from closeloop.application.passes import PASSES
from closeloop.application.results import StageResult
from closeloop.bootstrap import services
from tasks.policies import RETRIES, RETRY_DELAY_SECONDS, worth_a_retry


@task(
    name="work batch",
    task_run_name="{name} batch {number}",
    tags=["closeloop"],
    retries=RETRIES,
    retry_delay_seconds=RETRY_DELAY_SECONDS,
    retry_condition_fn=worth_a_retry,
    cache_policy=NO_CACHE,
    persist_result=False,
)
def work_batch(name: str, number: int, run_id: str, as_of: datetime, size: int) -> StageResult:
    """Work at most `size` due records of the pass `name` and say what happened to them."""
    batch, _ = PASSES[name]
    return batch(services(), run_id, as_of, size)
