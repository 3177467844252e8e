"""Brings deployments to a Prefect server and puts runs back whose worker is known to be gone.

Invariant: what people changed in the UI, a schedule or a pause, stays until the project's own schedules change.
"""

from __future__ import annotations

from uuid import UUID

from prefect._internal.versioning import VersionType
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.client.schemas.responses import DeploymentResponse
from prefect.deployments.runner import RunnerDeployment
from prefect.exceptions import ObjectNotFound
from prefect.states import Scheduled
from prefect.types.entrypoint import EntrypointType

from flows.deployments import NAME, Deployment

AT_WORK = [StateType.RUNNING, StateType.PENDING, StateType.CANCELLING]
MOST_RUNS = 200


async def deploy(client: PrefectClient, deployment: Deployment) -> UUID:
    """Creates it, or changes it when the project's schedules have changed; its id.

    One that is up to date is not touched: Prefect would forget the runs that were missed while nothing was up.
    """
    known = await _known(client, deployment)
    if known is not None and known.version == deployment.version:
        return known.id
    return await RunnerDeployment.from_flow(
        deployment.flow,
        name=NAME,
        schedules=[DeploymentScheduleCreate(schedule=rule, active=True) for rule in deployment.schedules],
        tags=deployment.tags,
        description=deployment.description,
        version=deployment.version,
        version_type=VersionType.SIMPLE,
        entrypoint_type=EntrypointType.MODULE_PATH,
    ).aapply()


async def _known(client: PrefectClient, deployment: Deployment) -> DeploymentResponse | None:
    try:
        return await client.read_deployment_by_name(f"{deployment.flow.name}/{NAME}")
    except ObjectNotFound:
        return None


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
        tags=FlowRunFilterTags(all_=[NAME]),
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=AT_WORK)),
    )
    found = await client.read_flow_runs(flow_run_filter=chosen, limit=MOST_RUNS)
    return [run for run in found if run.deployment_id is not None]
