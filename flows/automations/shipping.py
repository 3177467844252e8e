"""Brings automations to a Prefect server, once.

Invariant: an automation is known by its name; one that is there already, changed or switched off by people, is
left as it is.
"""

from __future__ import annotations

from collections.abc import Iterable

from prefect.client.orchestration import PrefectClient
from prefect.events.schemas.automations import AutomationCore


async def ship(client: PrefectClient, automations: Iterable[AutomationCore]) -> list[str]:
    """Creates those that are missing; their names."""
    created = []
    for automation in automations:
        if not await client.read_automations_by_name(automation.name):
            await client.create_automation(automation)
            created.append(automation.name)
    return created
