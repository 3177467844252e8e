"""What every ledger tells of one prospect: all that is stored, in order, in words a seller can read."""

from __future__ import annotations

from datetime import timedelta

from closeloop.application.ports import Change, Ledger
from closeloop.domain.actions import ActionKind, ActionState, Settlement
from closeloop.domain.signals import SignalKind
from tests.contract.ledger_samples import (
    LEASE,
    MINUTE,
    NOW,
    claim,
    crm_write,
    decision,
    fact,
    mail,
    moves_of,
    person,
    plan,
    receipt,
    reply,
    settle,
    too_dear,
)

KEY = mail().key


def test_a_story_is_told_from_first_fact_to_last_write(ledger: Ledger) -> None:
    ledger.commit(
        Change(prospects=(person(facts={"employees": fact()}),), decisions=(decision(),), actions=(mail(),))
    )
    claim(ledger)
    settle(ledger, KEY, ActionState.ACCEPTED, provider_id="sg-1")
    ledger.add_receipts([receipt(KEY)])
    ledger.add_crm_writes([crm_write()])
    ledger.receive([reply(prospect_key="00Q1", occurred_at=NOW + MINUTE)], NOW + MINUTE)
    ledger.note_understanding(("inbound", "m1"), too_dear())
    ledger.suppress("00q1@north.example", "asked by phone", NOW + 2 * MINUTE)
    assert [line.text for line in ledger.story("00Q1")] == [
        "Learned from registry:north: employees is 250 (90% certain).",
        "In approach, decided: ask human, because fits the profile; has budget.",
        "Planned the e-mail “A question about your looms” of approach: due 2026-03-02 09:00 UTC.",
        "Started on the e-mail “A question about your looms” of approach, attempt 1.",
        "Last look before the e-mail “A question about your looms” of approach: nothing speaks against it.",
        "The e-mail “A question about your looms” of approach was sent.",
        "Set Status of the Lead in the CRM from “Open” to “Working”: the first mail was sent.",
        "Replied: “Too expensive for us, sorry.” Understood as an objection about price (87% certain).",
        "00q1@north.example went on the do-not-contact list: asked by phone.",
    ]


def test_a_story_holds_every_attempt_with_its_last_look_even_within_one_instant(ledger: Ledger) -> None:
    plan(ledger, mail())
    claim(ledger)
    ledger.add_receipts([receipt(KEY)])
    settle(ledger, KEY, ActionState.PLANNED, detail="the mailer was busy")
    claim(ledger)
    ledger.add_receipts([receipt(KEY, verdict="they replied")])
    settle(ledger, KEY, ActionState.SKIPPED, detail="they replied")
    kinds = [(line.kind, line.detail.get("to")) for line in ledger.story("00Q1")]
    assert kinds == [
        ("action", "planned"),
        ("action", "claimed"),
        ("receipt", None),
        ("action", "planned"),
        ("action", "claimed"),
        ("receipt", None),
        ("action", "skipped"),
    ]
    assert "it must not happen now, because they replied" in ledger.story("00Q1")[5].text


def test_an_uncertain_mail_is_told_as_such_until_evidence_settles_it(ledger: Ledger) -> None:
    plan(ledger, mail())
    claim(ledger)
    ledger.expire_leases(NOW + LEASE)
    assert "looked up, not done again, whether" in ledger.story("00Q1")[-1].text
    ledger.settle([Settlement(key=KEY, attempt=1, state=ActionState.ACCEPTED)], NOW + 2 * LEASE)
    assert moves_of(ledger)[-2:] == [("claimed", "uncertain"), ("uncertain", "accepted")]


def test_planning_is_dated_by_its_decision(ledger: Ledger) -> None:
    due = NOW + timedelta(days=2)
    ledger.commit(Change(prospects=(person(),), decisions=(decision(),), actions=(mail(due_at=due),)))
    planned = next(line for line in ledger.story("00Q1") if line.kind == "action")
    assert planned.at == NOW


def test_a_signal_belongs_to_a_story_by_key_by_mail_or_by_address(ledger: Ledger) -> None:
    plan(ledger, mail(), mail("00Q2"))
    ledger.receive(
        [
            reply("1", prospect_key="00Q1"),
            reply("2", action_key=KEY, kind=SignalKind.DELIVERED),
            reply("3", address="00Q1@North.example"),
            reply("4", address="00q1@north.example", prospect_key="00Q2"),
            reply("5", prospect_key="00Q2"),
            reply("6"),
        ],
        NOW,
    )
    theirs = sorted(line.detail["id"] for line in ledger.story("00Q1") if line.kind == "signal")
    assert theirs == ["1", "2", "3"]


def test_lines_of_one_moment_stand_in_the_order_of_cause_and_effect(ledger: Ledger) -> None:
    ledger.receive([reply("0", prospect_key="00Q1"), reply("1", action_key=KEY, kind=SignalKind.PROCESSED)], NOW)
    known = fact().model_copy(update={"observed_at": NOW})
    ledger.commit(
        Change(prospects=(person(facts={"employees": known}),), decisions=(decision(),), actions=(mail(),))
    )
    claim(ledger)
    ledger.add_receipts([receipt(KEY)])
    log = mail().model_copy(update={"key": f"task:log:{KEY}", "kind": ActionKind.TASK, "words": None})
    ledger.settle([Settlement(key=KEY, attempt=1, state=ActionState.ACCEPTED)], NOW, then=[log])
    ledger.add_crm_writes([crm_write()])
    told = ledger.story("00Q1")
    assert {line.at for line in told} == {NOW}
    assert [line.detail.get("kind") or line.kind for line in told if line.kind != "action"] == [
        "reply", "fact", "AskHuman", "receipt", "processed", "crm"
    ]  # fmt: skip
    order = [line.text for line in told]
    sent, took, logged = (
        next(n for n, text in enumerate(order) if words in text)
        for words in ("was sent", "mail service took", "Planned the task")
    )
    assert sent < took < logged


def test_numbers_are_told_with_their_unit(ledger: Ledger) -> None:
    revenue = fact().model_copy(update={"name": "annual_revenue_usd", "value": 19_900_000_000})
    ledger.commit(Change(prospects=(person(facts={"annual_revenue_usd": revenue}),)))
    assert "annual revenue is US$ 19.9 billion" in ledger.story("00Q1")[0].text


def test_a_touch_is_told_by_what_it_does(ledger: Ledger) -> None:
    by_mail = {"channel": "email", "template": "approach_bump"}
    touched = decision().model_copy(update={"kind": "Touch", "detail": by_mail})
    ledger.commit(Change(prospects=(person(),), decisions=(touched,)))
    assert "decided: write an e-mail (approach bump), because" in ledger.story("00Q1")[0].text


def test_a_person_must_read_what_was_not_understood(ledger: Ledger) -> None:
    ledger.add_prospects([person()])
    ledger.receive([reply(prospect_key="00Q1", payload={"text": "ok " * 500})], NOW)
    ledger.note_understanding(("inbound", "m1"), too_dear().model_copy(update={"abstained": True, "said": ""}))
    (line,) = ledger.story("00Q1")
    assert "A person should read it" in line.text
    assert len(line.text) < 400


def test_a_stranger_has_no_story(ledger: Ledger) -> None:
    assert ledger.story("nobody") == []
