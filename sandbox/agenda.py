"""What is due when, for all of the sandbox: queued mail that leaves, mail that arrives, buyers who act.

One indexed table, so time passes by taking the earliest entry and never by scanning people or mails.
Entries of the same second are ordered by address, not by who was put down first: the order of requests
changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from sandbox.world import SandboxClock, World

TABLES = (
    """CREATE TABLE IF NOT EXISTS sandbox_agenda (
        at INTEGER NOT NULL, address TEXT NOT NULL, kind TEXT NOT NULL, ref INTEGER NOT NULL,
        PRIMARY KEY (at, address, kind, ref)) WITHOUT ROWID""",
    "CREATE TABLE IF NOT EXISTS sandbox_clock (id INTEGER PRIMARY KEY CHECK (id = 1), now TEXT NOT NULL)",
)


@dataclass(frozen=True)
class Due:
    """One thing that happens at second `at` (Unix time) to the mail or plan with the row id `ref`."""

    at: int
    address: str
    kind: str
    ref: int


def open_tables(world: World) -> None:
    """Create what is missing; harmless when it is there."""
    for statement in TABLES:
        world.db.execute(statement)


def reset(world: World) -> None:
    """Forget everything that was due, and start the clock again at its beginning."""
    world.db.execute("DELETE FROM sandbox_agenda")
    world.db.execute("DELETE FROM sandbox_clock")
    world.clock = SandboxClock()


def move_clock(world: World, to: datetime) -> None:
    """Set the clock forward and keep its time with the rest of the state. ClockError when it is past."""
    world.clock.move_to(to)
    world.db.execute("INSERT OR REPLACE INTO sandbox_clock VALUES (1, ?)", (world.clock.now().isoformat(),))


def resume_clock(world: World) -> None:
    """Go on at the time at which a kept state was left."""
    row = world.db.execute("SELECT now FROM sandbox_clock").fetchone()
    if row is not None:
        world.clock.move_to(max(world.clock.now(), datetime.fromisoformat(row["now"])))


def put(world: World, due: Due) -> None:
    """Write down one thing to come."""
    world.db.execute("INSERT INTO sandbox_agenda VALUES (?, ?, ?, ?)", (due.at, due.address, due.kind, due.ref))


def take(world: World, until: int) -> Due | None:
    """Remove and return the earliest entry due at or before `until`, or None."""
    row = world.db.execute(
        "SELECT at, address, kind, ref FROM sandbox_agenda WHERE at <= ? ORDER BY at, address, kind, ref LIMIT 1",
        (until,),
    ).fetchone()
    if row is None:
        return None
    due = Due(row["at"], row["address"], row["kind"], row["ref"])
    world.db.execute(
        "DELETE FROM sandbox_agenda WHERE at = ? AND address = ? AND kind = ? AND ref = ?",
        (due.at, due.address, due.kind, due.ref),
    )
    return due


@contextmanager
def transaction(world: World) -> Iterator[None]:
    """All of the block's writes or none. The block must not await: the connection is shared by all
    handlers."""
    if world.db.in_transaction:
        yield
        return
    world.db.execute("BEGIN")
    try:
        yield
    except BaseException:
        world.db.execute("ROLLBACK")
        raise
    world.db.execute("COMMIT")


def seconds(moment: datetime) -> int:
    """The whole Unix second of an aware time."""
    return int(moment.timestamp())


def moment(at: int) -> datetime:
    """The aware UTC time of a Unix second."""
    return datetime.fromtimestamp(at, UTC)


def now(world: World) -> int:
    """The sandbox's clock in Unix seconds."""
    return seconds(world.clock.now())
