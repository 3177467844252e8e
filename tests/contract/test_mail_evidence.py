"""Over real HTTP: what SendGrid's own records prove about a mail in doubt, and mails called back in time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests

from closeloop.adapters.sendgrid.holding import Hold
from closeloop.adapters.sendgrid.mailer import SendGridMailer
from closeloop.application.ports import HeldBatch, MailInDoubt, OutgoingMail
from closeloop.domain.actions import ActionState
from tests.contract.mail_providers import arrived_at, outgoing
from tests.sandbox.conftest import Sandbox
from tests.scripted_server import HANGUP, scripted_server
from tests.unit.domain.people import NOW, playbook

UNCERTAIN = ActionState.UNCERTAIN
HOUR = timedelta(hours=1)
AFTER_COMMIT = {"kind": "reset_after_commit", "match": {"path": "/v3/mail/send"}, "times": 1}
BEFORE = {"kind": "reset_before", "match": {"path": "/v3/mail/send"}, "times": 1}


class Provider:
    """The adapter on the sandbox, whose clock it reads, with the batches it noted."""

    def __init__(self, sandbox: Sandbox, hold: timedelta | None = None) -> None:
        self.sandbox = sandbox
        self.noted: dict[str, HeldBatch] = {}
        known = sandbox.line["sendgrid"]
        holding = Hold(hold, self._note) if hold else None
        self.mailer = SendGridMailer(known["api_key"], playbook().sender, known["host"], self._seconds, holding)

    @property
    def now(self) -> datetime:
        answer = requests.get(f"{self.sandbox.control}/clock", timeout=30)
        return datetime.fromisoformat(answer.json()["now"])

    def _seconds(self) -> float:
        return self.now.timestamp()

    def _note(self, keys: Sequence[str], batch: HeldBatch) -> None:
        self.noted |= dict.fromkeys(keys, batch)

    def faults(self, *rules: dict[str, Any]) -> None:
        self.sandbox.post_control("faults", {"rules": list(rules), "seed": 1})

    def wait(self, duration: timedelta) -> None:
        self.sandbox.post_control("advance", {"to": (self.now + duration).isoformat()})

    def lose(self, mails: Sequence[OutgoingMail], fault: dict[str, Any]) -> list[MailInDoubt]:
        """Hand these over so that no answer comes."""
        self.faults(fault)
        since = self.now
        outcomes = self.mailer.send(mails)
        assert {outcome.state for outcome in outcomes} == {UNCERTAIN}
        return [
            MailInDoubt(action_key=m.action_key, attempt=m.attempt, to=m.to, subject=m.mail.subject, since=since)
            for m in mails
        ]


@pytest.fixture
def provider(sandbox: Sandbox) -> Provider:
    return Provider(sandbox)


@pytest.mark.parametrize("source", [{"activity": True}, {"activity": False, "logs": True}])
def test_the_provider_s_records_tell_mails_it_has_from_those_it_never_got(
    provider: Provider, source: dict[str, bool]
) -> None:
    there = provider.lose([outgoing(1), outgoing(2)], AFTER_COMMIT)
    not_there = provider.lose([outgoing(3), outgoing(4)], BEFORE)
    provider.sandbox.post_control("sendgrid", source)
    early = provider.mailer.evidence(there)
    assert early.accepted == {}, "the records are a minute behind"
    provider.wait(HOUR)
    found = provider.mailer.evidence([*there, *not_there])
    assert found.accepted.keys() == {mail.action_key for mail in there}
    assert found.absent == {mail.action_key for mail in not_there}
    assert found.silence == ""
    assert all(found.accepted.values())


def test_another_mail_to_the_same_person_under_the_same_subject_is_no_proof(provider: Provider) -> None:
    (doubtful,) = provider.lose([outgoing(1)], BEFORE)
    provider.mailer.send([outgoing(1, action_key="email:00Q1:approach:1:2")])
    provider.mailer.send([outgoing(1, attempt=2)])
    provider.wait(HOUR)
    found = provider.mailer.evidence([doubtful])
    assert (found.accepted, found.absent) == ({}, frozenset({doubtful.action_key}))


def test_an_account_without_the_records_is_no_evidence_at_all(provider: Provider) -> None:
    doubtful = provider.lose([outgoing(1)], AFTER_COMMIT)
    provider.sandbox.post_control("sendgrid", {"activity": False, "logs": False})
    provider.wait(HOUR)
    found = provider.mailer.evidence(doubtful)
    assert (found.accepted, found.absent) == ({}, frozenset())
    assert found.silence == "Activity: answered 403; Logs: answered 403"


def test_what_was_learned_before_the_records_fell_silent_still_counts(provider: Provider) -> None:
    doubtful = provider.lose([outgoing(n) for n in range(25)], AFTER_COMMIT)
    provider.sandbox.post_control("sendgrid", {"readback_per_minute": 13})
    provider.wait(HOUR)
    found = provider.mailer.evidence(doubtful)
    assert 10 <= len(found.accepted) < 25
    assert found.absent == frozenset()
    assert "429" in found.silence


def test_a_server_that_hangs_up_is_no_evidence() -> None:
    with scripted_server() as script:
        script.then(HANGUP, HANGUP)
        mailer = SendGridMailer("SG.key", playbook().sender, script.url, lambda: 0.0)
        doubtful = MailInDoubt(action_key="email:00Q1:a:1", attempt=1, to="a@b.example", subject="s", since=NOW)
        found = mailer.evidence([doubtful])
    assert (found.accepted, found.absent) == ({}, frozenset())
    assert "no answer" in found.silence


@pytest.mark.parametrize("fault", [AFTER_COMMIT, BEFORE])
def test_a_held_request_whose_answer_was_lost_is_called_back_and_each_mail_leaves_once(
    sandbox: Sandbox, fault: dict[str, Any]
) -> None:
    provider = Provider(sandbox, hold=HOUR)
    mails = [outgoing(n) for n in range(3)]
    provider.lose(mails, fault)
    batches = {provider.noted[mail.action_key].id for mail in mails}
    assert len(batches) == 1
    assert provider.mailer.call_back([provider.noted[mail.action_key] for mail in mails]) == batches
    assert provider.mailer.call_back([provider.noted[mail.action_key] for mail in mails]) == batches, "asked again"
    provider.mailer.send([mail.model_copy(update={"attempt": 2}) for mail in mails])
    provider.wait(HOUR * 3)
    assert delivered(sandbox) == sorted(mail.to for mail in mails)


def test_too_late_or_unconfirmed_a_batch_counts_as_gone(sandbox: Sandbox) -> None:
    provider = Provider(sandbox, hold=HOUR)
    provider.lose([outgoing(1)], AFTER_COMMIT)
    batch = provider.noted[outgoing(1).action_key]
    assert provider.mailer.call_back([HeldBatch(id="unknown", leaves_at=batch.leaves_at)]) == frozenset()
    provider.faults({"kind": "server_error", "match": {"path": "/v3/user/scheduled_sends"}})
    assert provider.mailer.call_back([batch]) == frozenset()
    requests.delete(f"{sandbox.control}/faults", timeout=30).raise_for_status()
    provider.wait(HOUR - timedelta(minutes=9))
    assert provider.mailer.call_back([batch]) == frozenset()
    provider.wait(HOUR)
    assert delivered(sandbox) == [outgoing(1).to]


def test_without_a_batch_nothing_is_handed_over(sandbox: Sandbox) -> None:
    provider = Provider(sandbox, hold=HOUR)
    provider.faults({"kind": "server_error", "match": {"path": "/v3/mail/batch"}})
    (outcome,) = provider.mailer.send([outgoing(1)])
    assert (outcome.state, provider.noted) == (ActionState.PLANNED, {})
    assert arrived_at(sandbox) == {}


def test_each_request_has_a_batch_of_its_own(sandbox: Sandbox) -> None:
    provider = Provider(sandbox, hold=HOUR)
    bad = outgoing(2, to="not an address")
    outcomes = provider.mailer.send([outgoing(1), bad, outgoing(3), outgoing(4)])
    states = {outcome.action_key: outcome.state for outcome in outcomes}
    assert states.pop(bad.action_key) is ActionState.REJECTED
    assert set(states.values()) == {ActionState.UNCERTAIN}
    taken = {one.action_key: one.held for one in outcomes if one.held}
    assert taken == {key: provider.noted[key] for key in states}
    assert len({provider.noted[key].id for key in states}) > 1


def delivered(sandbox: Sandbox) -> list[str]:
    """Addresses whose servers were handed a mail, once for each mail: every event waits, for want of a webhook."""
    events = requests.get(f"{sandbox.control}/undelivered", timeout=30).json()
    return sorted(event["address"] for event in events if event["name"] in {"delivered", "bounce", "blocked"})
