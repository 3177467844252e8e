"""Brings deployments to a Prefect server.

Invariant: what people changed in the UI, a schedule or a pause, stays until the project's own schedules change.
"""

from __future__ import annotations

from uuid import UUID

from prefect._internal.versioning import VersionType
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.responses import DeploymentResponse
from prefect.deployments.runner import RunnerDeployment
from prefect.exceptions import ObjectNotFound
from prefect.types.entrypoint import EntrypointType

from flows.deployments import NAME, Deployment


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
