"""Automations that tell people: a run failed, a stage fell silent, too many complaints, a mail in doubt for long.

They go to the notification block that is named `closeloop-alerts` (Slack, Teams, e-mail, a webhook of your own …),
made in the UI. Without one they are there all the same and show in the event feed; the next start finds the block.
Invariant: an alert that people changed is left as it is; only one that tells nobody yet is given its receiver.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.events.actions import DoNothing, SendNotification
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification

from flows.automations.shipping import ship
from flows.deployments import NAME
from flows.desk import COMPLAINTS, IN_DOUBT, MAILBOX

BLOCK = "closeloop-alerts"
SILENT_MINUTES = 15
"""So long after its time a scheduled run may begin without anybody being told."""

_OUR_RUNS = ResourceSpecification(root={"prefect.resource.id": ["prefect.flow-run.*"]})
_OUR_TAG = ResourceSpecification(
    root={"prefect.resource.id": [f"prefect.tag.{NAME}"], "prefect.resource.role": ["tag"]}
)
_MAILBOXES = ResourceSpecification(root={"prefect.resource.id": [f"{MAILBOX}.*"]})
_RUN = "{{ flow_run.name }}\n{{ flow_run | ui_url }}"
_BOX = "{{ event.resource.name }}: {{ event.payload }}"


def alerts(receiver: UUID | None) -> list[AutomationCore]:
    """All of them, told to this notification block; None: to nobody yet."""
    return [
        _alert(
            "Closeloop: a run failed",
            "Its log and its artifact say why; what it had done is kept.",
            _each_time({"prefect.flow-run.Failed", "prefect.flow-run.Crashed"}, _OUR_RUNS, _OUR_TAG),
            (f"A run failed: {_RUN}", receiver),
        ),
        _alert(
            "Closeloop: a stage is silent",
            f"A scheduled run did not begin within {SILENT_MINUTES} minutes of its time: is a worker up?",
            EventTrigger(
                after={"prefect.flow-run.Late"},
                expect={"prefect.flow-run.*"},
                match=_OUR_RUNS,
                match_related=_OUR_TAG,
                for_each={"prefect.resource.id"},
                posture=Posture.Proactive,
                threshold=1,
                within=timedelta(minutes=SILENT_MINUTES),
            ),
            ("A scheduled run of Closeloop did not begin: is a worker up?", receiver),
        ),
        _alert(
            "Closeloop: too many complaints",
            "More than 0.1 % of a mailbox's mails of 30 days were reported as spam: look at whom it writes to.",
            _each_time({COMPLAINTS}, _MAILBOXES),
            (f"Too many complaints. {_BOX}", receiver),
        ),
        _alert(
            "Closeloop: a mail has been in doubt for a day",
            "Nobody knows whether it left; `closeloop settle` lists it and takes a person's word.",
            _each_time({IN_DOUBT}, _MAILBOXES),
            (f"Mails in doubt for more than a day. {_BOX}", receiver),
        ),
    ]


async def ship_alerts(client: PrefectClient) -> list[str]:
    """Creates what is missing, and gives a receiver to what has none; names of both."""
    wanted = alerts(await _receiver(client))
    made = await ship(client, wanted)
    for alert in wanted:
        for known in await client.read_automations_by_name(alert.name):
            mute = all(isinstance(action, DoNothing) for action in known.actions)
            if mute and not isinstance(alert.actions[0], DoNothing):
                kept = known.model_dump(include={"name", "description", "enabled", "tags", "trigger"})
                await client.update_automation(known.id, AutomationCore(**kept, actions=alert.actions))
                made.append(alert.name)
    return made


async def _receiver(client: PrefectClient) -> UUID | None:
    found = [one.id for one in await client.read_block_documents(limit=200) if one.name == BLOCK]
    return found[0] if found else None


def _each_time(
    events: set[str], match: ResourceSpecification, related: ResourceSpecification | None = None
) -> EventTrigger:
    return EventTrigger(
        expect=events,
        match=match,
        match_related=related or ResourceSpecification(root={}),
        for_each={"prefect.resource.id"},
        posture=Posture.Reactive,
        threshold=1,
        within=timedelta(0),
    )


def _alert(name: str, description: str, trigger: EventTrigger, told: tuple[str, UUID | None]) -> AutomationCore:
    body, receiver = told
    action = (
        DoNothing() if receiver is None else SendNotification(block_document_id=receiver, subject=name, body=body)
    )
    return AutomationCore(name=name, description=description, trigger=trigger, actions=[action])
