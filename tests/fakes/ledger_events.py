"""The fake ledger's part about the CRM's events and the runs that take them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import count

from closeloop.application.event_inbox import MOST_NAMED, EventRun, is_over
from closeloop.domain.crm_events import CrmEvent, EventId
from tests.fakes.ledger_stages import MemoryStages


class MemoryEvents(MemoryStages):
    """Events by identity, with the run that took each and the word that was said about it."""

    def __init__(self) -> None:
        super().__init__()
        self.crm_events: dict[EventId, CrmEvent] = {}
        self.taken_by: dict[EventId, str] = {}
        self.event_outcomes: dict[EventId, str] = {}
        self.events_came: dict[EventId, datetime] = {}
        self.events_handled: dict[EventId, datetime] = {}
        self.event_runs: dict[str, EventRun] = {}
        self.ended_runs: set[str] = set()
        self._run_numbers = count(1)

    def receive_crm_events(self, events: Iterable[CrmEvent], now: datetime) -> int:
        with self.lock:
            before = len(self.crm_events)
            for event in events:
                self.crm_events.setdefault(event.identity, event)
                self.events_came.setdefault(event.identity, now)
            return len(self.crm_events) - before

    def _waiting(self) -> list[CrmEvent]:
        waiting = [event for key, event in self.crm_events.items() if key not in self.event_outcomes]
        return sorted(waiting, key=lambda event: (event.occurred_at, event.id, event.source))

    def waiting_crm_events(self, limit: int) -> list[CrmEvent]:
        return self._waiting()[:limit]

    def wanted_event_run(self, now: datetime, lease: timedelta) -> EventRun | None:
        with self.lock:
            open_runs = [run for key, run in self.event_runs.items() if key not in self.ended_runs]
            lost = [run for run in open_runs if run.dispatched_at is None]
            records = tuple(dict.fromkeys(event.record_id for event in self._waiting()))[:MOST_NAMED]
            if not records:
                self.ended_runs |= {run.key for run in lost}
                return None
            if not open_runs:
                run = EventRun(key=f"events-{next(self._run_numbers)}", until=now + lease)
                self.event_runs[run.key] = run
                lost = [run]
            over = open_runs if all(is_over(run.until, now, lease) for run in open_runs) else []
            wanted = [*lost, *over]
            return wanted[0].model_copy(update={"records": records}) if wanted else None

    def note_event_run(self, key: str, flow_run_id: str, now: datetime, lease: timedelta) -> None:
        with self.lock:
            self._prolong(key, now, lease)
            self.event_runs[key] = self.event_runs[key].model_copy(update={"flow_run_id": flow_run_id})

    def _prolong(self, key: str, now: datetime, lease: timedelta) -> None:
        known = self.event_runs.get(key) or EventRun(key=key, until=now)
        since = known.dispatched_at or now
        self.event_runs[key] = known.model_copy(update={"until": now + lease, "dispatched_at": since})

    def end_event_run(self, key: str) -> None:
        with self.lock:
            self.ended_runs.add(key)
            self.taken_by = {one: run for one, run in self.taken_by.items() if run != key}

    def take_crm_events(self, key: str, now: datetime, limit: int, lease: timedelta) -> list[CrmEvent]:
        with self.lock:
            if key in self.ended_runs:
                return []
            self._prolong(key, now, lease)
            waiting = self._waiting()
            left = [event for event in waiting if self.taken_by.get(event.identity) == key]
            busy = {event.record_id for event in waiting if event.identity in self.taken_by}
            found = (left or [event for event in waiting if event.record_id not in busy])[:limit]
            self.taken_by |= dict.fromkeys((event.identity for event in found), key)
            if not found:
                self.ended_runs.add(key)
            return found

    def handle_crm_events(self, outcomes: Mapping[EventId, str], now: datetime) -> int:
        with self.lock:
            new = {
                key: word for key, word in outcomes.items() if key in self.crm_events.keys() - self.event_outcomes
            }
            self.event_outcomes |= new
            self.events_handled |= dict.fromkeys(new, now)
            return len(new)

    def delete_crm_events(self, before: datetime, limit: int) -> int:
        with self.lock:
            told = {key: max(at, self.events_came[key]) for key, at in self.events_handled.items()}
            old = [key for key, at in told.items() if at < before][:limit]
            over = [
                key for key in self.ended_runs if key in self.event_runs and self.event_runs[key].until < before
            ]
            for key in old:
                del self.crm_events[key], self.event_outcomes[key], self.events_handled[key], self.events_came[key]
                self.taken_by.pop(key, None)
            for run in over[:limit]:
                del self.event_runs[run]
                self.ended_runs.discard(run)
            return len(old) + len(over[:limit])

    def crm_event_outcomes(self) -> dict[str, int]:
        return dict(Counter(self.event_outcomes.get(key, "waiting") for key in self.crm_events))
