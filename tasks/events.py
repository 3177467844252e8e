"""One task run works one batch of the CRM's events: taken, brought home, and marked handled, in this order.

Whatever breaks off in between, the same run gets the same events again. Inputs are names and numbers only.
"""

from __future__ import annotations

from datetime import datetime

from closeloop.adapters.clock import SystemClock
from closeloop.application.dispatch import LEASE
from closeloop.application.on_event import BATCH, NAME, work
from closeloop.application.results import StageResult
from closeloop.bootstrap import services
from closeloop.domain.crm_events import CrmEvent
from closeloop.domain.record import Record
from tasks.policies import batch_task


class EventBatch(Record):
    """What became of a batch. Empty when nothing was left."""

    result: StageResult
    events: tuple[CrmEvent, ...] = ()
    outcomes: tuple[str, ...] = ()
    """Of each event, in the same order."""


@batch_task("work events", run_name="events batch {number}")
def work_events(key: str, number: int, run_id: str, as_of: datetime) -> EventBatch:
    """Work the next events that wait for the run `key`."""
    ledger = services().ledger
    # Leases run by the wall clock, also where the process lives in simulated time.
    events = ledger.take_crm_events(key, SystemClock().now(), BATCH, LEASE)
    if not events:
        return EventBatch(result=StageResult(stage=NAME, run_id=run_id))
    worked = work(services(), run_id, as_of, events)
    ledger.handle_crm_events(worked.outcomes, SystemClock().now())
    outcomes = tuple(worked.outcomes[event.identity] for event in events)
    return EventBatch(result=worked.result, events=tuple(events), outcomes=outcomes)
