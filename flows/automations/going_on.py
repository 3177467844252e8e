"""What the CRM told goes on to the next stage at once: two automations that hang on our own events.

A run for events says once what it decided (`closeloop.events.qualified` and so on), however many people that was
about, so an automation starts one run and not hundreds. They are examples too: a team copies one in the UI, or
hangs its own on `crm.<object>.<change>`, whose resource is the CRM record.
"""

from __future__ import annotations

from datetime import timedelta

from prefect.client.orchestration import PrefectClient
from prefect.events.actions import RunDeployment
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture

from flows.automations.shipping import ship
from flows.deployments import full_name
from flows.record_events import DECIDED

_GOES_ON = {
    "qualified": ("preparation", "Closeloop: Leads that the CRM told of are prepared at once"),
    "close": ("follow_up", "Closeloop: deals that people closed go on to follow-up at once"),
}
"""What was decided to the stage that is next, and the automation's name."""


async def ship_going_on(client: PrefectClient) -> list[str]:
    """Creates those that are missing; their names. The deployments have to be there."""
    return await ship(client, [await _automation(client, decided) for decided in _GOES_ON])


async def _automation(client: PrefectClient, decided: str) -> AutomationCore:
    stage, name = _GOES_ON[decided]
    deployment = await client.read_deployment_by_name(full_name(stage))
    return AutomationCore(
        name=name,
        description=f"Starts {stage.replace('_', '-')} when a run for CRM events decided `{decided}`.",
        trigger=EventTrigger(
            expect={f"{DECIDED}.{decided}"}, posture=Posture.Reactive, threshold=1, within=timedelta(0)
        ),
        actions=[RunDeployment(source="selected", deployment_id=deployment.id)],
    )
