"""After a time in which nothing ran, one run does what all the missed ones would have done.

Invariant: only runs that a schedule made are taken over, never one that a person or an event started.
"""

from __future__ import annotations

from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterId,
    FlowRunFilter,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.runtime import deployment, flow_run
from prefect.states import Completed

from closeloop.adapters.clock import SystemClock

MOST_MISSED = 200


def take_over_backlog() -> str:
    """Ends the other runs of this schedule whose time has come; what to tell people, nothing when there were none.

    A stage works whatever is due by now, so a later start of a missed run would find nothing more.
    """
    run, made_by = flow_run.id, deployment.id
    if not run or not made_by or any((flow_run.parameters or {}).values()):
        return ""
    with get_client(sync_client=True) as client:
        missed = _missed(client, UUID(str(run)), UUID(str(made_by)))
        said = f"its time was missed; run {flow_run.name} did its work"
        for one in missed:
            done: State[None] = Completed(name="Skipped", message=said)
            client.set_flow_run_state(one.id, done, force=True)
    if not missed:
        return ""
    since = min(one.expected_start_time for one in missed if one.expected_start_time)
    return f"It also does the work of {len(missed)} runs that were missed since {since:%Y-%m-%d %H:%M} UTC"


def _missed(client: SyncPrefectClient, run: UUID, deployment: UUID) -> list[FlowRun]:
    waiting = FlowRunFilter(
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED])),
        expected_start_time=FlowRunFilterExpectedStartTime(before_=SystemClock().now()),
    )
    chosen = DeploymentFilter(id=DeploymentFilterId(any_=[deployment]))
    found = client.read_flow_runs(flow_run_filter=waiting, deployment_filter=chosen, limit=MOST_MISSED)
    return [one for one in found if one.id != run and one.auto_scheduled and one.expected_start_time]
