"""Fixtures of the mail tests: a served sandbox, a webhook receiver, and addresses of known character."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from sandbox import agenda
from sandbox.buyers import models as buyers
from sandbox.buyers.chance import Chance
from sandbox.buyers.people import person_at
from sandbox.buyers.personas import draw
from sandbox.faults.script import Script, replace
from sandbox.sendgrid import tables as sendgrid
from sandbox.sendgrid.account import turn
from tests.sandbox.served import MailSandbox, Receiver, mail_sandbox, receiving

SEED = 7


@pytest.fixture(scope="session")
def mail_server() -> Iterator[MailSandbox]:
    with mail_sandbox(SEED) as served:
        yield served


@pytest.fixture(scope="session")
def receiver_server() -> Iterator[Receiver]:
    with receiving() as served:
        yield served


@pytest.fixture
def mail(mail_server: MailSandbox) -> MailSandbox:
    """The mail half of a sandbox in which nothing has happened yet, and in which only people open and click."""
    for forget in (sendgrid.reset, buyers.reset, agenda.reset):
        forget(mail_server.world)
    turn(mail_server.world, {"machine_opens": 0, "scanners": 0})
    replace(mail_server.world, Script())
    mail_server.world.journal.entries.clear()
    return mail_server


@pytest.fixture
def receiver(mail: MailSandbox, receiver_server: Receiver) -> Receiver:
    """A receiver that took nothing yet and is registered for all events and replies."""
    receiver_server.__dict__.update(vars(Receiver(url=receiver_server.url)))
    mail.register(receiver_server)
    return receiver_server


def addresses_of(persona: str, how_many: int, language: str = "en", seed: int = SEED) -> list[str]:
    """Addresses whose owner is a buyer of this kind and language under the seed."""
    found: list[str] = []
    for number in count():
        email = f"pat.jones{number}@company{number}.example"
        chance = Chance(seed, email)
        if draw(chance).name == persona and person_at(chance, email, "").language == language:
            found.append(email)
        if len(found) == how_many:
            return found
    raise AssertionError("unreachable")


def address_of(persona: str) -> str:
    return addresses_of(persona, 1)[0]
