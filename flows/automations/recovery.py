"""A run whose worker is gone is noticed and taken up again. By itself Prefect leaves it running for ever.

A live flow run says so every `HEARTBEAT_SECONDS`. One that falls silent becomes CRASHED, and a run that crashed
for the first time is scheduled again, on any worker. That a run may then be done twice is safe: every action is
claimed in the ledger first, and the lease of a stage lets only one of them work.
"""

from __future__ import annotations

from datetime import timedelta

from prefect.client.schemas.objects import StateType
from prefect.events.actions import ChangeFlowRunState
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification

from flows.deployments import NAME

HEARTBEAT_SECONDS = 30
"""Prefect takes no less."""
SILENT_SECONDS = 90
"""Two beats may be lost on the way."""

_OUR_RUNS = ResourceSpecification(root={"prefect.resource.id": ["prefect.flow-run.*"]})
_OUR_TAG = ResourceSpecification(
    root={"prefect.resource.id": [f"prefect.tag.{NAME}"], "prefect.resource.role": ["tag"]}
)


def silent_runs_crash() -> AutomationCore:
    """A run of ours that beat once, and then neither beats again nor ends, is CRASHED."""
    return AutomationCore(
        name="Closeloop: a run whose worker is gone counts as crashed",
        description=f"No heartbeat for {SILENT_SECONDS} s: the process or its machine is gone.",
        trigger=EventTrigger(
            after={"prefect.flow-run.heartbeat"},
            expect={"prefect.flow-run.*"},  # a beat, or any move: final states have names of many kinds
            match=_OUR_RUNS,
            match_related=_OUR_TAG,
            for_each={"prefect.resource.id"},
            posture=Posture.Proactive,
            threshold=1,
            within=timedelta(seconds=SILENT_SECONDS),
        ),
        actions=[
            ChangeFlowRunState(
                state=StateType.CRASHED, message=f"No sign of life for {SILENT_SECONDS} s: its worker is gone."
            )
        ],
    )


def crashed_runs_again() -> AutomationCore:
    """A run of ours that crashed on its first attempt is scheduled once more."""
    return AutomationCore(
        name="Closeloop: a crashed run is taken up again, once",
        description="Safe at any point: the ledger knows what was done, and only one run of a stage works.",
        trigger=EventTrigger(
            expect={"prefect.flow-run.Crashed"},
            match=ResourceSpecification(
                root={"prefect.resource.id": ["prefect.flow-run.*"], "prefect.run-count": ["1"]}
            ),
            match_related=_OUR_TAG,
            for_each={"prefect.resource.id"},
            posture=Posture.Reactive,
            threshold=1,
            within=timedelta(0),
        ),
        actions=[
            ChangeFlowRunState(
                state=StateType.SCHEDULED, name="Scheduled", message="Its worker was gone; it is taken up again."
            )
        ],
    )


def recovery() -> list[AutomationCore]:
    """Both of them."""
    return [silent_runs_crash(), crashed_runs_again()]
