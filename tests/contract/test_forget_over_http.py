"""Over real HTTP: nothing of a person is left that we wrote, and nothing reaches them again, says the sandbox."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from closeloop.adapters.sendgrid.suppressions import SendGridStopLists
from closeloop.application.forget import forget, whom
from closeloop.domain.forgetting import Erasure
from tests.contract.plan_worlds import STEP, HttpWorld
from tests.fakes.services import DAY
from tests.sandbox.conftest import Sandbox


class Forgetting(HttpWorld):
    """A company in the middle of its work, with decks in the CRM and the provider's lists."""

    def __init__(self, sandbox: Sandbox, home: Path) -> None:
        super().__init__(sandbox, home)
        known = sandbox.line["sendgrid"]
        self.lists = SendGridStopLists(known["api_key"], known["host"])
        self.services = replace(self.services, stop_lists=self.lists)
        self.begin()
        self.run()
        self.wait(STEP)

    def rows(self, soql: str) -> list[Any]:
        return list(self.sandbox.rest("GET", "query", params={"q": soql}).json()["records"])

    def forget(self, who: str, *, delete_record: bool = False) -> Erasure:
        return forget(self.services, whom(self.services, who), self.now, delete_record=delete_record)

    def sent_to(self, address: str) -> int:
        return Counter(mail["to"] for mail in self.sent())[address]


@pytest.fixture
def world(sandbox_process: Sandbox, tmp_path: Path) -> Forgetting:
    return Forgetting(sandbox_process, tmp_path / "home")


def test_nothing_that_we_made_is_left_and_nobody_writes_to_them_again(world: Forgetting) -> None:
    person = world.people()[3]
    theirs = f"WhoId = '{person.key}'"
    world.sandbox.rest("POST", "sobjects/Task", json={"Subject": "Lunch", "WhoId": person.key})
    assert len(world.rows(f"SELECT Id FROM Task WHERE {theirs}")) > 1
    assert world.rows(f"SELECT Id FROM ContentDocumentLink WHERE LinkedEntityId = '{person.key}'")
    before = world.sent_to(person.email)

    done = world.forget(person.email)
    assert (done.waits, done.done_at) == ((), world.now)
    assert [row["Subject"] for row in world.rows(f"SELECT Subject FROM Task WHERE {theirs}")] == ["Lunch"]
    assert world.rows(f"SELECT Id FROM ContentDocumentLink WHERE LinkedEntityId = '{person.key}'") == []
    (lead,) = world.rows(
        "SELECT Closeloop_Stage__c, Closeloop_Score__c, Closeloop_Hold__c, Closeloop_Do_Not_Contact__c, "
        f"HasOptedOutOfEmail FROM Lead WHERE Id = '{person.key}'"
    )
    values = {name: value for name, value in lead.items() if name != "attributes"}
    assert values == {
        "Closeloop_Stage__c": None,
        "Closeloop_Score__c": None,
        "Closeloop_Hold__c": None,
        "Closeloop_Do_Not_Contact__c": True,
        "HasOptedOutOfEmail": True,
    }
    assert person.email in [entry.address for entry in world.lists.listed(None).entries]

    world.take_in(range(3, 4))
    for _ in range(8):
        world.run()
        world.wait(DAY)
    assert world.sent_to(person.email) == before
    assert world.ledger.find(person.email) == []
    assert sum(world.sent_to(p.email) for p in world.people()) > 0
    again = world.forget(person.email)
    assert (again.id, again.erased) == (done.id, done.without_ids().erased)


def test_answers_that_are_lost_on_the_way_leave_a_receipt_that_is_true(world: Forgetting) -> None:
    """The org deletes and the answer is cut off: what is said to be done is done, and the next call ends it."""
    person = world.people()[4]
    rules = [
        {"kind": "reset_after_commit", "match": {"method": "DELETE"}, "times": 1},
        {"kind": "server_error", "status": 503, "match": {"path": "/v3/asm/suppressions/global"}, "times": 1},
    ]
    world.sandbox.post_control("faults", {"rules": rules, "seed": 1})
    first = world.forget(person.email)
    assert any("stop list: answered 503" in line for line in first.waits)
    assert world.ledger.find(person.email)
    world.wait(timedelta(hours=1))
    done = world.forget(person.email)
    assert done.waits == ()
    assert world.ledger.find(person.email) == []
    assert world.rows(f"SELECT Id FROM Task WHERE WhoId = '{person.key}'") == []


def test_the_record_goes_too_when_somebody_asks_for_it(world: Forgetting) -> None:
    person = world.people()[2]
    done = world.forget(person.email, delete_record=True)
    assert done.waits == ()
    assert world.rows(f"SELECT Id FROM Lead WHERE Id = '{person.key}'") == []
