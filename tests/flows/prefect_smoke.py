"""Answers one question about an environment: does its Prefect start, and does its scheduler create runs?

`pip check` and a healthy server both pass in an environment where no scheduled run ever appears (Prefect
3.8 with SQLAlchemy 2.1), so only a row of a scheduled run counts. Run by the test beside it, and on its own
by any interpreter that has the project installed: `python tests/flows/prefect_smoke.py`; exits 0 or 1.
"""

import asyncio
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from prefect import flow
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId
from prefect.client.schemas.schedules import IntervalSchedule

from flows.runtime import prefect_server

SCHEDULED_WITHIN_SECONDS = 60.0


@flow(name="smoke")
def hourly() -> None:
    """Never runs; only its schedule matters."""


def scheduled_runs(home: Path) -> int:
    """How many runs a new server with its scheduler on makes of a new hourly deployment; 0 after a
    minute of none.
    """
    with prefect_server(home, lasting=True):
        return asyncio.run(_deploy_and_count())


async def _deploy_and_count() -> int:
    async with get_client() as client:
        schedule = IntervalSchedule(interval=timedelta(hours=1))
        deployment = await client.create_deployment(
            await client.create_flow(hourly),
            name="hourly",
            schedules=[DeploymentScheduleCreate(schedule=schedule, active=True)],
        )
        chosen = DeploymentFilter(id=DeploymentFilterId(any_=[deployment]))
        return await _count_within_a_minute(client, chosen)


async def _count_within_a_minute(client: PrefectClient, chosen: DeploymentFilter) -> int:
    deadline = time.monotonic() + SCHEDULED_WITHIN_SECONDS
    while time.monotonic() < deadline:
        runs = await client.read_flow_runs(deployment_filter=chosen)
        scheduled = [run for run in runs if run.state is not None and run.state.is_scheduled()]
        if scheduled:
            return len(scheduled)
        await asyncio.sleep(0.5)
    return 0


def main() -> int:
    """Prints the finding in one line."""
    with tempfile.TemporaryDirectory() as home:
        count = scheduled_runs(Path(home))
    sys.stdout.write(f"{count} scheduled runs appeared\n" if count else "NO scheduled run appeared\n")
    return 0 if count else 1


if __name__ == "__main__":
    sys.exit(main())
