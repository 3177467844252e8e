"""Puts runs back whose worker is known to be gone: whoever stops or starts the only runner knows.

Small on purpose: `closeloop up` loads it before anything can have changed on the disk under it.
"""

from __future__ import annotations

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.states import Scheduled

TAG = "closeloop"
"""On every run of ours."""
AT_WORK = [StateType.RUNNING, StateType.PENDING, StateType.CANCELLING]
MOST_RUNS = 200
STRANDED = "Its worker was stopped before it was done; it is taken up again."


async def put_back(client: PrefectClient, why: str) -> int:
    """Every run of ours that is recorded as at work is scheduled again; how many those were.

    Only for whoever knows that nobody works them: its own worker has just been stopped, or starts only now.
    """
    stranded = await _at_work(client)
    for run in stranded:
        again: State[None] = Scheduled(name="AwaitingRetry", message=why)
        await client.set_flow_run_state(run.id, again, force=True)
    return len(stranded)


async def _at_work(client: PrefectClient) -> list[FlowRun]:
    chosen = FlowRunFilter(
        tags=FlowRunFilterTags(all_=[TAG]),
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=AT_WORK)),
    )
    found = await client.read_flow_runs(flow_run_filter=chosen, limit=MOST_RUNS)
    return [run for run in found if run.deployment_id is not None]
