"""A clock that jumps back and forth: nothing is claimed twice, and nothing is held or hidden for ever."""

from __future__ import annotations

from datetime import timedelta

from closeloop.application.ports import Ledger
from closeloop.domain.actions import ActionState
from tests.contract.ledger_samples import LEASE, MINUTE, NOW, claim, mail, moves_of, plan, settle, state_of
from tests.contract.test_ledger_events import event
from tests.fakes.services import DAY

KEY = mail().key
YEAR = timedelta(days=365)


def test_a_clock_set_back_gives_no_claim_a_second_time(ledger: Ledger) -> None:
    plan(ledger, mail("00Q1"), mail("00Q2"))
    assert len(claim(ledger, limit=1)) == 1
    for now in (NOW - YEAR, NOW - MINUTE, NOW + MINUTE, NOW):
        assert [one.prospect_key for one in claim(ledger, now=now)] in ([], ["00Q2"])
    assert [move for move in moves_of(ledger) if move[1] == "claimed"] == [("planned", "claimed")]


def test_what_a_clock_set_back_hides_is_claimed_when_its_time_comes_again(ledger: Ledger) -> None:
    plan(ledger, mail())
    assert claim(ledger, now=NOW - YEAR) == []
    assert ledger.expire_leases(NOW - YEAR) == []
    assert [one.key for one in claim(ledger)] == [KEY]


def test_a_clock_that_jumps_ahead_ends_a_lease_early_and_its_worker_still_settles(ledger: Ledger) -> None:
    plan(ledger, mail())
    claim(ledger)
    assert ledger.expire_leases(NOW + YEAR) == [KEY]
    assert claim(ledger, now=NOW + YEAR) == [], "uncertain is never claimed, whatever the clock says"
    assert settle(ledger, KEY, ActionState.ACCEPTED, now=NOW + MINUTE) == []
    assert state_of(ledger, KEY) is ActionState.ACCEPTED


def test_a_lease_given_by_a_clock_that_was_ahead_ends_when_the_clock_is_right_again(ledger: Ledger) -> None:
    plan(ledger, mail())
    claim(ledger, now=NOW + YEAR)
    assert ledger.expire_leases(NOW + MINUTE) == [KEY]
    assert state_of(ledger, KEY) is ActionState.UNCERTAIN


def test_a_stage_held_by_a_clock_that_was_ahead_is_free_when_the_clock_is_right_again(ledger: Ledger) -> None:
    ledger.hold_stage("deliver", "killed", NOW + DAY, LEASE)
    assert ledger.hold_stage("deliver", "next", NOW + MINUTE, LEASE).worker == "next"
    assert ledger.hold_stage("deliver", "a little behind", NOW - LEASE, LEASE).worker == "next"


def test_events_taken_by_a_clock_that_was_ahead_go_to_the_next_run(ledger: Ledger) -> None:
    ledger.receive_crm_events([event("a")], NOW)
    run = ledger.wanted_event_run(NOW + DAY, LEASE)
    assert run is not None
    ledger.note_event_run(run.key, "flow-run-1", NOW + DAY, LEASE)
    seen_to = ledger.wanted_event_run(NOW + MINUTE, LEASE)
    assert seen_to is not None
    assert seen_to.key == run.key


def test_a_worker_whose_clock_is_behind_makes_nobody_send_twice(ledger: Ledger) -> None:
    plan(ledger, mail())
    (held,) = claim(ledger)
    assert ledger.expire_leases(NOW - YEAR) == [KEY], "to its clock the lease lasts a year"
    assert ledger.still_held([held]) == set(), "so the holder does not send"
    assert settle(ledger, KEY, ActionState.SKIPPED, detail="its lease ended") == []


def test_a_history_that_a_jumping_clock_wrote_is_whole(ledger: Ledger) -> None:
    plan(ledger, mail())
    claim(ledger, now=NOW + LEASE)
    settle(ledger, KEY, ActionState.PLANNED, now=NOW, retry_at=NOW)
    claim(ledger, now=NOW + MINUTE)
    settle(ledger, KEY, ActionState.ACCEPTED, now=NOW)
    assert claim(ledger, now=NOW + YEAR) == []
    assert len(moves_of(ledger)) == 5
