"""What every ledger promises about actions: planned once, claimed by one, settled by the table of moves."""

from __future__ import annotations

from datetime import timedelta

import pytest

from closeloop.application.ports import Change, Ledger
from closeloop.domain.actions import ActionKind, ActionState, Settlement
from closeloop.domain.errors import IllegalMove, LedgerUnavailable
from closeloop.domain.stage import Stage
from tests.contract.ledger_samples import (
    LEASE,
    MINUTE,
    NOW,
    claim,
    decision,
    mail,
    moves_of,
    person,
    plan,
    receipt,
    reply,
    settle,
    state_of,
    task,
)

KEY = mail().key


def test_planning_the_same_touch_twice_is_one_action(ledger: Ledger) -> None:
    assert plan(ledger, mail(), mail(subject="another wording"), mail(step=2)) == 2
    assert plan(ledger, mail(due_at=NOW - MINUTE), task()) == 1
    assert [one.payload for one in claim(ledger, limit=1)] == [mail().payload]
    assert ledger.state_counts() == {"email": {"claimed": 1, "planned": 1}, "task": {"planned": 1}}


def test_the_same_words_go_to_the_same_person_once_under_whatever_key(ledger: Ledger) -> None:
    first, again, other = (mail("00Q1", 1), mail("00Q1", 2), mail("00Q2", 1))
    assert plan(ledger, *(action.model_copy(update={"words": "w"}) for action in (first, again, other))) == 2
    assert ledger.words_sent(["00Q1", "00Q2", "00Q3"]) == {"00Q1": {"w"}, "00Q2": {"w"}}
    assert set(ledger.actions([first.key, again.key, other.key])) == {first.key, other.key}


def test_people_with_a_mail_in_doubt_are_known_until_evidence_comes(ledger: Ledger) -> None:
    plan(ledger, mail("00Q1"), mail("00Q2"), task("00Q2"))
    claim(ledger, limit=1)
    settle(ledger, mail("00Q1").key, ActionState.UNCERTAIN)
    assert ledger.with_uncertain_mail(["00Q1", "00Q2"]) == {"00Q1"}
    settle(ledger, mail("00Q1").key, ActionState.ACCEPTED)
    assert ledger.with_uncertain_mail(["00Q1", "00Q2"]) == set()


def test_words_that_were_called_off_may_still_be_said(ledger: Ledger) -> None:
    plan(ledger, mail("00Q1", 1).model_copy(update={"words": "w"}))
    ledger.cancel_planned(["00Q1"], "not now", NOW)
    assert ledger.words_sent(["00Q1"]) == {}
    assert plan(ledger, mail("00Q1", 2).model_copy(update={"words": "w"})) == 1


def test_an_action_already_done_is_not_planned_again(ledger: Ledger) -> None:
    plan(ledger, mail())
    claim(ledger)
    settle(ledger, KEY, ActionState.ACCEPTED)
    assert plan(ledger, mail()) == 0
    assert state_of(ledger, KEY) is ActionState.ACCEPTED


def test_a_claim_takes_what_is_due_oldest_first_then_by_key(ledger: Ledger) -> None:
    later = mail("00Q9", due_at=NOW + timedelta(microseconds=1))
    plan(ledger, later, mail("00Q3"), mail("00Q2"), mail("00Q8", due_at=NOW - MINUTE), task("00Q1"))
    assert [one.prospect_key for one in claim(ledger, limit=2)] == ["00Q8", "00Q2"]
    assert [one.prospect_key for one in claim(ledger, limit=9)] == ["00Q3"]
    assert claim(ledger) == []
    assert [one.kind for one in ledger.claim(ActionKind.TASK, NOW, "w", 9, LEASE)] == [ActionKind.TASK]


def test_a_claimed_action_is_complete_and_on_its_first_attempt(ledger: Ledger) -> None:
    planned = mail(mail={"subject": "Łódź 🧵", "html": "<p>"}, parts=["a", "b"], n=1, nothing=None)
    plan(ledger, planned)
    (claimed,) = claim(ledger)
    assert claimed.attempt == 1
    assert claimed.model_dump(exclude={"attempt"}) == planned.model_dump()
    assert ledger.actions([KEY, "nothing"]) == {KEY: (claimed, ActionState.CLAIMED)}


def test_a_retry_is_due_again_at_its_time_and_counts_its_attempts(ledger: Ledger) -> None:
    plan(ledger, mail())
    claim(ledger)
    settle(ledger, KEY, ActionState.PLANNED, retry_at=NOW + MINUTE, detail="the mailer was busy")
    assert claim(ledger) == []
    (again,) = claim(ledger, now=NOW + MINUTE)
    assert again.attempt == 2
    assert again.due_at == NOW + MINUTE


def test_a_retry_without_a_time_is_due_at_once(ledger: Ledger) -> None:
    plan(ledger, mail())
    claim(ledger)
    settle(ledger, KEY, ActionState.PLANNED)
    assert [one.attempt for one in claim(ledger)] == [2]


@pytest.mark.parametrize("end", [ActionState.ACCEPTED, ActionState.REJECTED, ActionState.SKIPPED])
def test_an_end_is_an_end(ledger: Ledger, end: ActionState) -> None:
    plan(ledger, mail())
    claim(ledger)
    settle(ledger, KEY, end)
    for state in set(ActionState) - {ActionState.CLAIMED, end}:
        assert [late.stood_at for late in settle(ledger, KEY, state)] == [end]
    with pytest.raises(IllegalMove, match=end.value):
        settle(ledger, KEY, ActionState.CLAIMED)
    assert state_of(ledger, KEY) is end
    assert moves_of(ledger)[-1] == ("claimed", end.value)


def test_one_illegal_move_writes_nothing_of_its_batch(ledger: Ledger) -> None:
    plan(ledger, mail(step=1), mail(step=2))
    claim(ledger, limit=1)
    with pytest.raises(IllegalMove, match="planned after 0 claims and cannot become accepted"):
        ledger.settle(
            [
                Settlement(key=mail(step=1).key, attempt=1, state=ActionState.ACCEPTED),
                Settlement(key=mail(step=2).key, attempt=1, state=ActionState.ACCEPTED),
            ],
            NOW,
            then=[task()],
        )
    assert state_of(ledger, mail(step=1).key) is ActionState.CLAIMED
    assert ledger.actions([task().key]) == {}
    assert len(moves_of(ledger)) == 3


def test_only_a_claim_claims(ledger: Ledger) -> None:
    plan(ledger, mail())
    with pytest.raises(IllegalMove, match="by a settlement"):
        settle(ledger, KEY, ActionState.CLAIMED)


def test_an_unknown_action_cannot_be_settled(ledger: Ledger) -> None:
    with pytest.raises(IllegalMove, match="no action email:x"):
        settle(ledger, "email:x", ActionState.ACCEPTED)


def test_what_follows_an_outcome_is_planned_with_it_and_only_once(ledger: Ledger) -> None:
    plan(ledger, mail(step=1), mail(step=2))
    claim(ledger)
    done = [Settlement(key=mail(step=n).key, attempt=1, state=ActionState.ACCEPTED) for n in (1, 2)]
    ledger.settle(done[:1], NOW, then=[task()])
    ledger.settle(done[1:], NOW, then=[task()])
    assert ledger.state_counts() == {"email": {"accepted": 2}, "task": {"planned": 1}}


def test_a_lease_that_ran_out_leaves_the_action_uncertain_and_nobody_claims_it(ledger: Ledger) -> None:
    plan(ledger, mail("00Q2"), mail("00Q1"), mail("00Q3"))
    claim(ledger, limit=2)
    assert ledger.expire_leases(NOW + LEASE - MINUTE) == []
    assert ledger.expire_leases(NOW + LEASE) == [mail("00Q1").key, mail("00Q2").key]
    assert ledger.expire_leases(NOW + LEASE) == []
    assert [one.prospect_key for one in claim(ledger, now=NOW + 2 * LEASE)] == ["00Q3"]
    assert [one.key for one in ledger.in_state(ActionState.UNCERTAIN, ActionKind.EMAIL, 9)] == [
        mail("00Q1").key,
        mail("00Q2").key,
    ]


def test_evidence_settles_an_uncertain_action(ledger: Ledger) -> None:
    plan(ledger, mail(step=1), mail(step=2))
    claim(ledger)
    ledger.expire_leases(NOW + LEASE)
    settle(ledger, mail(step=1).key, ActionState.ACCEPTED, provider_id="sg-1")
    settle(ledger, mail(step=2).key, ActionState.PLANNED, detail="the mailer has no trace of it")
    assert ledger.in_state(ActionState.UNCERTAIN, None, 9) == []
    assert [one.attempt for one in claim(ledger, now=NOW + LEASE)] == [2]


def test_settled_twice_in_one_batch_follows_the_moves_in_their_order(ledger: Ledger) -> None:
    plan(ledger, mail())
    claim(ledger)
    ledger.settle(
        [
            Settlement(key=KEY, attempt=1, state=ActionState.UNCERTAIN, detail="timed out"),
            Settlement(key=KEY, attempt=1, state=ActionState.ACCEPTED, detail="found in the log"),
        ],
        NOW,
    )
    assert moves_of(ledger)[2:] == [("claimed", "uncertain"), ("uncertain", "accepted")]


def test_in_state_mixes_kinds_oldest_due_first(ledger: Ledger) -> None:
    plan(ledger, mail("00Q2", due_at=NOW + MINUTE), task("00Q1"), mail("00Q3"))
    found = ledger.in_state(ActionState.PLANNED, None, 2)
    assert [(one.key, one.attempt) for one in found] == [(mail("00Q3").key, 0), (task("00Q1").key, 0)]


def test_a_stop_calls_off_planned_mails_only(ledger: Ledger) -> None:
    plan(ledger, mail("00Q1", 1), mail("00Q1", 2, due_at=NOW + MINUTE), task("00Q1"), mail("00Q2"))
    claim(ledger, limit=1)
    assert ledger.cancel_planned(["00Q1"], "unsubscribed", NOW) == 1
    assert ledger.cancel_planned(["00Q1"], "unsubscribed", NOW) == 0
    assert state_of(ledger, mail("00Q1", 1).key) is ActionState.CLAIMED
    assert state_of(ledger, mail("00Q1", 2).key) is ActionState.SKIPPED
    assert state_of(ledger, task("00Q1").key) is ActionState.PLANNED
    assert state_of(ledger, mail("00Q2").key) is ActionState.PLANNED
    assert any("unsubscribed" in line.text for line in ledger.story("00Q1"))


def test_an_action_for_a_stranger_is_refused_with_its_whole_pass(ledger: Ledger) -> None:
    ledger.receive([reply()], NOW)
    change = Change(
        prospects=(person(),),
        decisions=(decision(),),
        actions=(mail(), mail("stranger")),
        handled_signals=(("inbound", "m1"),),
    )
    with pytest.raises(LedgerUnavailable):
        ledger.commit(change)
    assert ledger.prospects(["00Q1"]) == {}
    assert list(ledger.decisions()) == []
    assert ledger.state_counts() == {}
    assert len(ledger.waiting_signals(9)) == 1


def test_a_pass_is_saved_whole(ledger: Ledger) -> None:
    ledger.receive([reply()], NOW)
    change = Change(
        prospects=(person(stage=Stage.APPROACH),),
        decisions=(decision(),),
        actions=(mail(),),
        handled_signals=(("inbound", "m1"),),
    )
    assert ledger.commit(change).new_actions == 1
    assert ledger.prospects(["00Q1"])["00Q1"].stage is Stage.APPROACH
    assert list(ledger.decisions()) == [decision()]
    assert state_of(ledger, KEY) is ActionState.PLANNED
    assert ledger.waiting_signals(9) == []


def test_a_receipt_needs_its_action(ledger: Ledger) -> None:
    plan(ledger, mail())
    with pytest.raises(LedgerUnavailable):
        ledger.add_receipts([receipt(KEY), receipt("email:nobody")])
    assert [line for line in ledger.story("00Q1") if line.kind == "receipt"] == []


def test_the_receipts_of_the_attempt_an_action_is_on_are_found_oldest_first(ledger: Ledger) -> None:
    plan(ledger, mail(), mail(step=2))
    ledger.claim(ActionKind.EMAIL, NOW, "w", 1, LEASE)
    first, second = receipt(KEY), receipt(KEY).model_copy(update={"values": {"batch": "b-1"}})
    ledger.add_receipts([first])
    ledger.add_receipts([second])
    assert ledger.receipts_of([KEY, mail(step=2).key, "email:unknown"]) == {KEY: [first, second]}
    ledger.settle([Settlement(key=KEY, attempt=1, state=ActionState.PLANNED, retry_at=NOW)], NOW)
    ledger.claim(ActionKind.EMAIL, NOW, "w", 1, LEASE)
    assert ledger.receipts_of([KEY]) == {}


def test_empty_batches_change_nothing(ledger: Ledger) -> None:
    assert ledger.commit(Change()).new_actions == 0
    assert ledger.add_prospects([]) == 0
    assert ledger.receive([], NOW) == 0
    assert ledger.cancel_planned([], "", NOW) == 0
    ledger.settle([], NOW)
    ledger.add_receipts([])
    ledger.mark_synced([])
    ledger.add_crm_writes([])
    ledger.note_crm_seen({})
    ledger.cache_facts({}, NOW)
    ledger.add_quarantine("x", [], NOW)
    assert ledger.state_counts() == {}
