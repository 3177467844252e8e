"""The database goes away, is locked, damaged or full: a wait or a clear error, and nothing is lost."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

import pytest
from sqlalchemy import Connection

from closeloop.adapters.ledger import SqlLedger, open_ledger
from closeloop.adapters.ledger.engine import Database
from closeloop.adapters.ledger.failures import CommitUnknown
from closeloop.adapters.ledger.opening import open_database
from closeloop.bootstrap import build, settings
from closeloop.cli.ending import ended
from closeloop.domain.actions import ActionState, Settlement
from closeloop.domain.errors import LedgerUnavailable
from closeloop.domain.stage import Stage, Standing
from tests.contract.ledger_samples import LEASE, NOW, claim, mail, moves_of, person, plan, state_of
from tests.postgres import Server

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
MAILS = 120


def _run(ledger: SqlLedger, done: list[str], problems: list[str]) -> None:
    """As a run does: it waits, or it ends with an error; the next one goes on."""
    try:
        _work_off(ledger, "w1", done)
    except LedgerUnavailable as problem:
        problems.append(str(problem))


def _work_off(ledger: SqlLedger, worker: str, done: list[str]) -> None:
    while held := claim(ledger, limit=3, worker=worker):
        ledger.settle(
            [Settlement(key=one.key, attempt=one.attempt, state=ActionState.ACCEPTED) for one in held], NOW
        )
        done += [one.key for one in held]
        time.sleep(0.01)


@contextmanager
def _away(server: Server, seconds: float, *, at_once: bool) -> Iterator[None]:
    server.stop(at_once=at_once)
    back = threading.Timer(seconds, server.start)
    back.start()
    try:
        yield
    finally:
        back.join()


@pytest.mark.parametrize("at_once", [False, True])
def test_a_run_waits_for_a_server_that_goes_away_and_loses_nothing(
    postgres: Server, postgres_url: str, at_once: bool
) -> None:
    ledger = open_ledger(postgres_url)
    plan(ledger, *(mail(f"00Q{i:03}") for i in range(MAILS)))
    done: list[str] = []
    problems: list[str] = []
    worker = threading.Thread(target=_run, args=(ledger, done, problems))
    worker.start()
    while len(done) < 9:
        time.sleep(0.005)
    with _away(postgres, 1.5, at_once=at_once):
        reached = len(done)
        worker.join(timeout=60)
    assert reached < MAILS
    assert all("whether the last step is in it is not known" in problem for problem in problems)
    _work_off(ledger, "next run", done)  # should an answer to a COMMIT have been lost
    in_doubt = ledger.expire_leases(NOW + LEASE)
    assert len(in_doubt) <= 3
    assert Counter(done + in_doubt) == Counter(mail(f"00Q{i:03}").key for i in range(MAILS))
    assert ledger.state_counts()["email"].get("accepted", 0) == MAILS - len(in_doubt)
    ledger.close()


def test_a_run_that_waited_long_enough_ends_with_a_clear_error_and_the_next_one_goes_on(
    postgres: Server, postgres_url: str
) -> None:
    ledger = open_ledger(postgres_url, patience=0.3)
    plan(ledger, mail("00Q1"), mail("00Q2"))
    claim(ledger, limit=1)
    with _away(postgres, 2.0, at_once=True):
        started = time.monotonic()
        with pytest.raises(LedgerUnavailable, match="cannot be reached: start the database server"):
            claim(ledger)
        assert 0.2 < time.monotonic() - started < 1.5
        with pytest.raises(LedgerUnavailable, match=r"cannot be reached.*CLOSELOOP_LEDGER_URL"):
            open_ledger(postgres_url)
    assert state_of(ledger, mail("00Q1").key) is ActionState.CLAIMED
    assert [one.prospect_key for one in claim(ledger)] == ["00Q2"]
    ledger.close()


class LosesAnswers(Database):
    """Commits, but its caller is not told the first time."""

    lost = 0

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with super().write() as connection:
            yield connection
        if not type(self).lost:
            type(self).lost = 1
            raise CommitUnknown("the answer was lost")


def test_an_outcome_whose_commit_was_not_answered_is_written_once(postgres_url: str) -> None:
    real = open_database(postgres_url)
    ledger = SqlLedger(real)
    plan(ledger, mail())
    claim(ledger)
    flaky = SqlLedger(LosesAnswers(**{field.name: getattr(real, field.name) for field in fields(real)}))
    assert flaky.settle([Settlement(key=mail().key, attempt=1, state=ActionState.ACCEPTED)], NOW) == []
    assert LosesAnswers.lost == 1
    assert moves_of(ledger)[1:] == [("planned", "claimed"), ("claimed", "accepted")]
    LosesAnswers.lost = 0
    plan(ledger, mail(step=2), mail(step=3))
    with pytest.raises(CommitUnknown):
        claim(flaky, limit=1)
    assert state_of(ledger, mail(step=2).key) is ActionState.CLAIMED, "its lease will end, and evidence settle it"
    assert [one.key for one in claim(flaky)] == [mail(step=3).key]
    ledger.close()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"dbname": "nowhere"}, "does not exist: create the database"),
        ({"user": "stranger"}, "refuses this user"),
        ({"host": "/nowhere"}, "cannot be reached"),
    ],
)
def test_an_address_that_is_wrong_is_an_error_that_says_what(
    postgres: Server, change: dict[str, str], says: str
) -> None:
    at = {"dbname": "postgres", "user": "postgres", "host": postgres.folder} | change
    address = f"postgresql://{at['user']}:a-secret@/{at['dbname']}?host={at['host']}"
    with pytest.raises(LedgerUnavailable, match=says) as failed:
        open_ledger(address)
    assert "a-secret" not in str(failed.value)


_HOLD = """
import sqlite3, sys, time
other = sqlite3.connect(sys.argv[1], isolation_level=None)
other.execute("BEGIN IMMEDIATE")
print("held", flush=True)
time.sleep(float(sys.argv[2]))
other.execute("ROLLBACK")
"""


def test_a_file_that_another_process_holds_is_waited_for_and_then_named(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    open_ledger(path).close()
    ledger = open_ledger(path, busy_seconds=0.4)
    command = [sys.executable, "-c", _HOLD, str(path), "1.2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(LedgerUnavailable, match=r"locked by another program: stop it, or wait"):
            ledger.add_prospects([person()])
        patient = open_ledger(path, busy_seconds=20)
        assert patient.add_prospects([person()]) == 1
    ledger.close()
    patient.close()


_FILL = """
import resource, sys
from closeloop.adapters.ledger import open_ledger
from closeloop.domain.errors import LedgerUnavailable
from closeloop.domain.stage import Stage, Standing
from tests.contract.ledger_samples import person
ledger = open_ledger(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, 1_500_000))
saved = 0
try:
    while True:
        saved += ledger.add_prospects([person(f"00Q{saved + i:06}") for i in range(50)])
except LedgerUnavailable as problem:
    print(saved, problem)
"""


def test_a_disk_that_fills_up_is_named_and_what_was_saved_stays(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    ended = subprocess.run(
        [sys.executable, "-c", _FILL, str(path)], capture_output=True, text=True, cwd=ROOT, check=True
    )
    saved, said = ended.stdout.split(" ", 1)
    assert "free some space" in said or "check the disk" in said
    ledger = open_ledger(path)
    assert 0 < int(saved) == sum(1 for _ in ledger.all_prospects())
    assert ledger.add_prospects([person("00R1")]) == 1, "with room again it goes on"
    ledger.close()


@pytest.mark.parametrize("damage", ["cut off", "overwritten", "another header"])
def test_a_damaged_file_is_named_and_left_as_it_is(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "ledger.db"
    ledger = open_ledger(path)
    ledger.add_prospects(person(f"00Q{i:05}") for i in range(500))
    ledger.close()
    content = bytearray(path.read_bytes())
    if damage == "cut off":
        content = content[: len(content) // 2]
    elif damage == "overwritten":
        content[4096:] = b"\xa5" * (len(content) - 4096)
    else:
        content[:16] = b"not a database!!"
    path.write_bytes(content)
    with pytest.raises(LedgerUnavailable, match=r"damaged: stop all workers|not a Closeloop ledger: check"):
        list(open_ledger(path).all_prospects())
    assert path.read_bytes()[:4096] == bytes(content[:4096])


@pytest.mark.parametrize(
    ("was", "became"),
    [
        (b'"owner_id":"005A"', b'"owner_id":\x01005A"'),
        (b'"owner_id":"005A"', b'"owner_id":"\xff\xfe5A"'),
        (b'"last_name"', b'"last_mane"'),
        (b"planned", b"plannec"),
        (b".000000+00:00", b".000000+0M:00"),
        (b"CREATE TABLE prospects", b"CREATE TABLE \xff\xferospects"),
    ],
)
def test_a_row_whose_bytes_were_changed_is_damage_and_its_words_stay_out_of_the_error(
    tmp_path: Path, was: bytes, became: bytes
) -> None:
    path = tmp_path / "ledger.db"
    ledger = open_ledger(path)
    plan(ledger, mail())
    ledger.close()
    content = path.read_bytes()
    assert was in content
    path.write_bytes(content.replace(was, became))
    with pytest.raises(
        LedgerUnavailable, match="is damaged: stop all workers and restore the last backup"
    ) as found:
        _read_all(path)
    assert "Moreau" not in str(found.value)


def _read_all(path: Path) -> None:
    ledger = open_ledger(path)
    try:
        ledger.due(list(Stage), NOW, 10, (Standing.OPEN,))
        list(ledger.all_prospects())
        ledger.story("00Q1")
    finally:
        ledger.close()


def test_the_advice_for_a_failure_nobody_foresaw_still_names_the_place(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    ledger = open_ledger(path)
    with sqlite3.connect(path) as by_hand:
        by_hand.execute("DROP TABLE cursors")
    with pytest.raises(LedgerUnavailable, match=rf"{path} failed: run `closeloop doctor`"):
        ledger.cursor("leads")
    ledger.close()


@pytest.mark.parametrize(
    "wrong", ["rubbish", "mysql://me:a-secret@db.example/closeloop", "postgresql://me:a-secret@:x/y"]
)
def test_a_setting_that_is_no_address_of_a_ledger_is_wrong_use(
    wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CLOSELOOP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CLOSELOOP_LEDGER_URL", wrong)
    assert ended(lambda: build(settings())) == 2
    said = capsys.readouterr().err
    assert "CLOSELOOP_LEDGER_URL" in said
    assert "a-secret" not in said
    assert [path.name for path in tmp_path.iterdir()] == ["home"]
