"""One run of a stage at a time: the second ends at once and says since when the first is at it."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from closeloop.adapters.clock import SimulatedClock
from flows import one_at_a_time
from flows.one_at_a_time import LEASE, turn
from tests.flows.office import Office, clean_rows

pytestmark = pytest.mark.prefect
SOMEBODY = "another machine"


def test_a_run_that_finds_another_at_its_stage_is_skipped_and_changes_nothing(office: Office) -> None:
    office.import_rows(clean_rows(3))
    office.services.ledger.hold_stage("pull", SOMEBODY, office.now, LEASE)
    ran = office.run("prospecting")
    assert (ran["state_type"], ran["state_name"]) == ("COMPLETED", "Skipped")
    assert ran["state"]["message"] == f"pull is already being worked, since {office.now:%Y-%m-%d %H:%M} UTC"
    assert list(office.services.ledger.all_prospects()) == []

    assert isinstance(office.services.clock, SimulatedClock)
    office.services.clock.move_to(office.now + LEASE)  # the other machine never came back
    assert office.run("prospecting")["state_name"] == "Completed"
    assert len(list(office.services.ledger.all_prospects())) == 3


def test_a_run_gives_its_stages_back(office: Office) -> None:
    office.import_rows(clean_rows(1))
    assert office.run("prospecting")["state_name"] == "Completed"
    held = office.services.ledger.hold_stage("pull", SOMEBODY, office.now, LEASE)
    assert held.worker == SOMEBODY


def test_a_cycle_passes_over_the_stage_that_another_run_works(office: Office) -> None:
    office.import_rows(clean_rows(2))
    office.services.ledger.hold_stage("prospecting", SOMEBODY, office.now, LEASE)
    ran = office.run("all")
    assert ran["state_name"] == "Completed"
    (artifact,) = office.artifacts(ran["id"])[:1]
    assert "another run is at prospecting" in str(artifact["data"])
    assert len(list(office.services.ledger.all_prospects())) == 2


def test_a_lease_is_prolonged_while_its_holder_lives(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(one_at_a_time, "RENEW_SECONDS", 0.02)
    assert isinstance(office.services.clock, SimulatedClock)
    with turn("approach", "run", office.services) as ours:
        assert ours.holder is None
        for _ in range(3):
            office.services.clock.move_to(office.now + timedelta(seconds=20))
            time.sleep(0.3)
        asked = office.services.ledger.hold_stage("approach", SOMEBODY, office.now, LEASE)
        assert asked.worker != SOMEBODY
    assert office.services.ledger.hold_stage("approach", SOMEBODY, office.now, LEASE).worker == SOMEBODY


def test_whoever_lost_its_turn_is_told_and_takes_nothing_from_the_next(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(one_at_a_time, "RENEW_SECONDS", 0.2)
    assert isinstance(office.services.clock, SimulatedClock)
    with turn("approach", "run", office.services) as ours:
        office.services.clock.move_to(office.now + LEASE)  # as if this process had been asleep
        assert office.services.ledger.hold_stage("approach", SOMEBODY, office.now, LEASE).worker == SOMEBODY
        deadline = time.monotonic() + 10
        while ours.holder is None and time.monotonic() < deadline:
            time.sleep(0.05)
        assert ours.holder is not None
    assert office.services.ledger.hold_stage("approach", "third", office.now, LEASE).worker == SOMEBODY
