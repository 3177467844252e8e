"""Counts and steps for people who watch, on every ledger."""

from __future__ import annotations

from closeloop.application.desk_port import Happened, MailHealth
from closeloop.application.ports import Change, Ledger
from closeloop.domain.actions import ActionState
from closeloop.domain.signals import SignalKind
from closeloop.domain.stage import Stage, Standing
from tests.contract.ledger_samples import MINUTE, NOW, claim, decision, mail, person, plan, reply, settle
from tests.contract.test_ledger_sending import wish


def test_prospects_are_counted_by_stage_and_standing(ledger: Ledger) -> None:
    lost = person("00Q3", stage=Stage.CLOSING, standing=Standing.LOST)
    ledger.add_prospects([person("00Q1"), person("00Q2"), lost])
    assert ledger.funnel() == {"prospecting": {"open": 2}, "closing": {"lost": 1}}


def test_the_mails_of_a_day_are_counted_by_mailbox(ledger: Ledger) -> None:
    plan(ledger, mail("00Q1"))
    asked = wish("00Q1")
    slot = ledger.take_slots([asked], NOW)[asked.action_key]
    assert slot is not None
    assert ledger.slots_taken(str(slot.day)) == {asked.mailbox: 1}
    assert ledger.slots_taken("1999-01-01") == {}


def test_the_steps_of_a_run_are_its_moves_and_the_mails_that_ended_then(ledger: Ledger) -> None:
    plan(ledger, mail("00Q1"), mail("00Q2"))
    moved = decision("00Q1", kind="Advance", rule="approach.meeting")
    held, other = decision("00Q1", kind="Hold"), decision("00Q2", kind="Advance", run_id="run-2")
    ledger.commit(Change(decisions=(moved, held, other)))
    claim(ledger)
    settle(ledger, mail("00Q1").key, ActionState.ACCEPTED, NOW + MINUTE)
    settle(ledger, mail("00Q2").key, ActionState.ACCEPTED, NOW + 2 * MINUTE)
    found = ledger.steps_of("run-1", NOW + MINUTE, 9)
    assert found == [
        Happened(prospect_key="00Q1", what="approach.meeting"),
        Happened(prospect_key="00Q1", what="approach.mail_accepted"),
    ]
    assert ledger.steps_of("run-1", NOW + MINUTE, 1) == found[:1]


def test_complaints_are_counted_once_a_mail_by_mailbox(ledger: Ledger) -> None:
    mails = [mail(key, mailbox="me@seller.example") for key in ("00Q1", "00Q2")]
    plan(ledger, *mails)
    claim(ledger)
    for one in mails:
        settle(ledger, one.key, ActionState.ACCEPTED)
    spam = {"kind": SignalKind.SPAM_REPORT, "source": "sendgrid", "action_key": mails[0].key}
    ledger.receive([reply("s1", **spam), reply("s2", **spam)], NOW)
    assert ledger.complaints(NOW) == {"me@seller.example": MailHealth(sent=2, reported=1)}
    assert ledger.complaints(NOW)["me@seller.example"].rate == 0.5
    assert ledger.complaints(NOW + MINUTE) == {}
