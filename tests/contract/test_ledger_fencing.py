"""A worker that sleeps past its lease settles nothing that is no longer its own, and what it knows is not lost."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from closeloop.application.ports import Ledger
from closeloop.domain.actions import ActionState, Settlement
from closeloop.domain.errors import IllegalMove
from tests.contract.ledger_samples import LEASE, MINUTE, NOW, claim, mail, moves_of, plan, state_of, task

KEY = mail().key
LATER = NOW + LEASE + MINUTE


def _say(ledger: Ledger, attempt: int, state: ActionState, at: datetime = LATER, **fields: Any) -> list[str]:
    """What the worker of this attempt writes down; what the ledger refused of it."""
    late = ledger.settle([Settlement(key=KEY, attempt=attempt, state=state, **fields)], at)
    return [one.text for one in late]


def _slept_and_claimed_again(ledger: Ledger) -> None:
    """Worker 1 slept past its lease; evidence said that nothing happened; worker 2 holds the action."""
    plan(ledger, mail())
    claim(ledger, worker="w1")
    ledger.expire_leases(NOW + LEASE)
    _say(ledger, 1, ActionState.PLANNED, detail="the mailer has no trace of it")
    assert [one.attempt for one in claim(ledger, now=LATER, worker="w2")] == [2]


@pytest.mark.parametrize(
    "said", [ActionState.PLANNED, ActionState.REJECTED, ActionState.SKIPPED, ActionState.UNCERTAIN]
)
def test_a_worker_that_wakes_late_cannot_settle_the_claim_of_another(ledger: Ledger, said: ActionState) -> None:
    _slept_and_claimed_again(ledger)
    (refused,) = _say(ledger, 1, said)
    assert refused == f"{KEY} is claimed by now: that attempt 1 ended as {said.value} is kept as evidence"
    assert state_of(ledger, KEY) is ActionState.CLAIMED
    assert _say(ledger, 2, ActionState.ACCEPTED) == []
    assert state_of(ledger, KEY) is ActionState.ACCEPTED
    told = [line for line in ledger.story("00Q1") if line.kind == "late outcome"]
    assert [(line.detail["attempt"], line.detail["said"], line.detail["stood_at"]) for line in told] == [
        (1, said.value, "claimed")
    ]


@pytest.mark.parametrize("retried", [False, True])
def test_a_mail_accepted_by_a_late_worker_is_accepted_and_nobody_sends_it_again(
    ledger: Ledger, retried: bool
) -> None:
    plan(ledger, mail())
    claim(ledger)
    ledger.expire_leases(NOW + LEASE)
    if retried:
        _say(ledger, 1, ActionState.PLANNED, detail="the mailer has no trace of it")
    log = task()
    late = ledger.settle(
        [Settlement(key=KEY, attempt=1, state=ActionState.ACCEPTED, provider_id="sg-1")], LATER, then=[log]
    )
    assert late == []
    assert state_of(ledger, KEY) is ActionState.ACCEPTED
    assert claim(ledger, now=LATER + LEASE) == []
    assert state_of(ledger, log.key) is ActionState.PLANNED


def test_a_late_accepted_ends_the_claim_that_came_after_it(ledger: Ledger) -> None:
    _slept_and_claimed_again(ledger)
    (second,) = [action for action, _ in ledger.actions([KEY]).values()]
    assert ledger.still_held([second]) == {KEY}
    assert _say(ledger, 1, ActionState.ACCEPTED, provider_id="sg-1") == []
    assert ledger.still_held([second]) == set(), "the second worker asks before it sends"
    (refused,) = _say(ledger, 2, ActionState.PLANNED)
    assert "is accepted by now" in refused


def test_a_second_accepted_by_another_claim_is_kept_as_evidence_of_a_double(ledger: Ledger) -> None:
    _slept_and_claimed_again(ledger)
    assert _say(ledger, 2, ActionState.ACCEPTED, provider_id="sg-2") == []
    assert len(_say(ledger, 1, ActionState.ACCEPTED, provider_id="sg-1")) == 1
    assert [line.detail["said"] for line in ledger.story("00Q1") if line.kind == "late outcome"] == ["accepted"]


@pytest.mark.parametrize("known", [ActionState.REJECTED, ActionState.SKIPPED, ActionState.PLANNED])
def test_what_a_late_worker_knows_for_sure_settles_what_is_uncertain(ledger: Ledger, known: ActionState) -> None:
    plan(ledger, mail())
    claim(ledger)
    ledger.expire_leases(NOW + LEASE)
    assert _say(ledger, 1, known, detail="said by its worker") == []
    assert moves_of(ledger)[-1] == ("uncertain", known.value)


def test_one_late_outcome_does_not_hold_up_the_others_of_its_batch(ledger: Ledger) -> None:
    plan(ledger, mail(step=1), mail(step=2))
    claim(ledger)
    ledger.settle([Settlement(key=mail(step=1).key, attempt=1, state=ActionState.ACCEPTED)], NOW)
    both = [Settlement(key=mail(step=n).key, attempt=1, state=ActionState.REJECTED) for n in (1, 2)]
    assert [late.key for late in ledger.settle(both, LATER)] == [mail(step=1).key]
    assert state_of(ledger, mail(step=1).key) is ActionState.ACCEPTED
    assert state_of(ledger, mail(step=2).key) is ActionState.REJECTED


def test_the_same_outcome_twice_is_one(ledger: Ledger) -> None:
    plan(ledger, mail())
    claim(ledger)
    for _ in range(2):
        assert _say(ledger, 1, ActionState.ACCEPTED, provider_id="sg-1") == []
    assert moves_of(ledger) == [(None, "planned"), ("planned", "claimed"), ("claimed", "accepted")]


@pytest.mark.parametrize("attempt", [0, 2, -1])
def test_a_claim_that_never_was_cannot_be_settled(ledger: Ledger, attempt: int) -> None:
    plan(ledger, mail())
    claim(ledger)
    with pytest.raises(IllegalMove, match="after 1 claims"):
        _say(ledger, attempt, ActionState.ACCEPTED)


def test_a_claim_stands_until_it_is_settled_or_runs_out(ledger: Ledger) -> None:
    plan(ledger, mail(step=1), mail(step=2), mail(step=3))
    held = claim(ledger)
    ledger.settle([Settlement(key=mail(step=1).key, attempt=1, state=ActionState.SKIPPED)], NOW)
    assert ledger.still_held(held) == {mail(step=2).key, mail(step=3).key}
    ledger.expire_leases(NOW + LEASE + timedelta(seconds=1))
    assert ledger.still_held(held) == set()
