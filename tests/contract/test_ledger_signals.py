"""What every ledger promises about signals and about whom not to write to."""

from __future__ import annotations

import pytest

from closeloop.application.ports import Change, Ledger
from closeloop.domain.actions import ActionState
from closeloop.domain.signals import Label, SignalKind
from tests.contract.ledger_samples import (
    MINUTE,
    NOW,
    claim,
    mail,
    person,
    plan,
    reply,
    settle,
    state_of,
    too_dear,
)


def test_a_webhook_delivered_five_times_is_one_signal(ledger: Ledger) -> None:
    assert ledger.receive([reply(), reply()], NOW) == 1
    assert [ledger.receive([reply(address="changed@x.test")], NOW) for _ in range(3)] == [0, 0, 0]
    assert ledger.waiting_signals(9) == [reply()]


def test_the_same_id_from_two_sources_is_two_signals(ledger: Ledger) -> None:
    assert ledger.receive([reply("1"), reply("1", source="sendgrid")], NOW) == 2
    ledger.note_understanding(("inbound", "1"), too_dear())
    ledger.commit(Change(handled_signals=(("inbound", "1"),)))
    assert [one.source for one in ledger.waiting_signals(9)] == ["sendgrid"]
    assert [signal.source for signal, _ in ledger.replies()] == ["inbound"]


def test_a_handled_signal_stays_handled_when_it_is_delivered_again(ledger: Ledger) -> None:
    ledger.receive([reply()], NOW)
    ledger.commit(Change(handled_signals=(("inbound", "m1"), ("inbound", "unknown"))))
    assert ledger.receive([reply()], NOW) == 0
    assert ledger.waiting_signals(9) == []


def test_signals_wait_in_order_of_occurrence_then_id(ledger: Ledger) -> None:
    ledger.receive([reply("c"), reply("b"), reply("z", occurred_at=NOW - MINUTE)], NOW)
    ledger.receive([reply("a", occurred_at=NOW + MINUTE)], NOW)
    assert [one.id for one in ledger.waiting_signals(9)] == ["z", "b", "c", "a"]
    assert [one.id for one in ledger.waiting_signals(2)] == ["z", "b"]


def test_a_signal_comes_back_as_it_was(ledger: Ledger) -> None:
    given = reply(
        address="Ana@North.Example", prospect_key="00Q1", payload={"text": "नमस्ते 🧵", "to": ["a", 1, None]}
    )
    ledger.receive([given], NOW)
    assert ledger.waiting_signals(9) == [given]


def test_what_was_heard_about_a_mail_is_found_also_after_it_was_handled(ledger: Ledger) -> None:
    about = reply("b", source="sendgrid", kind=SignalKind.DELIVERED, action_key="email:00Q1:approach:1")
    earlier = about.model_copy(update={"id": "c", "occurred_at": NOW - MINUTE})
    ledger.receive([about, earlier, reply("other"), reply("d", action_key="email:00Q2:approach:1")], NOW)
    ledger.commit(Change(handled_signals=(("sendgrid", "b"),)))
    assert ledger.signals_about(["email:00Q1:approach:1", "email:unknown"]) == [earlier, about]
    assert ledger.signals_about([]) == []


def test_a_character_that_a_database_cannot_hold_stops_no_batch(ledger: Ledger) -> None:
    odd = reply("odd", address="ana\x00@north.example", payload={"text": "nul \x00 here"})
    assert ledger.receive([reply(), odd], NOW) == 2
    assert [one.payload["text"] for one in ledger.waiting_signals(9) if one.id == "odd"] == ["nul \x00 here"]
    plan(ledger, mail())
    claim(ledger)
    assert settle(ledger, mail().key, ActionState.REJECTED, detail="refused \x00") == []
    assert state_of(ledger, mail().key) is ActionState.REJECTED


@pytest.mark.parametrize("kind", list(SignalKind))
def test_replies_and_stops_count_from_the_moment_they_are_stored(ledger: Ledger, kind: SignalKind) -> None:
    ana, stranger = person("00Q1"), person("00Q2", domain="far.example")
    ledger.add_prospects([ana, stranger])
    ledger.receive([reply(kind=kind, prospect_key="00Q1", address="Ana@Alias.example")], NOW)
    halting = kind in {
        SignalKind.REPLY,
        SignalKind.BOUNCED,
        SignalKind.SPAM_REPORT,
        SignalKind.UNSUBSCRIBED,
    }
    assert ledger.halted([ana, stranger]) == ({ana.key} if halting else set())


def test_a_reply_known_by_its_address_or_by_its_mail_only_halts_as_well(ledger: Ledger) -> None:
    plan(ledger, mail("00Q1"))
    bo, other = person("00Q2", email="Bo@b.example", domain="b.example"), person("00Q3", domain="c.example")
    ledger.add_prospects([bo, other])
    ledger.receive([reply("1", action_key=mail("00Q1").key), reply("2", address="bo@B.example")], NOW)
    assert ledger.halted([person("00Q1"), bo, other]) == {"00Q1", "00Q2"}


def test_a_reply_halts_the_colleagues_of_its_writer(ledger: Ledger) -> None:
    ana, cleo = person("00Q1"), person("00Q2")
    free_mail = person("00Q3", domain=None)
    ledger.add_prospects([ana, cleo, free_mail])
    ledger.receive([reply(prospect_key="00Q1")], NOW)
    assert ledger.halted([cleo, free_mail]) == {"00Q2"}
    ledger.receive([reply("m2", prospect_key="00Q3")], NOW)
    assert ledger.halted([free_mail, person("00Q4", domain=None)]) == {"00Q3"}


def test_a_handled_reply_halts_no_longer(ledger: Ledger) -> None:
    ana, cleo = person("00Q1", domain="a.example"), person("00Q2", domain="c.example")
    ledger.add_prospects([ana, cleo])
    ledger.receive([reply(prospect_key="00Q1"), reply("m2", prospect_key="00Q2")], NOW)
    ledger.commit(Change(handled_signals=(("inbound", "m1"),)))
    assert ledger.halted([ana, cleo]) == {"00Q2"}


def test_replies_come_with_what_was_understood_last(ledger: Ledger) -> None:
    ledger.receive([reply("m2"), reply("m1"), reply("m3", kind=SignalKind.BOUNCED), reply("m4")], NOW)
    guess = too_dear().model_copy(update={"primary": Label.OTHER, "abstained": True})
    for signal_id in ("m2", "m1", "m3", "unknown"):
        ledger.note_understanding(("inbound", signal_id), guess)
    ledger.note_understanding(("inbound", "m1"), too_dear())
    assert ledger.replies() == [(reply("m1"), too_dear()), (reply("m2"), guess)]


def test_an_address_stays_suppressed_for_its_first_reason(ledger: Ledger) -> None:
    ledger.suppress("Ana@North.example", "unsubscribed", NOW)
    ledger.suppress("ana@north.example", "bounced", NOW)
    assert ledger.suppressed(["ANA@NORTH.EXAMPLE", "b@b.example"]) == {"ana@north.example": "unsubscribed"}


def test_a_signal_about_a_stranger_is_kept(ledger: Ledger) -> None:
    ledger.receive([reply(prospect_key="nobody", action_key="email:nobody:x:1")], NOW)
    ledger.add_prospects([person()])
    assert len(ledger.waiting_signals(9)) == 1
