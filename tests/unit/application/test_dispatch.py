"""Runs for events: one at a time, never twice for the same, and none is forgotten when the orchestrator is away."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from closeloop.application.dispatch import LEASE, RunsUnavailable, dispatch
from closeloop.domain.crm_events import ChangeKind, CrmEvent
from tests.fakes.ledger import MemoryLedger
from tests.unit.domain.people import NOW


@dataclass
class Runs:
    """An orchestrator that may be away, or lose its answer on the way."""

    started: list[str] = field(default_factory=list)
    alive: set[str] = field(default_factory=set)
    away: bool = False
    deaf: bool = False

    def start(self, key: str, records: tuple[str, ...]) -> str:
        if self.away:
            raise RunsUnavailable("away")
        if key not in self.started:
            self.started.append(key)
        self.alive.add(f"run of {key}")
        if self.deaf:
            raise RunsUnavailable("the answer was lost")
        return f"run of {key}"

    def is_coming(self, flow_run_id: str) -> bool:
        return flow_run_id in self.alive


def stored(ledger: MemoryLedger, *names: str) -> None:
    ledger.receive_crm_events(
        [
            CrmEvent(
                source="outbound", id=n, object="Lead", record_id="00Q1", change=ChangeKind.UPDATE, occurred_at=NOW
            )
            for n in names
        ],
        NOW,
    )


def test_a_burst_is_one_run_and_a_later_event_joins_it() -> None:
    ledger, runs = MemoryLedger(), Runs()
    stored(ledger, "a", "b", "c")
    assert dispatch(ledger, runs, NOW)
    stored(ledger, "d")
    assert dispatch(ledger, runs, NOW) is None
    assert len(runs.started) == 1
    assert len(ledger.take_crm_events(runs.started[0], NOW, 9, LEASE)) == 4


def test_without_events_nothing_is_started() -> None:
    runs = Runs()
    assert dispatch(MemoryLedger(), runs, NOW) is None
    assert runs.started == []


def test_while_the_orchestrator_is_away_events_wait_and_are_dispatched_later() -> None:
    ledger, runs = MemoryLedger(), Runs(away=True)
    stored(ledger, "a")
    with pytest.raises(RunsUnavailable):
        dispatch(ledger, runs, NOW)
    stored(ledger, "b")
    runs.away = False
    dispatch(ledger, runs, NOW + timedelta(hours=5))
    assert [event.id for event in ledger.take_crm_events(runs.started[0], NOW, 9, LEASE)] == ["a", "b"]


def test_a_lost_answer_is_asked_again_under_the_same_key() -> None:
    ledger, runs = MemoryLedger(), Runs(deaf=True)
    stored(ledger, "a")
    with pytest.raises(RunsUnavailable):
        dispatch(ledger, runs, NOW)
    runs.deaf = False
    dispatch(ledger, runs, NOW)
    assert len(runs.started) == 1


def test_a_late_run_that_still_comes_is_waited_for_and_a_dead_one_replaced() -> None:
    ledger, runs = MemoryLedger(), Runs()
    stored(ledger, "a")
    first = dispatch(ledger, runs, NOW)
    assert first
    assert dispatch(ledger, runs, NOW + LEASE) is None
    runs.alive.clear()
    second = dispatch(ledger, runs, NOW + 2 * LEASE)
    assert second
    assert second != first
    assert ledger.take_crm_events(runs.started[0], NOW, 9, LEASE) == []
    assert len(ledger.take_crm_events(runs.started[1], NOW, 9, LEASE)) == 1
