"""A backup is whole or none; a ledger that was restored sends nobody anything a second time, whatever was lost."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from closeloop.adapters.ledger import SqlLedger, open_ledger
from closeloop.adapters.ledger.backup import read_backup, write_backup
from closeloop.adapters.ledger.restore import Restored, restore
from closeloop.adapters.ledger.restoring import gap_since, mark_uncertain
from closeloop.application.forget import forget, whom
from closeloop.application.mails_in_doubt import MAILS
from closeloop.application.passes import PASSES, run_to_the_end
from closeloop.application.ports import Evidence, HeldBatch, MailInDoubt, OutgoingMail, SendOutcome
from closeloop.application.settle_by_hand import settle_by_hand
from closeloop.domain.actions import ActionKind, ActionState
from closeloop.domain.errors import LedgerUnavailable, UsageError
from closeloop.domain.signals import Label
from tests.contract.ledger_samples import (
    LEASE,
    NOW,
    claim,
    mail,
    moves_of,
    person,
    plan,
    reply,
    settle,
    state_of,
    task,
)
from tests.contract.plan_worlds import STEP, HttpWorld
from tests.fakes.services import DAY
from tests.sandbox.conftest import Sandbox

SECRETS = {"secret": b"s" * 64, "webhook_token": b"t" * 64}
MONTH = timedelta(days=30)


def backed_up(ledger: SqlLedger, folder: Path, secrets: dict[str, bytes] = SECRETS) -> Path:
    file = folder / "backup.zip"
    write_backup(ledger, secrets, file, NOW)
    return file


@pytest.fixture
def home(tmp_path: Path) -> Path:
    made = tmp_path / "home"
    made.mkdir()
    return made


@pytest.fixture
def backup(home: Path, tmp_path: Path) -> Path:
    """Of a ledger that is gone since: 00Q1 was sent a mail, 00Q2 waits, a worker holds 00Q3, 00Q4 is for later."""
    ledger = open_ledger(home / "ledger.db")
    plan(ledger, mail("00Q1"), mail("00Q3"))
    claim(ledger)
    settle(ledger, mail("00Q1").key, ActionState.ACCEPTED)
    plan(ledger, mail("00Q2"), mail("00Q4", due_at=NOW + MONTH), task("00Q2"))
    file = backed_up(ledger, tmp_path)
    ledger.close()
    return file


def restored(file: Path, home: Path, *, force: bool = False, secret: str | None = None) -> Restored:
    return restore(file, home / "ledger.db", NOW + DAY, secret, force=force)


def without_ledger(home: Path) -> None:
    for path in home.iterdir():
        path.unlink()


# the file


def test_a_backup_is_taken_while_others_write_and_holds_what_was_committed(home: Path, tmp_path: Path) -> None:
    ledger, other = open_ledger(home / "ledger.db"), open_ledger(home / "ledger.db")
    plan(ledger, mail("00Q1"))
    with other._database.write() as writing:
        writing.exec_driver_sql("DELETE FROM cursors")
        contents, files = read_backup(backed_up(ledger, tmp_path))
    assert (contents.prospects, contents.made_at) == (1, NOW)
    assert {name: files[name] for name in SECRETS} == SECRETS
    (tmp_path / "copy.db").write_bytes(files["ledger.db"])
    assert open_ledger(tmp_path / "copy.db").prospects(["00Q1"]) == {"00Q1": person("00Q1")}
    assert (tmp_path / "backup.zip").stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file() and "copy" not in path.name) == [
        "backup.zip"
    ]


def test_a_backup_that_cannot_be_written_leaves_nothing_behind(home: Path, tmp_path: Path) -> None:
    ledger = open_ledger(home / "ledger.db")
    with pytest.raises(UsageError, match="cannot be written to"):
        write_backup(ledger, {}, tmp_path / "nowhere" / "b.zip", NOW)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home"]


@pytest.mark.parametrize("damage", ["cut", "changed", "no zip", "another zip", "gone"])
def test_a_file_that_is_no_whole_backup_is_refused_and_nothing_is_touched(
    backup: Path, home: Path, damage: str
) -> None:
    before = (home / "ledger.db").read_bytes()
    content = backup.read_bytes()
    if damage == "cut":
        backup.write_bytes(content[: len(content) // 2])
    elif damage == "changed":
        _tamper(backup)
    elif damage == "no zip":
        backup.write_text("hello", encoding="utf-8")
    elif damage == "another zip":
        with zipfile.ZipFile(backup, "w") as archive:
            archive.writestr("a.txt", "hello")
    else:
        backup.unlink()
    with pytest.raises(UsageError, match="backup"):
        restored(backup, home, force=True)
    assert (home / "ledger.db").read_bytes() == before
    assert sorted(path.name for path in home.iterdir()) == ["ledger.db"]


def _tamper(file: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    files["ledger.db"] = files["ledger.db"].replace(b"North Mills", b"Worth Mills")
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)


def test_a_backup_of_a_newer_closeloop_is_refused_by_name(backup: Path, home: Path) -> None:
    with zipfile.ZipFile(backup) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    files["contents.json"] = files["contents.json"].replace(b'"schema_version": ', b'"schema_version": 9')
    with zipfile.ZipFile(backup, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    with pytest.raises(UsageError, match="newer Closeloop"):
        restored(backup, home, force=True)


# the swap


def test_a_live_ledger_is_replaced_only_when_forced_and_is_kept(backup: Path, home: Path) -> None:
    later = open_ledger(home / "ledger.db")
    plan(later, mail("00Q9"))
    later.close()
    with pytest.raises(UsageError, match="say --force"):
        restored(backup, home)
    found = restored(backup, home, force=True)
    assert open_ledger(home / "ledger.db").prospects(["00Q9"]) == {}
    assert found.replaced is not None
    assert open_ledger(found.replaced).prospects(["00Q9"])


def test_a_ledger_that_somebody_has_open_is_not_replaced(backup: Path, home: Path) -> None:
    worker = open_ledger(home / "ledger.db")
    worker.prospects(["00Q1"])
    with pytest.raises(LedgerUnavailable, match="in use: stop every worker"):
        restored(backup, home, force=True)
    worker.close()
    assert restored(backup, home, force=True).replaced


def test_a_ledger_that_is_damaged_can_be_replaced(backup: Path, home: Path) -> None:
    (home / "ledger.db").write_bytes(b"no database at all" * 1000)
    (home / "ledger.db-wal").write_bytes(b"left behind")
    found = restored(backup, home, force=True)
    assert (found.carried_over, found.prospects) == ({}, 4)
    assert open_ledger(home / "ledger.db").prospects(["00Q1"])
    assert Path(f"{found.replaced}-wal").read_bytes() == b"left behind"


def test_secrets_come_back_and_others_are_kept_beside(backup: Path, home: Path) -> None:
    without_ledger(home)
    (home / "secret").write_bytes(b"another")
    found = restored(backup, home)
    assert (home / "secret").read_bytes() == SECRETS["secret"]
    assert (home / "webhook_token").read_bytes() == SECRETS["webhook_token"]
    assert (home / "secret").stat().st_mode & 0o777 == 0o600
    assert [Path(place).read_bytes() for place in found.secrets_replaced] == [b"another"]


def test_a_crash_before_the_swap_leaves_the_ledger_as_it_was(
    backup: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = open_ledger(home / "ledger.db")
    plan(later, mail("00Q9"))
    later.close()
    with monkeypatch.context() as broken:
        broken.setattr("closeloop.adapters.ledger.restore.as_one_file", _killed)
        with pytest.raises(KeyboardInterrupt):
            restored(backup, home, force=True)
    assert open_ledger(home / "ledger.db").prospects(["00Q9"])


def _killed(place: Path) -> None:
    raise KeyboardInterrupt


# what is in doubt afterwards


def test_what_was_due_or_held_is_in_doubt_and_what_was_done_or_is_for_later_is_not(
    backup: Path, home: Path
) -> None:
    without_ledger(home)
    found = restored(backup, home)
    ledger = open_ledger(home / "ledger.db")
    states = {key: state_of(ledger, mail(key).key) for key in ("00Q1", "00Q2", "00Q3", "00Q4")}
    assert states == {
        "00Q1": ActionState.ACCEPTED,
        "00Q2": ActionState.UNCERTAIN,
        "00Q3": ActionState.UNCERTAIN,
        "00Q4": ActionState.PLANNED,
    }
    assert found.doubt.actions == {"email": 2, "task": 1}
    assert moves_of(ledger, "00Q3")[-1] == ("claimed", "uncertain")
    assert moves_of(ledger, "00Q2")[-2:] == [("planned", "claimed"), ("claimed", "uncertain")]
    assert claim(ledger, now=NOW + DAY) == []
    assert ledger.doubted(["00Q1", "00Q2"]) == {"00Q1", "00Q2"}


def test_marking_twice_marks_once(backup: Path, home: Path) -> None:
    without_ledger(home)
    restored(backup, home)
    ledger = open_ledger(home / "ledger.db")
    assert mark_uncertain(ledger, gap_since(NOW, NOW + DAY)).actions == {}


def test_a_database_that_was_restored_by_other_means_is_marked_alike(postgres_url: str) -> None:
    ledger = open_ledger(postgres_url)
    plan(ledger, mail("00Q1"), mail("00Q2"), mail("00Q4", due_at=NOW + MONTH))
    claim(ledger, limit=1)
    found = mark_uncertain(ledger, gap_since(NOW, NOW + LEASE))
    assert (found.actions, found.people) == ({"email": 2}, 3)
    assert ledger.state_counts() == {"email": {"planned": 1, "uncertain": 2}}
    ledger.close()


def test_what_people_said_since_is_carried_over_from_a_ledger_that_can_be_read(backup: Path, home: Path) -> None:
    later = open_ledger(home / "ledger.db")
    later.receive([reply("late", prospect_key="00Q1"), reply("stop", address="00q2@north.example")], NOW)
    later.suppress("00q2@north.example", "asked us to stop", NOW, tell=True)
    later.close()
    found = restored(backup, home, force=True)
    ledger = open_ledger(home / "ledger.db")
    assert found.carried_over == {"signals": 2, "suppressions": 1}
    assert [signal.id for signal in ledger.waiting_signals(9)] == ["late", "stop"]
    assert ledger.suppressed(["00q2@north.example"])
    assert ledger.to_tell(9) == ["00q2@north.example"]


# over real HTTP: what the sandbox's journal says


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
