"""On event: one run takes all that the CRM told and nobody has worked on yet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from prefect import flow, get_run_logger
from prefect.artifacts import create_markdown_artifact
from prefect.runtime import flow_run

from closeloop.application.api_share import keep_to_share, record_run
from closeloop.application.on_event import NAME, NOT_OURS
from closeloop.application.ports import RunRow
from closeloop.application.results import StageResult
from closeloop.bootstrap import crm_record_url, services
from closeloop.domain.crm_events import CrmEvent
from flows.artifact_text import markdown
from flows.event_text import records_table
from flows.record_events import tell_decisions, tell_prefect
from flows.run_names import as_of_name
from flows.settings_block import use_settings_block
from tasks.events import EventBatch, work_events

MOST_BATCHES = 400


@flow(name=NAME, flow_run_name=as_of_name, persist_result=False)
def on_event(key: str | None = None) -> list[StageResult]:
    """Work every event that waits. `key` is the run that was opened for them; started by hand it opens its own."""
    get_run_logger().info("Looking at what the CRM told")
    use_settings_block()
    now = services().clock.now()
    mark = str(flow_run.id or "local")
    run_id = f"{NAME}-{now:%Y%m%dT%H%M}-{mark[:8]}"
    keep_to_share(services())
    total, told = StageResult(stage=NAME, run_id=run_id), Counter[tuple[str, str, str]]()
    for number in range(1, MOST_BATCHES + 1):
        batch = work_events(key or f"by-hand-{mark}", number, run_id, now)
        if not batch.events:
            break
        total = total + batch.result
        told.update(_told(batch))
        tell_prefect(_worth_telling(batch))
    if told:
        tell_decisions(run_id, total.counts)
        _record(run_id, total, told)
    return [total]


def _told(batch: EventBatch) -> list[tuple[str, str, str]]:
    both = zip(batch.events, batch.outcomes, strict=True)
    return [(event.object, event.record_id, outcome) for event, outcome in both]


def _worth_telling(batch: EventBatch) -> Sequence[tuple[CrmEvent, str]]:
    both = zip(batch.events, batch.outcomes, strict=True)
    return [(event, outcome) for event, outcome in both if outcome != NOT_OURS]


def _record(run_id: str, total: StageResult, told: Counter[tuple[str, str, str]]) -> None:
    now = services().clock.now()
    used = record_run(
        services(), RunRow(run_id=run_id, stage=NAME, as_of=now, counts=total.counts, holds=total.holds)
    )
    calls = (
        f"{total.considered:,} events about {len({one[1] for one in told}):,} records; it made {used:,} API calls."
    )
    text = markdown(run_id, now, [total], crm_record_url, calls)
    create_markdown_artifact(
        markdown=f"{text}\n{records_table(told, crm_record_url)}",
        key="closeloop-on-event",
        description=f"What the CRM told, as of {now:%Y-%m-%d %H:%M} UTC",
    )
