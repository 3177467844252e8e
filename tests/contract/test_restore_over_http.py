"""A ledger that was restored sends nobody anything a second time, whatever was lost, says the sandbox's journal."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from closeloop.adapters.ledger import open_ledger
from closeloop.adapters.ledger.backup import write_backup
from closeloop.adapters.ledger.restore import Restored, restore
from closeloop.application.forget import forget, whom
from closeloop.application.mails_in_doubt import MAILS
from closeloop.application.passes import PASSES, run_to_the_end
from closeloop.application.ports import Evidence, HeldBatch, MailInDoubt, OutgoingMail, SendOutcome
from closeloop.application.settle_by_hand import settle_by_hand
from closeloop.domain.actions import ActionKind, ActionState
from closeloop.domain.signals import Label
from tests.contract.plan_worlds import STEP, HttpWorld
from tests.fakes.services import DAY
from tests.sandbox.conftest import Sandbox


class NoRecords:
    """A provider that is not paid for its records."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def ready(self) -> None:
        self._real.ready()

    def send(self, mails: Sequence[OutgoingMail]) -> list[SendOutcome]:
        return list(self._real.send(mails))

    def evidence(self, mails: Sequence[MailInDoubt]) -> Evidence:
        return Evidence(silence="Activity: answered 403")

    def call_back(self, batches: Sequence[HeldBatch]) -> frozenset[str]:
        return frozenset()


class Lived(HttpWorld):
    """A company whose ledger is a file: backed up on day 4, and alive for some days after that."""

    def __init__(self, sandbox: Sandbox, home: Path) -> None:
        super().__init__(sandbox, home)
        self.home = home
        self.records = self.services.mailer
        self.services = replace(self.services, upload_decks=False, mailer=NoRecords(self.services.mailer))
        self.open()
        self.begin()
        self.run()
        self.file = home.parent / "backup.zip"
        write_backup(self.ledger, {"secret": self.services.secret.encode()}, self.file, self.now)
        self.wait(STEP + DAY)

    def open(self) -> None:
        self.ledger = open_ledger(self.home / "ledger.db")
        self.services = replace(self.services, ledger=self.ledger)

    def pass_(self, name: str) -> dict[str, int]:
        return run_to_the_end(name, self.services, "run", self.now).counts

    def restore(self, *, lost: bool) -> Restored:
        self.ledger.close()
        if lost:
            for path in self.home.glob("ledger.db*"):
                path.unlink()
        found = restore(self.file, self.home / "ledger.db", self.now, None, force=not lost)
        self.open()
        return found

    def keys(self) -> Counter[str]:
        """Each mail that was taken, by our key."""
        return Counter(mail["custom_args"]["action_key"] for mail in self.sent())

    def said(self) -> Counter[tuple[str, str]]:
        """Each mail that was taken, by its reader and its words."""
        return Counter((mail["to"], mail["text_sha256"]) for mail in self.sent())

    def no_twice(self) -> bool:
        return max(self.keys().values()) == max(self.said().values()) == 1

    def in_doubt(self) -> list[str]:
        return [mail.key for mail in self.ledger.in_state(ActionState.UNCERTAIN, ActionKind.EMAIL, MAILS)]

    def days(self, number: int) -> None:
        for _ in range(number):
            self.run()
            self.wait(DAY)


@pytest.fixture
def lived(sandbox_process: Sandbox, tmp_path: Path) -> Lived:
    return Lived(sandbox_process, tmp_path / "home")


def test_after_a_lost_ledger_nothing_is_sent_twice_and_the_logs_in_the_crm_tell_what_was_sent(lived: Lived) -> None:
    """Also to people who were first read in, and first written to, after the backup."""
    before = lived.keys()
    lived.take_in(range(7, 9))
    lived.run()
    lived.wait(STEP)
    lived.run()
    sent = lived.keys()
    assert len(sent) > len(before) + 2
    lived.restore(lost=True)
    lived.days(12)
    assert lived.no_twice()
    known = lived.ledger.state_counts()["email"]["accepted"]
    assert known >= len(sent)
    assert len(lived.keys()) == known


def test_a_mail_whose_log_was_lost_too_waits_for_evidence_and_is_not_sent_again(lived: Lived) -> None:
    for name in PASSES:
        if name != "sync":
            lived.pass_(name)
    sent = lived.keys()
    lived.restore(lost=True)
    lived.days(3)
    assert lived.no_twice()
    unlogged = set(lived.in_doubt()) & set(sent)
    assert unlogged
    lived.services = replace(lived.services, mailer=lived.records)
    assert lived.pass_("reconcile")["settled by read-back"] >= len(unlogged)
    assert not set(lived.in_doubt()) & set(sent)
    assert lived.no_twice()


def test_what_was_never_sent_goes_out_once_somebody_or_the_provider_says_so(lived: Lived) -> None:
    """Nothing happened between the backup and the restore: whoever waits gets the mail in the end, once."""
    lived.restore(lost=True)
    before = lived.keys()
    lived.run()
    doubtful = lived.in_doubt()
    assert doubtful
    assert lived.keys() == before
    first, *others = doubtful
    settle_by_hand(lived.services, first, sent=False, by="Ines", why="I looked", now=lived.now)
    lived.services = replace(lived.services, mailer=lived.records, absence_proves_after=timedelta(hours=1))
    lived.wait(DAY)
    assert lived.pass_("reconcile")["proved not sent"] == len(others)
    lived.days(3)
    assert set(doubtful) <= set(lived.keys())
    assert lived.no_twice()


def test_a_no_that_came_after_the_backup_still_stops_and_who_was_forgotten_stays_forgotten(lived: Lived) -> None:
    stopped, gone, *_ = [person for person in lived.people() if person.mails and person.standing.may_be_written_to]
    lived.ledger.receive([lived.company.reply(stopped, Label.UNSUBSCRIBE)], lived.now)
    forget(lived.services, whom(lived.services, gone.email), lived.now)
    found = lived.restore(lost=False)
    assert found.forgotten_again == 1
    to = Counter(mail["to"] for mail in lived.sent())
    lived.days(10)
    after = Counter(mail["to"] for mail in lived.sent())
    assert (after[stopped.email], after[gone.email]) == (to[stopped.email], to[gone.email])
    assert gone.email not in [person.email for person in lived.people()]
    assert lived.no_twice()


def test_the_judge_sees_a_ledger_that_was_put_back_without_a_word(lived: Lived) -> None:
    """What these tests would say of a plain copy of the file."""
    lived.run()
    lived.ledger.close()
    for path in lived.home.glob("ledger.db*"):
        path.unlink()
    with zipfile.ZipFile(lived.file) as archive:
        (lived.home / "ledger.db").write_bytes(archive.read("ledger.db"))
    lived.open()
    lived.days(3)
    assert not lived.no_twice()
