"""A ledger of an older Closeloop becomes today's when it is opened, with all that is in it, and works."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from closeloop.adapters.ledger import SqlLedger, open_ledger
from closeloop.adapters.ledger.opening import open_database
from closeloop.adapters.ledger.schema import SCHEMA_VERSION
from closeloop.adapters.ledger.upgrade import backup_of
from closeloop.cli.ending import ended as ended_with
from closeloop.domain.actions import ActionState, words_of
from closeloop.domain.errors import LedgerUnavailable
from tests.contract.first_ledger import write_database, write_file
from tests.contract.ledger_samples import LEASE, NOW, claim, mail, moves_of, person, plan, reply, settle
from tests.postgres import Server


@pytest.fixture
def old_file(tmp_path: Path) -> Path:
    return write_file(tmp_path / "ledger.db")


@pytest.fixture(params=["sqlite", "postgres"])
def upgraded(request: pytest.FixtureRequest, old_file: Path) -> Iterator[SqlLedger]:
    place: Path | str = old_file
    if request.param == "postgres":
        server: Server = request.getfixturevalue("postgres")
        place = server.new_database()
        write_database(place, old_file)
    ledger = open_ledger(place)
    yield ledger
    ledger.close()


def test_a_ledger_of_the_first_schema_keeps_everything_and_works(upgraded: SqlLedger) -> None:
    assert upgraded.prospects(["00Q1"]) == {"00Q1": person("00Q1")}
    assert upgraded.state_counts()["email"] == {"accepted": 1, "planned": 3, "skipped": 1, "uncertain": 1}
    assert moves_of(upgraded, "00Q3") == [(None, "planned"), ("planned", "claimed"), ("claimed", "uncertain")]
    assert [one.state for one in upgraded.crm_writes("run-1")] == ["written"]
    assert upgraded.waiting_signals(9)[0].id == "m1"
    assert upgraded.suppressed(["no@north.example"]) == {"no@north.example": "unsubscribed"}

    settle(upgraded, mail("00Q3").key, ActionState.SKIPPED, detail="their worker came back")
    held = claim(upgraded, now=NOW + LEASE)
    assert [one.prospect_key for one in held] == ["00Q4", "00Q5"]
    settle(upgraded, held[0].key, ActionState.ACCEPTED)
    assert plan(upgraded, mail("00Q9")) == 1
    assert upgraded.receive([reply("m1", source="sendgrid")], NOW) == 1


def test_words_that_were_sent_before_the_upgrade_are_not_sent_again(upgraded: SqlLedger) -> None:
    words = words_of("A question about loom 1", "Hello Ana,\nhow old is loom 1?\n")
    assert upgraded.words_sent(["00Q1", "00Q2"]) == {"00Q1": {words}}
    assert plan(upgraded, mail("00Q1", 3).model_copy(update={"words": words})) == 0


def test_the_ledger_of_before_lies_beside_the_upgraded_one_for_its_owner_only(old_file: Path) -> None:
    before = sqlite3.connect(old_file).execute("SELECT * FROM actions ORDER BY key").fetchall()
    open_ledger(old_file).close()
    aside = backup_of(old_file, 1)
    assert aside.name == "ledger.db.schema-1"
    assert aside.stat().st_mode & 0o777 == 0o600
    copy = sqlite3.connect(aside)
    assert copy.execute("SELECT * FROM actions ORDER BY key").fetchall() == before
    assert copy.execute("PRAGMA user_version").fetchone() == (1,)


def test_eight_workers_that_start_at_once_upgrade_once(old_file: Path, postgres: Server) -> None:
    url = postgres.new_database()
    write_database(url, old_file)
    for place in (old_file, url):
        with ThreadPoolExecutor(8) as pool:
            ledgers = list(pool.map(lambda _, place=place: open_ledger(place), range(8)))
        assert all(one.state_counts() == ledgers[0].state_counts() for one in ledgers)
        assert plan(ledgers[0], mail("00Q9")) == 1
        for one in ledgers:
            one.close()


def test_an_upgrade_that_fails_leaves_the_ledger_as_it_was(old_file: Path) -> None:
    with sqlite3.connect(old_file) as by_hand:
        by_hand.execute("DROP INDEX crm_writes_of_run")
        by_hand.execute("CREATE INDEX crm_writes_of_record ON crm_writes (record_id)")  # step 3 makes it too
    before = "\n".join(sqlite3.connect(old_file).iterdump())
    with pytest.raises(LedgerUnavailable, match="crm_writes_of_record already exists"):
        open_ledger(old_file)
    assert "\n".join(sqlite3.connect(old_file).iterdump()) == before


def test_a_full_disk_beside_the_ledger_stops_the_upgrade_before_it_begins(old_file: Path) -> None:
    backup_of(old_file, 1).with_name("ledger.db.schema-1.part").mkdir()
    with pytest.raises(LedgerUnavailable, match=r"cannot be copied to .* free some space"):
        open_ledger(old_file)
    assert sqlite3.connect(old_file).execute("PRAGMA user_version").fetchone() == (1,)


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_ledger_newer_than_the_program_is_a_clear_error_with_exit_code_2(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    newer = f"UPDATE schema_version SET version_num = '{SCHEMA_VERSION + 1:04}'"
    place: Path | str = tmp_path / "ledger.db"
    if kind == "postgres":
        place = request.getfixturevalue("postgres").new_database()
        open_ledger(place).close()
        with psycopg.connect(str(place)) as connection:
            connection.execute(newer.encode())
    else:
        open_ledger(place).close()
        with sqlite3.connect(place) as by_hand:
            by_hand.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    assert ended_with(lambda: open_ledger(place)) == 2
    assert f"newer Closeloop (schema {SCHEMA_VERSION + 1}" in capsys.readouterr().err


def _in_file(path: Path) -> set[tuple[str, ...]]:
    open_ledger(path).close()
    rows = sqlite3.connect(path).execute(
        "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL"
    )
    return {(*row[:3], " ".join(row[3].replace('"', "").replace("\t", " ").split())) for row in rows}


def test_steps_lead_to_the_same_file_as_making_a_new_one(old_file: Path, tmp_path: Path) -> None:
    assert _in_file(old_file) == _in_file(tmp_path / "new.db")


_POSTGRES_SCHEMA = """
SELECT 'column', table_name, column_name, concat_ws(' ', ordinal_position, data_type, character_maximum_length,
       collation_name, is_nullable, column_default) FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL SELECT 'index', tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT 'rule', conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
          WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger
          WHERE NOT tgisinternal
UNION ALL SELECT 'function', '', proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace
"""


def _in_postgres(url: str) -> set[tuple[str, ...]]:
    open_ledger(url).close()
    with psycopg.connect(url) as connection:
        return set(connection.execute(_POSTGRES_SCHEMA.encode()).fetchall())


def test_steps_lead_to_the_same_database_as_making_a_new_one(postgres: Server, old_file: Path) -> None:
    stepped, new = postgres.new_database(), postgres.new_database()
    write_database(stepped, old_file)
    assert _in_postgres(stepped) == _in_postgres(new)


def test_a_postgresql_schema_of_another_program_is_left_alone(postgres: Server) -> None:
    url = postgres.new_database()
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE prospects (theirs integer)")
    with pytest.raises(LedgerUnavailable, match="tables of another program"):
        open_database(url)
