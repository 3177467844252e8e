"""What waits to be handed to the outside, and when it is tried again.

An item is open until it was taken or given up; what is given up says so, and the journal of the webhooks too.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from sandbox import agenda
from sandbox.world import World

FIRST_PAUSE, LONGEST_PAUSE = 60, 3600


def waiting(world: World) -> list[dict[str, object]]:
    """What is in the outbox still, oldest first, with the last problem of each item."""
    rows = world.db.execute(
        "SELECT o.id, o.at, o.target, o.name, m.address, o.attempts, o.problem, o.body FROM sendgrid_outbox o"
        " LEFT JOIN sendgrid_mails m ON m.id = o.mail_id WHERE o.settled_at IS NULL ORDER BY o.id"
    ).fetchall()
    return [
        {**dict(row), "at": agenda.moment(row["at"]).isoformat(), "body": json.loads(row["body"])} for row in rows
    ]


def count_waiting(world: World) -> int:
    """How many items are in the outbox still."""
    row = world.db.execute("SELECT COUNT(*) AS n FROM sendgrid_outbox WHERE settled_at IS NULL").fetchone()
    return int(row["n"])


def due(world: World, target: str) -> list[sqlite3.Row]:
    """What may be tried now, oldest first."""
    return world.db.execute(
        "SELECT o.id, o.name, o.url, o.body, o.attempts FROM sendgrid_outbox o"
        " LEFT JOIN sendgrid_tries t ON t.outbox_id = o.id"
        " WHERE o.settled_at IS NULL AND o.target = ? AND COALESCE(t.next_at, 0) <= ? ORDER BY o.id",
        (target, agenda.now(world)),
    ).fetchall()


def settle(world: World, rows: Sequence[sqlite3.Row], problem: str) -> None:
    """These items are done with."""
    ids = [(row["id"],) for row in rows]
    with agenda.transaction(world):
        world.db.executemany(
            "UPDATE sendgrid_outbox SET settled_at = ?, attempts = attempts + 1, problem = ? WHERE id = ?",
            [(agenda.now(world), problem, row["id"]) for row in rows],
        )
        world.db.executemany("DELETE FROM sendgrid_tries WHERE outbox_id = ?", ids)


def fail(world: World, rows: Sequence[sqlite3.Row], problem: str, give_up_hours: int) -> None:
    """A try failed: these items wait ever longer, and are given up so many hours after their first try."""
    now = agenda.now(world)
    with agenda.transaction(world):
        for row in rows:
            pause = min(FIRST_PAUSE * 2 ** min(row["attempts"], 10), LONGEST_PAUSE)
            world.db.execute(
                "INSERT INTO sendgrid_tries VALUES (?, ?, ?)"
                " ON CONFLICT (outbox_id) DO UPDATE SET next_at = excluded.next_at",
                (row["id"], now, now + pause),
            )
            world.db.execute(
                "UPDATE sendgrid_outbox SET attempts = attempts + 1, problem = ? WHERE id = ?", (problem, row["id"])
            )
        _give_up(world, rows, give_up_hours)


def hold(world: World, rows: Sequence[sqlite3.Row], seconds: int) -> None:
    """These items are not tried before so many seconds have passed."""
    now = agenda.now(world)
    with agenda.transaction(world):
        world.db.executemany(
            "INSERT OR REPLACE INTO sendgrid_tries VALUES (?, ?, ?)",
            [(row["id"], now + seconds, now + seconds) for row in rows],
        )


def _give_up(world: World, rows: Sequence[sqlite3.Row], hours: int) -> None:
    old = agenda.now(world) - hours * 3600
    lost = []
    for row in rows:
        first = world.db.execute("SELECT first_at FROM sendgrid_tries WHERE outbox_id = ?", (row["id"],)).fetchone()
        if first["first_at"] <= old:
            lost.append(row)
    if not lost:
        return
    settled = [(agenda.now(world), f"; given up after {hours} hours", row["id"]) for row in lost]
    world.db.executemany("UPDATE sendgrid_outbox SET settled_at = ?, problem = problem || ? WHERE id = ?", settled)
    world.db.executemany("DELETE FROM sendgrid_tries WHERE outbox_id = ?", [(row["id"],) for row in lost])
    told(world, "", 0, {"given_up": len(lost), "names": sorted({row["name"] for row in lost})})


def told(world: World, path: str, status: int, summary: dict[str, object]) -> None:
    """Write into the journal of the webhooks."""
    world.journal.record(
        at=world.clock.now(), service="webhooks", method="POST", path=path, status=status, summary=summary
    )
