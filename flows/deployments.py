"""Every flow as a deployment: what the Prefect UI lists, what schedules and events start.

Invariant: each flow has exactly one deployment, `<flow>/closeloop`, found by `full_name`, whose entry point is a
module path, so any worker with the project installed can run it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from prefect import Flow
from prefect.client.schemas.schedules import SCHEDULE_TYPES
from prefect.utilities.callables import parameter_schema

from flows.approval import approval
from flows.catalogue import FLOWS
from flows.on_event import on_event
from flows.schedules import Schedules

NAME = "closeloop"
"""Of every deployment, and of the work pool in production."""

DEPLOYED: dict[str, Flow[..., Any]] = {
    **{name: flow for name, flow in FLOWS.items() if isinstance(flow, Flow)},
    "on_event": on_event,
    "approval": approval,
}
"""Name as people type it to flow. A flow that is not a stage is entered here and not in the catalogue."""


def full_name(name: str) -> str:
    """What Prefect's API and its command line call the deployment of `name`, such as `approach/closeloop`."""
    return f"{DEPLOYED[name].name}/{NAME}"


@dataclass(frozen=True)
class Deployment:
    """One flow, ready to be deployed."""

    name: str
    flow: Flow[..., Any]
    schedules: tuple[SCHEDULE_TYPES, ...]

    @property
    def entrypoint(self) -> str:
        return f"{self.flow.fn.__module__}.{self.flow.fn.__name__}"

    @property
    def parameters(self) -> dict[str, Any]:
        """The schema from which the UI makes its form."""
        return parameter_schema(self.flow.fn).model_dump(mode="json")

    @property
    def tags(self) -> list[str]:
        return [NAME, self.name]

    @property
    def description(self) -> str:
        return (self.flow.description or "").strip()

    @property
    def version(self) -> str:
        """Changes when anything of this does. While it stays, what people changed in the UI stays too."""
        rules = [schedule.model_dump(mode="json") for schedule in self.schedules]
        whole = [self.entrypoint, self.tags, self.description, self.parameters, rules]
        return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()[:12]


def deployments(schedules: Schedules, playbook_zone: str) -> list[Deployment]:
    """One for each flow, in the order of the catalogue."""
    return [Deployment(name, flow, tuple(schedules.of(name, playbook_zone))) for name, flow in DEPLOYED.items()]
