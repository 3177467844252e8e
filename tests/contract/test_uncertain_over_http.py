"""Over real HTTP, whatever becomes of the answer: each mail arrives once, and evidence says what happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from closeloop.adapters.sendgrid.events import event_signals
from closeloop.adapters.sendgrid.holding import MAILS_HELD_TOGETHER, Hold
from closeloop.adapters.sendgrid.mailer import SendGridMailer
from closeloop.application.mails_in_doubt import note_held
from closeloop.application.passes import run_to_the_end
from closeloop.application.ports import Evidence, HeldBatch, MailInDoubt, OutgoingMail, SendOutcome
from closeloop.domain.actions import ActionKind, ActionState
from closeloop.domain.signals import Signal, SignalKind
from tests.contract.plan_worlds import HttpWorld
from tests.contract.test_mail_evidence import delivered
from tests.sandbox.conftest import Sandbox
from tests.unit.domain.people import playbook

SEND = {"path": "/v3/mail/send"}
TAKEN: dict[str, dict[str, Any]] = {
    "the connection is reset after the request was taken": {
        "kind": "reset_after_commit",
        "match": SEND,
        "times": 1,
    },
    "the answer ends half-way": {"kind": "cut_body", "match": SEND, "times": 1},
}
NEVER_TAKEN: dict[str, dict[str, Any]] = {
    "a server error": {"kind": "server_error", "status": 503, "match": SEND, "times": 1},
    "the connection is reset before": {"kind": "reset_before", "match": SEND, "times": 1},
}
HOUR = timedelta(hours=1)


class Killed(BaseException):
    """Our process ends: nothing of ours catches it."""


class DiesAfterSending:
    """The provider takes the mails, and we are gone before we can write that down."""

    def __init__(self, real: SendGridMailer) -> None:
        self._real = real

    def ready(self) -> None:
        self._real.ready()

    def send(self, mails: Sequence[OutgoingMail]) -> list[SendOutcome]:
        self._real.send(mails)
        raise Killed

    def evidence(self, mails: Sequence[MailInDoubt]) -> Evidence:
        return self._real.evidence(mails)

    def call_back(self, batches: Sequence[HeldBatch]) -> frozenset[str]:
        return self._real.call_back(batches)


class Sending(HttpWorld):
    """A world whose first mails are planned and not sent yet."""

    def __init__(self, sandbox: Sandbox, home: Path, hold: timedelta | None = None) -> None:
        super().__init__(sandbox, home)
        known = sandbox.line["sendgrid"]
        noting = Hold(hold, lambda keys, batch: note_held(self.ledger, keys, batch, self.now)) if hold else None
        mailer = SendGridMailer(known["api_key"], playbook().sender, known["host"], self._seconds, noting)
        self.mailer = mailer
        self.services = replace(self.services, mailer=mailer, upload_decks=False)
        self.wait(timedelta(0))
        self.take_in(range(self.first))
        for name in ("pull", "prospecting", "preparation", "approach"):
            self.pass_(name)

    def _seconds(self) -> float:
        return self.now.timestamp()

    def pass_(self, name: str) -> dict[str, int]:
        return run_to_the_end(name, self.services, "run", self.now).counts

    def pass_time(self, duration: timedelta) -> None:
        """On both clocks, and the provider goes on working."""
        self.company.wait(duration)
        self.sandbox.post_control("advance", {"to": self.now.isoformat()})

    def struck_by(self, fault: dict[str, Any]) -> None:
        self.sandbox.post_control("faults", {"rules": [fault], "seed": 1})

    def states(self) -> Counter[str]:
        return Counter(self.ledger.state_counts()["email"])

    def everybody(self) -> list[str]:
        return sorted(f"anna{n}@firm{n}.example" for n in range(self.first))


@pytest.mark.parametrize("name", TAKEN)
def test_what_was_taken_without_an_answer_is_settled_by_the_provider_s_records(
    sandbox_process: Sandbox, tmp_path: Path, name: str
) -> None:
    world = Sending(sandbox_process, tmp_path / "home")
    world.struck_by(TAKEN[name])
    world.pass_("deliver")
    settled = {} if world.states() == {"accepted": world.first} else {"settled by read-back": world.first}
    world.pass_time(HOUR)
    world.pass_("deliver")
    found = world.pass_("reconcile")
    assert {key: found.get(key) for key in settled} == settled
    assert world.states() == {"accepted": world.first}
    assert delivered(sandbox_process) == world.everybody()


def test_what_was_sent_by_a_process_that_died_is_settled_by_its_events(
    sandbox_process: Sandbox, tmp_path: Path
) -> None:
    world = Sending(sandbox_process, tmp_path / "home")
    sandbox_process.post_control("sendgrid", {"activity": False, "logs": False})
    world.services = replace(world.services, mailer=DiesAfterSending(world.mailer))
    with pytest.raises(Killed):
        world.pass_("deliver")
    world.services = replace(world.services, mailer=world.mailer)
    world.pass_time(HOUR)
    assert world.pass_("reconcile")["leases expired"] == world.first
    assert world.pass_("deliver") == {}
    events = requests.get(f"{sandbox_process.control}/undelivered", timeout=30).json()
    world.ledger.receive(event_signals([event["body"] for event in events]), world.now)
    world.pass_("receive")
    assert world.states() == {"accepted": world.first}
    assert delivered(sandbox_process) == world.everybody()


@pytest.mark.parametrize("name", NEVER_TAKEN)
def test_silence_sends_nothing_again_unless_the_house_says_how_long_it_must_last(
    sandbox_process: Sandbox, tmp_path: Path, name: str
) -> None:
    world = Sending(sandbox_process, tmp_path / "home")
    world.struck_by(NEVER_TAKEN[name])
    world.pass_("deliver")
    assert world.states() == {"uncertain": world.first}
    world.pass_time(HOUR * 30)
    assert world.pass_("reconcile")["handed to a person"] == world.first
    assert world.pass_("deliver") == {}
    world.services = replace(world.services, absence_proves_after=HOUR)
    assert world.pass_("reconcile")["proved not sent"] == world.first
    world.pass_("deliver")
    world.pass_time(HOUR)
    assert delivered(sandbox_process) == world.everybody()


@pytest.mark.parametrize("fault", [*TAKEN.values(), *NEVER_TAKEN.values()], ids=[*TAKEN, *NEVER_TAKEN])
def test_held_mails_are_called_back_and_leave_once_without_any_record_to_read(
    sandbox_process: Sandbox, tmp_path: Path, fault: dict[str, Any]
) -> None:
    world = Sending(sandbox_process, tmp_path / "home", hold=HOUR)
    sandbox_process.post_control("sendgrid", {"activity": False, "logs": False})
    world.struck_by(fault)
    world.pass_("deliver")
    world.pass_("reconcile")
    world.pass_("deliver")
    world.pass_time(HOUR * 3)
    world.pass_("reconcile")
    assert world.states() == {"accepted": world.first}
    assert delivered(sandbox_process) == world.everybody()
    attempts = {action.attempt for action in world.ledger.in_state(ActionState.ACCEPTED, ActionKind.EMAIL, 99)}
    assert attempts <= {1, 2}


@pytest.mark.parametrize("said", ["unsubscribe", "interested", "words that break the reader"])
def test_a_reply_while_mails_are_held_calls_them_back_and_the_others_of_the_request_arrive_once(
    sandbox_process: Sandbox, tmp_path: Path, said: str
) -> None:
    """What was held when somebody answered never reaches them, whatever the provider had in its hands by then."""
    world = Sending(sandbox_process, tmp_path / "home", hold=HOUR)
    assert world.pass_("deliver")["handed over and held"] == world.first
    (who, *others) = world.everybody()
    world.pass_time(HOUR / 6)
    assert world.pass_("reconcile")["held by the mail provider"] == world.first
    assert delivered(sandbox_process) == []
    world.ledger.receive([answer_of(who, said, world.now)], world.now)
    counts = world.pass_("receive")
    assert counts.get("called back for an answer or a stop") == 1, counts
    assert counts["called back with it and planned again"] == min(world.first, MAILS_HELD_TOGETHER) - 1
    for _ in range(2):
        world.pass_("deliver")
        world.pass_time(HOUR * 2)
        world.pass_("reconcile")
    assert delivered(sandbox_process) == others
    assert world.states() == {"accepted": len(others), "skipped": 1}
    (person,) = world.ledger.find(who)
    assert "called back" in " ".join(line.text for line in world.ledger.story(person.key))


def answer_of(who: str, said: str, at: datetime) -> Signal:
    payload = {"subject": "Re: your mail", "text": said, "headers": ""}
    return Signal(
        id=f"m-{who}", source="inbound", kind=SignalKind.REPLY, occurred_at=at, address=who, payload=payload
    )
