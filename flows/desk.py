"""What a run leaves for people who watch: the standing page of its stage, and events on the path of each prospect.

Invariant: nothing of it can fail a run, and no event has a name, an address or a word of a mail in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime

from prefect import get_run_logger
from prefect.artifacts import create_markdown_artifact
from prefect.events import emit_event
from prefect.runtime import flow_run

from closeloop.application.desk import complained_of, long_in_doubt, look
from closeloop.application.desk_port import Happened
from closeloop.application.results import StageResult
from closeloop.application.services import Services
from closeloop.bootstrap import crm_record_url
from flows.desk_text import page

MOST_EVENTS = 200
"""Of one run: Prefect's broker drops what comes in floods, and the ledger has every step."""
PROSPECT = "closeloop.prospect"
MAILBOX = "closeloop.mailbox"
COMPLAINTS = "closeloop.mailbox.complaints"
IN_DOUBT = "closeloop.mailbox.in-doubt"


def leave(name: str, services: Services, run_id: str, now: datetime, results: Sequence[StageResult]) -> None:
    """After a run; only where there is one."""
    if not flow_run.id:
        return
    try:
        create_markdown_artifact(
            markdown=page(look(services, name, now, results), crm_record_url),
            key=f"closeloop-{name.replace('_', '-')}-now",
            description=f"How things stand, seen from {name}",
        )
        if any(one.considered for one in results):
            tell_steps(services.ledger.steps_of(run_id, now, MOST_EVENTS))
        if name in {"reconcile", "all"}:
            warn(services, now)
    except Exception as problem:  # noqa: BLE001 - the work is done and in the ledger; this is for looking at
        get_run_logger().warning("the page of %s was not written (%s)", name, type(problem).__name__)


def tell_steps(steps: Iterable[Happened]) -> int:
    """One event a step; its resource is the prospect, so that the feed shows the whole path. How many."""
    given = list(steps)
    for step in given:
        _emit(f"closeloop.{step.what}", f"{PROSPECT}.{step.prospect_key}", f"Prospect {step.prospect_key}")
    return len(given)


def warn(services: Services, now: datetime) -> None:
    """An event for each mailbox with too many complaints, and for each whose mails are in doubt for long."""
    for box, health in complained_of(services, now).items():
        _emit(COMPLAINTS, f"{MAILBOX}.{box}", box, sent=health.sent, reported=health.reported, rate=health.rate)
    doubtful: dict[str, int] = {}
    for action in long_in_doubt(services, now):
        box = str(action.payload.get("mailbox") or services.playbook.sender.email)
        doubtful[box] = doubtful.get(box, 0) + 1
    for box, number in doubtful.items():
        _emit(IN_DOUBT, f"{MAILBOX}.{box}", box, mails=number)


def _emit(event: str, resource: str, name: str, **payload: float) -> None:
    with suppress(Exception):
        emit_event(
            event=event,
            resource={"prefect.resource.id": resource, "prefect.resource.name": name},
            payload=dict(payload),
        )
