"""One run of a stage at a time, on every ledger."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from closeloop.adapters.ledger import SqlLedger
from closeloop.application.ports import Ledger
from tests.contract.ledger_samples import MINUTE, NOW

LEASE = timedelta(minutes=1)


def test_a_stage_is_held_by_the_first_who_asks(ledger: Ledger) -> None:
    first = ledger.hold_stage("approach", "one", NOW, LEASE)
    assert (first.worker, first.since, first.until) == ("one", NOW, NOW + LEASE)
    assert ledger.hold_stage("approach", "two", NOW, LEASE) == first
    assert ledger.hold_stage("closing", "two", NOW, LEASE).worker == "two"


def test_its_holder_prolongs_it_and_it_is_held_since_the_beginning(ledger: Ledger) -> None:
    ledger.hold_stage("approach", "one", NOW, LEASE)
    again = ledger.hold_stage("approach", "one", NOW + LEASE / 2, LEASE)
    assert (again.since, again.until) == (NOW, NOW + LEASE * 1.5)
    assert ledger.hold_stage("approach", "two", NOW + LEASE, LEASE).worker == "one"


def test_a_holder_that_is_gone_is_followed_when_its_time_has_run_out(ledger: Ledger) -> None:
    ledger.hold_stage("approach", "one", NOW, LEASE)
    taken = ledger.hold_stage("approach", "two", NOW + LEASE, LEASE)
    assert (taken.worker, taken.since) == ("two", NOW + LEASE)


def test_only_its_holder_gives_a_stage_back(ledger: Ledger) -> None:
    ledger.hold_stage("approach", "one", NOW, LEASE)
    ledger.release_stage("approach", "two")
    assert ledger.hold_stage("approach", "two", NOW, LEASE).worker == "one"
    ledger.release_stage("approach", "one")
    assert ledger.hold_stage("approach", "two", NOW + MINUTE, LEASE).worker == "two"


def test_of_many_that_ask_at_once_all_are_told_the_same_holder(shared: list[SqlLedger]) -> None:
    with ThreadPoolExecutor(4) as pool:
        for round_ in range(10):
            stage = f"stage-{round_}"
            told = pool.map(lambda n, s=stage: shared[n].hold_stage(s, f"w{n}", NOW, LEASE).worker, range(4))
            assert len(set(told)) == 1
