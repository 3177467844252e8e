"""Prefect events whose resource is the CRM record, for teams that hang automations of their own on them.

`crm.lead.update`, `crm.opportunity.update` and so on, resource `crm.lead.<record id>`. An extra, never the
transport: Prefect loses events while its server is down, and nothing of ours waits for one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress

from prefect.events import emit_event

from closeloop.application.on_event import ECHO, SIGNALS
from closeloop.domain.crm_events import CrmEvent

PREFIX = "crm"
DECIDED = "closeloop.events"
TOLD_ONCE = ("qualified", "close", "stop")
"""Decisions that a run for events tells of, once for all people they are about."""


def tell_decisions(run_id: str, counts: Mapping[str, int]) -> None:
    """Emits `closeloop.events.qualified` and the like, with how many people that is about."""
    for decided in TOLD_ONCE:
        if number := counts.get(decided, 0):
            resource = {"prefect.resource.id": f"closeloop.run.{run_id}", "prefect.resource.name": run_id}
            with suppress(Exception):
                emit_event(event=f"{DECIDED}.{decided}", resource=resource, payload={"people": number})


def tell_prefect(told: Iterable[tuple[CrmEvent, str]]) -> int:
    """Emits one event for each record and kind of change; own writes are no news. How many were emitted."""
    news = {
        (event.object.lower(), event.record_id, event.change.value): (event, outcome)
        for event, outcome in told
        if outcome != ECHO and event.object != SIGNALS
    }
    for (name, record_id, change), (event, outcome) in news.items():
        with suppress(Exception):
            emit_event(
                event=f"{PREFIX}.{name}.{change}",
                resource={
                    "prefect.resource.id": f"{PREFIX}.{name}.{record_id}",
                    "prefect.resource.name": f"{event.object} {record_id}",
                },
                payload={"record_id": record_id, "changed": list(event.changed), "outcome": outcome},
            )
    return len(news)
