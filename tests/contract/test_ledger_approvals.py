"""Approvals, on every ledger: asked once, answered once, and what waits follows in the same transaction."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from closeloop.adapters.ledger import SqlLedger
from closeloop.application.ports import Change, Ledger
from closeloop.domain.actions import ActionState
from closeloop.domain.approvals import (
    Answer,
    Approval,
    ApprovalKind,
    ApprovalState,
    OnDeadline,
    approval_id,
    mail_mark,
)
from closeloop.domain.messages import RenderedMail
from tests.contract.ledger_samples import LEASE, MINUTE, NOW, claim, mail, moves_of, person, state_of

WORDS = RenderedMail(subject="Looms", text="Hello Ana.\n", html="<p>Hello Ana.</p>")
LATER = NOW + MINUTE


def asked(prospect_key: str = "00Q1", **fields: Any) -> Approval:
    key = mail(prospect_key).key
    content: dict[str, Any] = {
        "id": approval_id(key),
        "kind": ApprovalKind.FIRST_MAIL,
        "prospect_key": prospect_key,
        "action_key": key,
        "asked_mark": mail_mark(WORDS.model_dump()),
        "asked_at": NOW,
        "deadline": NOW + LEASE,
        "on_deadline": OnDeadline.HOLD,
    }
    return Approval(**content | fields)


def gated(ledger: Ledger, prospect_key: str = "00Q1") -> Approval:
    """A planned mail, due in an hour, and the approval it waits for."""
    ledger.add_prospects([person(prospect_key)])
    approval = asked(prospect_key)
    action = mail(prospect_key, due_at=NOW + 60 * MINUTE, **WORDS.model_dump(), approval="first_mail")
    ledger.commit(Change(actions=(action,), approvals=(approval,)))
    return approval


def yes(approval: Approval, state: ApprovalState = ApprovalState.APPROVED, by: str = "Mira") -> Answer:
    return Answer(approval.id, state, by, LATER, "", approval.asked_mark)


def no(approval: Approval) -> Answer:
    return Answer(approval.id, ApprovalState.REJECTED, "Mira", LATER, "too early", None)


def test_an_approval_is_asked_once_and_waits(ledger: Ledger) -> None:
    first = gated(ledger)
    ledger.commit(Change(approvals=(first.model_copy(update={"asked_mark": "another"}),)))
    assert ledger.approvals([first.id, "ap-unknown"]) == {first.id: first}
    assert ledger.waiting_approvals(9) == [first]


def test_the_oldest_question_stands_first(ledger: Ledger) -> None:
    ledger.add_prospects([person("00Q1"), person("00Q2")])
    late, early = asked("00Q1", asked_at=LATER), asked("00Q2")
    ledger.commit(Change(approvals=(late, early)))
    assert ledger.waiting_approvals(9) == [early, late]
    assert ledger.waiting_approvals(1) == [early]


def test_a_yes_makes_the_mail_due_at_once(ledger: Ledger) -> None:
    approval = gated(ledger)
    assert ledger.answer_approval(yes(approval))
    found = ledger.approvals([approval.id])[approval.id]
    assert (found.state, found.decided_by, found.mark) == (ApprovalState.APPROVED, "Mira", approval.asked_mark)
    assert ledger.waiting_approvals(9) == []
    assert [action.key for action in claim(ledger, now=LATER)] == [approval.action_key]


def test_edited_words_take_the_place_of_those_asked_about_which_stay_beside_them(ledger: Ledger) -> None:
    approval = gated(ledger)
    new = RenderedMail(subject="Your looms", text="Good morning Ana.\n", html="<p>Good morning Ana.</p>")
    assert ledger.answer_approval(yes(approval, ApprovalState.EDITED), new)
    (action,) = claim(ledger, now=LATER)
    assert {part: action.payload[part] for part in ("subject", "text", "html")} == new.model_dump()
    assert action.payload["asked"] == {"subject": WORDS.subject, "text": WORDS.text}
    assert action.words in ledger.words_sent(["00Q1"])["00Q1"]


def test_a_no_calls_the_mail_off_with_its_reason(ledger: Ledger) -> None:
    approval = gated(ledger)
    assert ledger.answer_approval(no(approval))
    assert state_of(ledger, str(approval.action_key)) is ActionState.SKIPPED
    assert moves_of(ledger) == [(None, "planned"), ("planned", "skipped")]
    assert claim(ledger, now=NOW + LEASE) == []
    told = [line.text for line in ledger.story("00Q1") if line.kind == "approval"]
    assert told[0].startswith("Asked the owner to approve a first mail until 2026-03-02 09:05 UTC")
    assert told[1].endswith("rejected by Mira on 2026-03-02 at 09:01 UTC: too early.")


def test_a_decided_approval_is_not_decided_again(ledger: Ledger) -> None:
    approval = gated(ledger)
    assert ledger.answer_approval(no(approval))
    assert not ledger.answer_approval(yes(approval, by="Tom"))
    assert ledger.approvals([approval.id])[approval.id].state is ApprovalState.REJECTED
    assert not ledger.answer_approval(yes(asked("00Q9")))


def test_a_mail_that_a_worker_holds_is_left_to_its_last_look(ledger: Ledger) -> None:
    approval = gated(ledger)
    claim(ledger, now=NOW + 60 * MINUTE)
    assert ledger.answer_approval(no(approval))
    assert state_of(ledger, str(approval.action_key)) is ActionState.CLAIMED


def test_a_deadline_is_put_off_only_while_it_waits(ledger: Ledger) -> None:
    approval = gated(ledger)
    ledger.prolong_approval(approval.id, None)
    assert ledger.approvals([approval.id])[approval.id].deadline is None
    ledger.answer_approval(yes(approval))
    ledger.prolong_approval(approval.id, NOW)
    assert ledger.approvals([approval.id])[approval.id].deadline is None


def test_nothing_is_left_of_the_approvals_of_somebody_forgotten(ledger: Ledger) -> None:
    approval = gated(ledger)
    counts = ledger.erase(["00Q1"], [], [])
    assert counts is not None
    assert counts["approvals"] == 1
    assert ledger.approvals([approval.id]) == {}


def test_of_answers_at_once_one_counts(shared: list[SqlLedger]) -> None:
    with ThreadPoolExecutor(4) as pool:
        for number in range(8):
            approval = gated(shared[0], f"00Q{number}")
            told = list(pool.map(lambda n, a=approval: shared[n].answer_approval(yes(a, by=f"w{n}")), range(4)))
            assert told.count(True) == 1
            decided_by = shared[0].approvals([approval.id])[approval.id].decided_by
            assert decided_by == f"w{told.index(True)}"
