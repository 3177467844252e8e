"""`python -m flows.provision`: what a Prefect server needs besides the deployments, for workers of its own.

Makes the work pool, the shipped automations and the type of the settings block. What is there already is left as
it is, so it may be run at every release. `closeloop up` does the same for its own server.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.exceptions import ObjectNotFound
from prefect.workers.process import ProcessWorker

from flows.automations.alerts import ship_alerts
from flows.automations.going_on import ship_going_on
from flows.automations.recovery import recovery
from flows.automations.shipping import ship
from flows.deployments import NAME
from flows.settings_block import CloseloopSettings


async def furnish(client: PrefectClient) -> list[str]:
    """The automations and the block type; names of the automations that were made or got their receiver."""
    await CloseloopSettings.register_type_and_schema(client=client)
    return [*await ship(client, recovery()), *await ship_alerts(client)]


async def furnish_deployments(client: PrefectClient) -> list[str]:
    """The automations that start deployments, so these have to be there; names of those that were missing."""
    return await ship_going_on(client)


async def make_work_pool(client: PrefectClient) -> bool:
    """True when it was missing."""
    try:
        await client.read_work_pool(NAME)
    except ObjectNotFound:
        template = ProcessWorker.get_default_base_job_template()
        await client.create_work_pool(
            WorkPoolCreate(name=NAME, type=ProcessWorker.type, base_job_template=template)
        )
        return True
    return False


async def main() -> None:
    """Says in a few lines what it made."""
    async with get_client() as client:
        made = [f"work pool {NAME}"] if await make_work_pool(client) else []
        made += await furnish(client)
        with suppress(ObjectNotFound):  # before the first `prefect deploy`; the next time they are there
            made += await furnish_deployments(client)
    sys.stdout.write("".join(f"made: {name}\n" for name in made) or "everything was there already\n")


if __name__ == "__main__":
    asyncio.run(main())
