"""When a task run is worth trying again: never for what a retry cannot put right."""

from __future__ import annotations

from typing import Any

from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task

from closeloop.domain.errors import CrmUnavailable, LedgerUnavailable

RETRIES = 3
RETRY_DELAY_SECONDS = [2.0, 10.0, 30.0]
WORTH_A_RETRY = (CrmUnavailable, LedgerUnavailable)


def worth_a_retry(task: Task[..., Any], run: TaskRun, state: State[Any]) -> bool:
    """True when the failure says `try later`. Batches are safe to repeat: the ledger knows what was done."""
    try:
        state.result()
    except WORTH_A_RETRY:
        return True
    except Exception:  # noqa: BLE001 - the question is only what kind of failure it was
        return False
    return False
