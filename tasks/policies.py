"""How every task runs: again only where that can help, and with neither a cache nor a stored result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task

from closeloop.domain.errors import CrmUnavailable, LedgerUnavailable

RETRIES = 3
RETRY_DELAY_SECONDS = [2.0, 10.0, 30.0]
WORTH_A_RETRY = (CrmUnavailable, LedgerUnavailable)
P = ParamSpec("P")
R = TypeVar("R")


def batch_task(name: str, run_name: str) -> Callable[[Callable[P, R]], Task[P, R]]:
    """Makes a function that works one batch a task; `run_name` may name the function's parameters in braces."""
    return task(
        name=name,
        task_run_name=run_name,
        tags=["closeloop"],
        retries=RETRIES,
        retry_delay_seconds=RETRY_DELAY_SECONDS,
        retry_condition_fn=worth_a_retry,
        cache_policy=NO_CACHE,
        persist_result=False,
    )


def worth_a_retry(task: Task[..., Any], run: TaskRun, state: State[Any]) -> bool:
    """True when the failure says `try later`. Batches are safe to repeat: the ledger knows what was done."""
    try:
        state.result()
    except WORTH_A_RETRY:
        return True
    except Exception:  # noqa: BLE001 - the question is only what kind of failure it was
        return False
    return False
