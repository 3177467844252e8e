"""What the ledger is asked about the CRM's events and the runs that take them. Part of the ledger port.

An event is stored once, taken by one run at a time and handled once. At most one run is open that has not said it
found nothing more: whatever is stored while it is open, it will still find.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from closeloop.domain.crm_events import CrmEvent, EventId
from closeloop.domain.record import Moment, Record

MOST_NAMED = 20
"""So many records a run names in its tags."""


CLOCK_AHEAD = timedelta(hours=1)
"""By so much nobody's clock differs: what is held for longer than a lease and this was given by a clock that was
ahead, and is not waited for."""


def is_over(until: datetime, now: datetime, lease: timedelta) -> bool:
    """Whether a hold until then, given for `lease`, has run out."""
    return until <= now or until > now + lease + CLOCK_AHEAD


class EventRun(Record):
    """A run that takes whatever events wait when it works."""

    key: str
    """Its idempotency key wherever it is started."""
    until: Moment
    """So long nobody else is started in its place."""
    dispatched_at: Moment | None = None
    """When Prefect said that it has it; None: it has to be handed over, perhaps again."""
    flow_run_id: str | None = None
    records: tuple[str, ...] = ()
    """Ids of the records that waited when it was asked for, the first `MOST_NAMED` of them."""


class EventInbox(Protocol):
    """See `closeloop.application.ledger_port.Ledger`, whose promises hold here too."""

    def receive_crm_events(self, events: Iterable[CrmEvent], now: datetime) -> int:
        """Store each once, by (source, id); how many were new."""
        ...

    def waiting_crm_events(self, limit: int) -> list[CrmEvent]:
        """Not yet handled, taken or not, in order of occurrence, then id."""
        ...

    def wanted_event_run(self, now: datetime, lease: timedelta) -> EventRun | None:
        """The run that has to be seen to: one not handed over yet, or one whose time has run out.

        Opened when events wait and no run is open; None when nothing waits or an open run will find it.
        """
        ...

    def note_event_run(self, key: str, flow_run_id: str, now: datetime, lease: timedelta) -> None:
        """It was handed over, or is known to be still at it: nobody takes its place before `lease` is over."""
        ...

    def end_event_run(self, key: str) -> None:
        """It is over, or will never be: what it took and did not handle waits for the next one."""
        ...

    def take_crm_events(self, key: str, now: datetime, limit: int, lease: timedelta) -> list[CrmEvent]:
        """The next events for the run `key`, in order of occurrence, then id; none about a record that another run
        is at work on. First those that it took before and did not handle. Nothing left ends the run, and a run that
        has ended gets nothing; one that is not known is opened."""
        ...

    def handle_crm_events(self, outcomes: Mapping[EventId, str], now: datetime) -> int:
        """Say what became of events; how many of them had not been handled before. The first word counts."""
        ...

    def delete_crm_events(self, before: datetime, limit: int) -> int:
        """Delete events that were handled, and runs that ended, both before then; how many, at most `limit` of
        each. What waits stays, however old."""
        ...

    def crm_event_outcomes(self) -> dict[str, int]:
        """Outcome to number of events; those that wait are under `waiting`."""
        ...
