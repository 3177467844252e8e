"""The two mailers of the contract suite, and invented mails for them."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any, Protocol

from closeloop.adapters.clock import SimulatedClock
from closeloop.adapters.sendgrid.mailer import SendGridMailer
from closeloop.application.ports import Mailer, OutgoingMail
from closeloop.domain.messages import RenderedMail
from tests.fakes.mailer import Does, MemoryMailer
from tests.sandbox.conftest import Sandbox
from tests.scripted_server import HANGUP, Answer, Hangup, ScriptedServer
from tests.unit.domain.people import NOW, playbook

BAD_REQUEST = Answer(400, json.dumps({"errors": [{"field": "personalizations.0.to", "message": "no address"}]}))
BUSY = Answer(429, json.dumps({"errors": [{"message": "too many requests"}]}))
OK = Answer(202, headers={"X-Message-Id": "message-1"})
SCRIPTED: dict[Does, Answer | Hangup] = {Does.REJECT: BAD_REQUEST, Does.RETRY: BUSY, Does.LOSE: HANGUP}


class Provider(Protocol):
    """A mailer with what became of its mails."""

    def mailer(self, does: Does) -> Mailer:
        """One whose next mail meets this fate."""
        ...

    def arrived(self) -> dict[str, tuple[str, str, str]]:
        """Our key to address, subject and hash of the text of every mail that arrived."""
        ...


class FakeProvider:
    """The fake the use cases are tested with."""

    def __init__(self) -> None:
        self._mailer = MemoryMailer(SimulatedClock(NOW))

    def mailer(self, does: Does) -> Mailer:
        self._mailer.then(does)
        return self._mailer

    def arrived(self) -> dict[str, tuple[str, str, str]]:
        return {mail.key: (mail.to, mail.subject, digest(mail.body)) for mail in self._mailer.arrived}


class SendGridProvider:
    """The real adapter: against the sandbox for what is accepted, against a written-down server for the rest."""

    def __init__(self, sandbox: Sandbox, script: ScriptedServer) -> None:
        self._sandbox, self._script = sandbox, script

    def mailer(self, does: Does) -> Mailer:
        if does is Does.ACCEPT:
            return sandbox_mailer(self._sandbox)
        self._script.then(SCRIPTED[does])
        return mailer_at(self._script.url)

    def arrived(self) -> dict[str, tuple[str, str, str]]:
        return arrived_at(self._sandbox)


def mailer_at(url: str, key: str = "SG.sandbox.key") -> SendGridMailer:
    return SendGridMailer(key, playbook().sender, url, NOW.timestamp)


def sandbox_mailer(sandbox: Sandbox) -> SendGridMailer:
    known = sandbox.line["sendgrid"]
    return mailer_at(known["host"], known["api_key"])


def arrived_at(sandbox: Sandbox) -> dict[str, tuple[str, str, str]]:
    mails = [mail for entry in sandbox.journal("sendgrid") for mail in entry["summary"]["messages"]]
    return {m["custom_args"]["action_key"]: (m["to"], m["subject"], m["text_sha256"]) for m in mails}


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def outgoing(number: int = 1, **fields: Any) -> OutgoingMail:
    text = f"Good morning, number {number}: 100 % of it is yours."
    values: dict[str, Any] = {
        "action_key": f"email:00Q{number}:approach:1:1",
        "to": f"m{number}@north.example",
        "mail": RenderedMail(subject=f"For number {number}", text=text, html=f"<p>{text}</p>"),
        "reply_to": f"reply+{number:030}@replies.tallyard.example",
        "stage": "approach",
    }
    return OutgoingMail(**(values | fields))
