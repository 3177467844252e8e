"""What claiming and recording costs: actions per second through the ledger, beside the bare database's own inserts.

Invariants: workers are processes, planning is not in the figure, both sides commit as durably as the product does,
and every action is recorded once or the bench fails.
"""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from json import loads
from pathlib import Path
from typing import Any

import psycopg

from closeloop.adapters.ledger import SqlLedger, open_ledger
from closeloop.application.ports import Change
from closeloop.domain.actions import Action, ActionKind
from closeloop.domain.prospect import CrmIds, Prospect
from closeloop.domain.stage import Stage
from tests.bench.child import ROOT, BenchFailed, surroundings
from tests.bench.ledger_worker import BATCH, NOW
from tests.postgres import postgres_server

PLANNED_AT_ONCE = 2000
GOAL_SQLITE, GOAL_POSTGRES = 5000, 3000
"""Actions per second: one worker on a file, as it is by default, and several on a server."""
_TEXT = "Looms stop for hours when a spindle wears out, and nobody sees it coming. " * 12
_ROW = (
    "(key text PRIMARY KEY, kind text, prospect_key text, stage text, due_at text, state text, attempt integer, "
    "worker text, words text)"
)


def measure_ledger(actions: int, workers: int, home: Path) -> list[dict[str, Any]]:
    """SQLite with one worker, as it is by default, and with several; then PostgreSQL with several."""
    home.mkdir(parents=True, exist_ok=True)
    found = []
    for count in sorted({1, workers}):
        place = home / f"ledger-{count}.db"
        bare = _bare_sqlite(home / f"bare-{count}.db", actions)
        found.append(_side("sqlite", str(place), actions, count, home, bare, GOAL_SQLITE if count == 1 else None))
    with postgres_server(durable=True) as server:
        place_there, beside = server.new_database(), server.new_database()
        bare = _bare_postgres(beside, actions, workers)
        found.append(_side("postgresql", place_there, actions, workers, home, bare, GOAL_POSTGRES))
    return found


def _side(
    kind: str, place: str, actions: int, workers: int, home: Path, bare: float, goal: int | None
) -> dict[str, Any]:
    with closing(open_ledger(place)) as ledger:
        plan(ledger, actions)
    seconds, told = _race(place, workers, home)
    done = sum(one["actions"] for one in told)
    with closing(open_ledger(place)) as ledger:
        counts = ledger.state_counts()["email"]
    if done != actions or counts != {"accepted": actions}:
        raise BenchFailed(f"{kind}: {actions} actions were planned, {done} recorded, and the ledger says {counts}")
    return {
        "database": kind,
        "workers": workers,
        "actions": actions,
        "actions_per_second": actions / seconds,
        "goal": goal,
        "bare_inserts_per_second": bare,
        "share_of_bare": actions / seconds / bare,
        "cpu_seconds_per_1000": 1000 * sum(one["cpu_seconds"] for one in told) / actions,
    }


def plan(ledger: SqlLedger, actions: int) -> None:
    """As many mails that are due, each to somebody else."""
    for start in range(0, actions, PLANNED_AT_ONCE):
        keys = [f"00Q5g00000{number:08}" for number in range(start, min(actions, start + PLANNED_AT_ONCE))]
        ledger.commit(Change(prospects=tuple(map(_person, keys)), actions=tuple(map(_mail, keys))))


def _person(key: str) -> Prospect:
    return Prospect(
        key=key,
        crm=CrmIds(lead=key),
        owner_id="0055g00000000001",
        email=f"{key.lower()}@north.example",
        last_name="Moreau",
        company="North Mills",
        domain="north.example",
        stage_entered_at=NOW,
    )


def _mail(key: str) -> Action:
    return Action(
        key=f"email:{key}:approach:1",
        kind=ActionKind.EMAIL,
        prospect_key=key,
        stage=Stage.APPROACH,
        due_at=NOW,
        payload={"subject": "Looms that stop", "text": _TEXT, "html": f"<p>{_TEXT}</p>"},
        words=f"{key:0>64}",
    )


def _race(place: str, workers: int, home: Path) -> tuple[float, list[dict[str, Any]]]:
    """From the start to the end of the last worker, and what each of them did."""
    command = [sys.executable, "-m", "tests.bench.ledger_worker", place]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    crew = [
        subprocess.Popen([*command, f"w{n}"], env=surroundings(home), cwd=ROOT, **pipes) for n in range(workers)
    ]
    try:
        ready = [one.stdout.readline() for one in crew if one.stdout]
        started = time.monotonic()
        for one in crew:
            assert one.stdin is not None
            one.stdin.write("go\n")
            one.stdin.flush()
        told = [loads(one.communicate()[0] or "{}") for one in crew]
    finally:
        for one in crew:
            one.kill()
            one.wait()
    if ready != ["ready\n"] * workers or any("ended" not in one for one in told):
        raise BenchFailed(f"a worker of the ledger's bench failed: {told}")
    return max(one["ended"] for one in told) - started, told


def _rows(actions: int) -> Iterator[list[tuple[Any, ...]]]:
    """Rows of the size of an action, in transactions of the size of a batch."""
    for start in range(0, actions, BATCH):
        numbers = range(start, min(actions, start + BATCH))
        yield [
            (
                f"email:00Q5g{n:012}:approach:1",
                "email",
                f"00Q5g{n:012}",
                "approach",
                NOW.isoformat(),
                "planned",
                1,
                "w1",
                f"{n:064}",
            )
            for n in numbers
        ]


def _bare_sqlite(path: Path, actions: int) -> float:
    """Rows per second that `executemany` inserts, as durably as the ledger commits."""
    with closing(sqlite3.connect(path, isolation_level=None)) as bare:
        bare.execute("PRAGMA journal_mode = WAL")
        bare.execute("PRAGMA synchronous = FULL")
        bare.execute(f"CREATE TABLE bare {_ROW}")

        def insert(batch: list[tuple[Any, ...]]) -> None:
            bare.execute("BEGIN IMMEDIATE")
            bare.executemany("INSERT INTO bare VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", batch)
            bare.execute("COMMIT")

        return _rate(insert, list(_rows(actions)), 1)


def _bare_postgres(url: str, actions: int, workers: int) -> float:
    """The same with as many connections at once as there are workers."""
    with psycopg.connect(url, autocommit=True) as first:
        first.execute(f"CREATE TABLE bare {_ROW}".encode())
    free = [psycopg.connect(url) for _ in range(workers)]

    def insert(batch: list[tuple[Any, ...]]) -> None:
        connection = free.pop()
        with connection.cursor() as cursor:
            cursor.executemany("INSERT INTO bare VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)", batch)
        connection.commit()
        free.append(connection)

    try:
        return _rate(insert, list(_rows(actions)), workers)
    finally:
        for connection in free:
            connection.close()


def _rate(
    insert: Callable[[list[tuple[Any, ...]]], None], batches: list[list[tuple[Any, ...]]], workers: int
) -> float:
    started = time.monotonic()
    with ThreadPoolExecutor(workers) as pool:
        if workers == 1:
            for batch in batches:
                insert(batch)
        else:
            list(pool.map(insert, batches))
    return sum(map(len, batches)) / (time.monotonic() - started)
