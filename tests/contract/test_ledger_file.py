"""The ledger as a file: opened with the right guarantees, and clear about what is wrong with it."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from closeloop.adapters.ledger import SqlLedger, copy_in_memory, open_ledger
from closeloop.domain.actions import ActionState
from closeloop.domain.errors import LedgerUnavailable
from tests.contract.ledger_samples import NOW, claim, mail, person, plan, reply, settle, state_of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "ledger.db"


def _pragma(ledger: SqlLedger, text: str) -> str:
    with ledger._database.read() as connection:
        return str(connection.exec_driver_sql(f"PRAGMA {text}").scalar_one())


def test_a_commit_survives_a_power_cut_and_readers_do_not_wait(path: Path) -> None:
    ledger = open_ledger(path)
    assert (_pragma(ledger, "journal_mode"), _pragma(ledger, "synchronous")) == ("wal", "2")
    assert _pragma(ledger, "foreign_keys") == "1"


def test_only_its_owner_may_read_a_new_ledger(path: Path) -> None:
    open_ledger(path).close()
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_was_written_is_there_when_opened_again(path: Path) -> None:
    first = open_ledger(path)
    plan(first, mail())
    first.close()
    second = open_ledger(path)
    assert second.prospects(["00Q1"]) == {"00Q1": person()}
    assert state_of(second, mail().key) is ActionState.PLANNED


def test_eight_workers_may_open_one_new_ledger_at_once(path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        ledgers = list(pool.map(lambda _: open_ledger(path), range(8)))
    assert [one.add_prospects([person()]) for one in ledgers] == [1, *[0] * 7]


def test_a_text_file_is_not_a_ledger(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("First Name,Last Name\n" * 100)
    with pytest.raises(LedgerUnavailable, match="is not a Closeloop ledger: check CLOSELOOP_HOME"):
        open_ledger(path)
    assert path.read_text().startswith("First Name")


def test_the_database_of_another_program_is_left_alone(path: Path) -> None:
    path.parent.mkdir()
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE theirs (x)")
    with pytest.raises(LedgerUnavailable, match="not a Closeloop ledger"):
        open_ledger(path)
    tables = sqlite3.connect(path).execute("SELECT name FROM sqlite_master").fetchall()
    assert tables == [("theirs",)]


def test_a_ledger_of_a_newer_program_is_left_alone(path: Path) -> None:
    open_ledger(path).close()
    with sqlite3.connect(path) as newer:
        newer.execute("PRAGMA user_version = 99")
    with pytest.raises(LedgerUnavailable, match=r"newer Closeloop \(schema 99.*update Closeloop"):
        open_ledger(path)


def test_a_damaged_ledger_says_to_restore_the_backup(path: Path) -> None:
    ledger = open_ledger(path)
    ledger.add_prospects(person(f"00Q{i:05}") for i in range(3000))
    ledger.close()
    content = bytearray(path.read_bytes())
    content[8192:-4096] = b"\xa5" * (len(content) - 12288)
    path.write_bytes(content)
    with pytest.raises(LedgerUnavailable, match=r"damaged.*restore the last backup"):
        list(open_ledger(path).all_prospects())


def test_a_folder_in_the_place_of_the_file_is_an_error_that_says_so(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(LedgerUnavailable, match="cannot be opened"):
        open_ledger(path)


def test_a_home_below_a_file_is_an_error_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")
    with pytest.raises(LedgerUnavailable, match="may write there"):
        open_ledger(tmp_path / "home" / "ledger.db")


def test_a_locked_ledger_is_waited_for_and_then_named(path: Path) -> None:
    ledger = open_ledger(path, busy_seconds=0.1)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerUnavailable, match="locked by another program"):
        ledger.add_prospects([person()])
    assert ledger.prospects(["00Q1"]) == {}, "readers go on"
    other.execute("ROLLBACK")
    assert ledger.add_prospects([person()]) == 1


def test_a_writer_waits_for_another_one_instead_of_failing(path: Path) -> None:
    ledger = open_ledger(path, busy_seconds=20)
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(ledger.add_prospects, [person()])
        with pytest.raises(TimeoutError):
            waiting.result(timeout=0.2)
        other.execute("ROLLBACK")
        assert waiting.result(timeout=20) == 1


def test_a_full_disk_loses_nothing_that_was_there_and_nothing_half(path: Path) -> None:
    ledger = open_ledger(path)
    ledger.add_prospects([person()])
    pages = _pragma(ledger, "page_count")
    _pragma(ledger, f"max_page_count = {pages}")
    with pytest.raises(LedgerUnavailable, match="disk is full: free some space"):
        ledger.add_prospects(person(f"00R{i:05}") for i in range(2000))
    assert [one.key for one in ledger.all_prospects()] == ["00Q1"]
    _pragma(ledger, "max_page_count = 1000000")
    assert ledger.add_prospects(person(f"00R{i:05}") for i in range(2000)) == 2000


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE action_events SET detail = 'it never happened'",
        "DELETE FROM action_events",
        "UPDATE actions SET state = 'planned', lease_until = NULL",
        "UPDATE actions SET state = 'sent'",
        "UPDATE prospects SET stage = 'hunting'",
        "INSERT INTO action_events (action_key, at, old_state, new_state, attempt, detail) "
        "VALUES ('email:00Q1:approach:1', 'now', 'planned', 'rejected', 1, '')",
        "INSERT INTO actions SELECT * FROM actions",
        "INSERT INTO signals SELECT * FROM signals",
        "UPDATE actions SET state = 'claimed'",
    ],
)
def test_the_schema_itself_refuses_what_must_not_be(path: Path, sql: str) -> None:
    ledger = open_ledger(path)
    plan(ledger, mail())
    ledger.receive([reply()], NOW)
    claim(ledger)
    settle(ledger, mail().key, ActionState.ACCEPTED)
    by_hand = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError):
        by_hand.execute(sql)
    by_hand.close()


def test_a_dry_run_sees_everything_and_writes_nothing_back(path: Path) -> None:
    original = open_ledger(path)
    plan(original, mail(), mail(step=2))
    claim(original, limit=1)
    story = original.story("00Q1")
    copy = copy_in_memory(original)
    assert copy.story("00Q1") == story
    assert [one.key for one in claim(copy)] == [mail(step=2).key]
    copy.add_prospects([person("00Q2")])
    copy.set_cursor("leads", "later")
    assert original.story("00Q1") == story
    assert original.prospects(["00Q2"]) == {}
    assert original.cursor("leads") is None


def test_a_moment_without_a_time_zone_is_refused_by_name(path: Path) -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        open_ledger(path).suppress("a@a.example", "no", NOW.replace(tzinfo=None))
