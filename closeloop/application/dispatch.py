"""Starting runs for the CRM's events: one takes all that wait, a duplicate never starts a second.

Invariant: the ledger says first that a run is wanted and under which key, then the run is started under that key,
then the ledger is told. Wherever this breaks off, the next round goes on from there.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from closeloop.application.event_inbox import EventInbox, EventRun

LEASE = timedelta(minutes=2)
"""A run says more often than this that it is at work."""


class FlowRuns(Protocol):
    """The orchestrator. Raises `RunsUnavailable` when it does not answer or cannot start what is asked."""

    def start(self, key: str, records: tuple[str, ...]) -> str:
        """Id of the flow run under this idempotency key, a new one or the one that is there already."""
        ...

    def is_coming(self, flow_run_id: str) -> bool:
        """Whether it waits or works; False when it is over or not known."""
        ...


class RunsUnavailable(Exception):
    """Nothing was started, as far as we know; the text says what to do. The events wait."""


def dispatch(inbox: EventInbox, runs: FlowRuns, now: datetime, lease: timedelta = LEASE) -> str | None:
    """See to the run that is wanted: start it, or find out what became of it. The flow run's id, if one started."""
    wanted = inbox.wanted_event_run(now, lease)
    if wanted is not None and wanted.dispatched_at is not None:
        wanted = _follower(wanted, inbox, runs, now, lease)
    if wanted is None:
        return None
    flow_run_id = runs.start(wanted.key, wanted.records)
    inbox.note_event_run(wanted.key, flow_run_id, now, lease)
    return flow_run_id


def _follower(
    late: EventRun, inbox: EventInbox, runs: FlowRuns, now: datetime, lease: timedelta
) -> EventRun | None:
    """A run that has not been heard of for long: either it still comes, or another takes its place."""
    if late.flow_run_id and runs.is_coming(late.flow_run_id):
        inbox.note_event_run(late.key, late.flow_run_id, now, lease)
        return None
    inbox.end_event_run(late.key)
    return inbox.wanted_event_run(now, lease)
