"""What every ledger promises about the CRM's events: stored once, taken by one run at a time, handled once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from closeloop.adapters.ledger import SqlLedger
from closeloop.application.event_inbox import EventRun
from closeloop.application.ports import Ledger
from closeloop.domain.crm_events import ChangeKind, CrmEvent
from tests.contract.ledger_samples import MINUTE, NOW

LEASE = timedelta(minutes=5)


def event(name: str = "n1", record_id: str = "00Q1", **fields: Any) -> CrmEvent:
    content: dict[str, Any] = {
        "source": "outbound",
        "id": name,
        "object": "Lead",
        "record_id": record_id,
        "change": ChangeKind.UPDATE,
        "occurred_at": NOW,
        "changed": ("Status",),
    }
    return CrmEvent(**content | fields)


def names(events: list[CrmEvent]) -> list[str]:
    return [one.id for one in events]


def opened(ledger: Ledger, *given: CrmEvent) -> EventRun:
    """The run that these events ask for, handed over."""
    ledger.receive_crm_events(given, NOW)
    run = ledger.wanted_event_run(NOW, LEASE)
    assert run is not None
    ledger.note_event_run(run.key, "flow-run-1", NOW, LEASE)
    return run


def test_an_event_that_comes_five_times_is_stored_once(ledger: Ledger) -> None:
    assert ledger.receive_crm_events([event(), event()], NOW) == 1
    assert [ledger.receive_crm_events([event(record_id="00Q2")], NOW) for _ in range(3)] == [0, 0, 0]
    assert ledger.receive_crm_events([event(source="stream")], NOW) == 1
    assert ledger.waiting_crm_events(9) == [event(), event(source="stream")]


def test_events_wait_in_order_of_occurrence_then_id(ledger: Ledger) -> None:
    ledger.receive_crm_events([event("c"), event("b"), event("z", occurred_at=NOW - MINUTE)], NOW)
    assert names(ledger.waiting_crm_events(9)) == ["z", "b", "c"]
    assert names(ledger.waiting_crm_events(2)) == ["z", "b"]


def test_without_events_no_run_is_wanted(ledger: Ledger) -> None:
    assert ledger.wanted_event_run(NOW, LEASE) is None


def test_a_run_is_wanted_under_one_key_until_it_is_handed_over(ledger: Ledger) -> None:
    ledger.receive_crm_events([event("a", "00Q2"), event("b"), event("c")], NOW)
    first = ledger.wanted_event_run(NOW, LEASE)
    assert first is not None
    assert (first.records, first.dispatched_at) == (("00Q2", "00Q1"), None)
    assert ledger.wanted_event_run(NOW + MINUTE, LEASE) == first
    ledger.note_event_run(first.key, "flow-run-1", NOW, LEASE)
    ledger.receive_crm_events([event("d")], NOW)
    assert ledger.wanted_event_run(NOW + MINUTE, LEASE) is None


def test_a_run_names_twenty_records_at_most(ledger: Ledger) -> None:
    ledger.receive_crm_events([event(f"{number:03}", f"00Q{number:03}") for number in range(30)], NOW)
    run = ledger.wanted_event_run(NOW, LEASE)
    assert run is not None
    assert run.records == tuple(f"00Q{number:03}" for number in range(20))


def test_a_run_takes_all_that_waits_and_ends_when_nothing_is_left(ledger: Ledger) -> None:
    run = opened(ledger, event("a"), event("b"))
    ledger.receive_crm_events([event("c")], NOW)
    taken = ledger.take_crm_events(run.key, NOW, 9, LEASE)
    assert names(taken) == ["a", "b", "c"]
    assert ledger.handle_crm_events({one.identity: "refreshed" for one in taken}, NOW) == 3
    ledger.receive_crm_events([event("d")], NOW)
    assert names(ledger.take_crm_events(run.key, NOW, 9, LEASE)) == ["d"]
    ledger.handle_crm_events({event("d").identity: "echo"}, NOW)
    assert ledger.take_crm_events(run.key, NOW, 9, LEASE) == []
    ledger.receive_crm_events([event("e")], NOW)
    assert ledger.take_crm_events(run.key, NOW, 9, LEASE) == []  # it has ended
    again = ledger.wanted_event_run(NOW, LEASE)
    assert again is not None
    assert again.key != run.key
    assert ledger.crm_event_outcomes() == {"refreshed": 3, "echo": 1, "waiting": 1}


def test_what_a_run_took_and_did_not_handle_it_gets_again_first(ledger: Ledger) -> None:
    run = opened(ledger, event("a"), event("b"), event("c"))
    assert names(ledger.take_crm_events(run.key, NOW, 2, LEASE)) == ["a", "b"]
    ledger.handle_crm_events({event("a").identity: "refreshed"}, NOW)
    assert names(ledger.take_crm_events(run.key, NOW, 2, LEASE)) == ["b"]


def test_a_second_run_takes_nothing_about_a_record_that_is_being_worked_on(ledger: Ledger) -> None:
    run = opened(ledger, event("a", "00Q1"))
    ledger.take_crm_events(run.key, NOW, 9, LEASE)
    ledger.receive_crm_events([event("b", "00Q1"), event("c", "00Q2")], NOW)
    assert names(ledger.take_crm_events("by hand", NOW, 9, LEASE)) == ["c"]
    assert ledger.take_crm_events("another", NOW, 9, LEASE) == []
    ledger.handle_crm_events({event("a").identity: "refreshed"}, NOW)
    assert names(ledger.take_crm_events(run.key, NOW, 9, LEASE)) == ["b"]


def test_a_run_whose_time_has_run_out_is_seen_to_and_its_events_go_to_the_next(ledger: Ledger) -> None:
    run = opened(ledger, event("a"), event("b"))
    ledger.take_crm_events(run.key, NOW, 1, LEASE)
    assert ledger.wanted_event_run(NOW + LEASE - MINUTE, LEASE) is None
    lost = ledger.wanted_event_run(NOW + LEASE, LEASE)
    assert lost is not None
    assert (lost.key, lost.flow_run_id) == (run.key, "flow-run-1")
    ledger.note_event_run(run.key, "flow-run-1", NOW + LEASE, LEASE)  # it is still at it
    assert ledger.wanted_event_run(NOW + LEASE + MINUTE, LEASE) is None
    ledger.end_event_run(run.key)
    follower = ledger.wanted_event_run(NOW + LEASE, LEASE)
    assert follower is not None
    assert follower.key != run.key
    assert names(ledger.take_crm_events(follower.key, NOW, 9, LEASE)) == ["a", "b"]
    assert ledger.take_crm_events(run.key, NOW, 9, LEASE) == []


def test_a_run_that_was_never_handed_over_ends_when_somebody_else_did_its_work(ledger: Ledger) -> None:
    ledger.receive_crm_events([event()], NOW)
    assert ledger.wanted_event_run(NOW, LEASE) is not None
    ledger.handle_crm_events({event().identity: "refreshed"}, NOW)
    assert ledger.wanted_event_run(NOW, LEASE) is None


def test_the_first_word_about_an_event_counts(ledger: Ledger) -> None:
    ledger.receive_crm_events([event()], NOW)
    assert ledger.handle_crm_events({event().identity: "refreshed", ("outbound", "unknown"): "echo"}, NOW) == 1
    assert ledger.handle_crm_events({event().identity: "echo"}, NOW) == 0
    assert ledger.receive_crm_events([event()], NOW) == 0
    assert ledger.crm_event_outcomes() == {"refreshed": 1}


def test_four_runs_at_once_take_each_event_once(shared: list[SqlLedger]) -> None:
    given = [event(f"{number:03}", f"00Q{number % 40:03}") for number in range(200)]
    shared[0].receive_crm_events(given, NOW)

    def work(ledger: SqlLedger) -> int:
        handled, key = 0, f"run-{id(ledger)}"
        while taken := ledger.take_crm_events(key, NOW, 7, LEASE):
            assert ledger.handle_crm_events({one.identity: "done" for one in taken}, NOW) == len(taken)
            handled += len(taken)
        return handled

    with ThreadPoolExecutor(4) as pool:
        total = sum(pool.map(work, shared))
    while taken := shared[0].take_crm_events("what was left", NOW, 50, LEASE):  # about records others were at
        total += shared[0].handle_crm_events({one.identity: "done" for one in taken}, NOW)
    assert total == len(given)


def test_dispatchers_that_ask_at_once_are_told_of_one_run(shared: list[SqlLedger]) -> None:
    shared[0].receive_crm_events([event()], NOW)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda ledger: ledger.wanted_event_run(NOW, LEASE), shared))
    assert len({run.key for run in found if run}) == 1


def test_old_events_that_were_handled_are_deleted_with_the_runs_that_ended_and_the_rest_stays(
    ledger: Ledger,
) -> None:
    day = timedelta(days=1)
    run = opened(ledger, event("old"), event("waits"), event("young"))
    ledger.handle_crm_events({("outbound", "old"): "refreshed"}, NOW)
    ledger.end_event_run(run.key)
    ledger.handle_crm_events({("outbound", "young"): "refreshed"}, NOW + 2 * day)
    assert ledger.delete_crm_events(NOW, 9) == 0
    assert [ledger.delete_crm_events(NOW + day, 1) for _ in range(2)] == [2, 0]
    assert ledger.crm_event_outcomes() == {"refreshed": 1, "waiting": 1}
    assert ledger.receive_crm_events([event("young"), event("waits")], NOW + 2 * day) == 0
    again = ledger.wanted_event_run(NOW + 2 * day, LEASE)
    assert again is not None
    assert names(ledger.take_crm_events(again.key, NOW + 2 * day, 9, LEASE)) == ["waits"]
