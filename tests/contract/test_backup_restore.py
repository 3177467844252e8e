"""A backup is whole or none; a restore swaps in one step and puts in doubt what may have been done since."""

from __future__ import annotations

import zipfile
from datetime import timedelta
from pathlib import Path

import pytest

from closeloop.adapters.ledger import SqlLedger, open_ledger
from closeloop.adapters.ledger.backup import read_backup, write_backup
from closeloop.adapters.ledger.restore import Restored, restore
from closeloop.adapters.ledger.restoring import gap_since, mark_uncertain
from closeloop.domain.actions import ActionState
from closeloop.domain.errors import LedgerUnavailable, UsageError
from closeloop.domain.restored import Gap, gap_of
from tests.contract.ledger_samples import (
    LEASE,
    MINUTE,
    NOW,
    claim,
    mail,
    moves_of,
    person,
    plan,
    receipt,
    reply,
    settle,
    state_of,
    task,
)
from tests.contract.test_ledger_approvals import gated, yes
from tests.fakes.services import DAY
from tests.postgres import Server

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


@pytest.mark.parametrize("became", [b'"last_name":"Mor\xff\xfeu', b'"last_name"-"Moreau'])
def test_a_ledger_with_a_row_that_makes_no_sense_is_not_called_a_backup(
    home: Path, tmp_path: Path, became: bytes
) -> None:
    ledger = open_ledger(home / "ledger.db")
    ledger.add_prospects([person("00Q1")])
    ledger.close()
    content = (home / "ledger.db").read_bytes()
    assert content.count(b'"last_name":"Moreau') == 1
    (home / "ledger.db").write_bytes(content.replace(b'"last_name":"Moreau', became))
    ledger = open_ledger(home / "ledger.db")
    with pytest.raises(LedgerUnavailable, match=f"{home / 'ledger.db'} is damaged"):
        backed_up(ledger, tmp_path)
    assert list(tmp_path.glob("*backup*")) == []
    ledger.close()


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


def test_a_mail_that_waited_for_an_approval_may_have_been_sent_before_it_was_due(
    home: Path, tmp_path: Path
) -> None:
    ledger = open_ledger(home / "ledger.db")
    approval = gated(ledger)
    file = backed_up(ledger, tmp_path)
    ledger.answer_approval(yes(approval))
    assert [action.key for action in claim(ledger, now=NOW + MINUTE)] == [approval.action_key]
    ledger.close()
    restore(file, home / "ledger.db", NOW + 2 * MINUTE, None, force=True)
    ledger = open_ledger(home / "ledger.db")
    assert state_of(ledger, mail("00Q1").key) is ActionState.UNCERTAIN
    assert ledger.doubted(["00Q1"])


def test_what_was_in_doubt_at_the_backup_may_have_been_settled_and_sent_since(home: Path, tmp_path: Path) -> None:
    """Evidence is looked for from the attempt on, not only from the backup on."""
    ledger = open_ledger(home / "ledger.db")
    plan(ledger, mail("00Q1"), mail("00Q2"))
    claim(ledger)
    ledger.add_receipts([receipt(mail("00Q1").key, at=NOW - MINUTE)])
    for who in ("00Q1", "00Q2"):
        settle(ledger, mail(who).key, ActionState.UNCERTAIN)
    file = backed_up(ledger, tmp_path)
    ledger.close()
    restored(file, home, force=True)
    ledger = open_ledger(home / "ledger.db")
    spans = {
        key: gap_of(rows[-1].values)
        for key, rows in ledger.receipts_of([mail("00Q1").key, mail("00Q2").key]).items()
    }
    assert spans == {
        mail("00Q1").key: Gap(begins=NOW - MINUTE, ends=NOW + DAY),
        mail("00Q2").key: Gap(begins=NOW, ends=NOW + DAY),
    }
    mark_uncertain(ledger, gap_since(NOW, NOW + DAY))
    assert [len(rows) for rows in ledger.receipts_of(spans).values()] == [2, 1]


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


def test_a_clock_that_was_set_back_before_the_restore_hides_nothing_that_may_have_been_sent(
    backup: Path, home: Path
) -> None:
    without_ledger(home)
    restore(backup, home / "ledger.db", NOW - DAY, None, force=False)
    ledger = open_ledger(home / "ledger.db")
    assert state_of(ledger, mail("00Q2").key) is ActionState.UNCERTAIN
    assert ledger.doubted(["00Q1", "00Q2"]) == {"00Q1", "00Q2"}


def test_the_commands_that_the_docs_give_for_postgresql_bring_a_ledger_back(
    postgres: Server, tmp_path: Path
) -> None:
    url, file = postgres.new_database(), tmp_path / "closeloop.dump"
    ledger = open_ledger(url)
    plan(ledger, mail("00Q1"), mail("00Q2", due_at=NOW + MONTH))
    postgres.program("pg_dump", "--format=custom", f"--file={file}", url)
    claim(ledger)
    settle(ledger, mail("00Q1").key, ActionState.ACCEPTED)
    ledger.close()
    clean = ("--clean", "--if-exists", "--exit-on-error", "--single-transaction")
    postgres.program("pg_restore", *clean, f"--dbname={url}", str(file))
    ledger = open_ledger(url)
    assert mark_uncertain(ledger, gap_since(NOW, NOW + DAY)).actions == {"email": 1}
    assert claim(ledger, now=NOW + DAY) == []
    assert ledger.state_counts() == {"email": {"uncertain": 1, "planned": 1}}
    with pytest.raises(LedgerUnavailable, match="append-only"), ledger._database.write() as connection:
        connection.exec_driver_sql("DELETE FROM action_events")
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
