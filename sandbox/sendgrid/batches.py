"""Batches of scheduled mail: what was paused or cancelled, and whether that holds for a given mail.

A stop counts for sure only when it came ten minutes before the mail's moment; nearer than that, chance decides.
"""

from __future__ import annotations

import base64
import hashlib
import sqlite3

from sandbox import agenda
from sandbox.buyers.chance import Chance
from sandbox.sendgrid.models import Mail
from sandbox.world import World

SURE_SECONDS = 600
MOST_STOPPED = 100
STATUSES = ("pause", "cancel")


def create(world: World) -> str:
    """A new batch id, the same sequence for the same seed."""
    row = world.db.execute("SELECT COUNT(*) AS n FROM sendgrid_batches").fetchone()
    digest = hashlib.sha256(f"{world.seed}|batch|{row['n']}".encode()).digest()[:24]
    # The real ids begin with a letter or digit and hold no others than these and - and _.
    batch_id = "B" + base64.urlsafe_b64encode(digest).decode().rstrip("=")
    world.db.execute(
        "INSERT INTO sendgrid_batches (batch_id, created) VALUES (?, ?)", (batch_id, agenda.now(world))
    )
    return batch_id


def stopped(world: World, batch_id: str | None = None) -> list[sqlite3.Row]:
    """The batches that are paused or cancelled, or the named one if it is."""
    return world.db.execute(
        "SELECT batch_id, status FROM sendgrid_batches WHERE status != '' AND (? IS NULL OR batch_id = ?)"
        " ORDER BY status_at, batch_id",
        (batch_id, batch_id),
    ).fetchall()


def set_stop(world: World, batch_id: str, status: str) -> None:
    """Pause or cancel a batch from now on; the empty status takes that back."""
    world.db.execute(
        "UPDATE sendgrid_batches SET status = ?, status_at = ? WHERE batch_id = ?",
        (status, agenda.now(world), batch_id),
    )


def stop_for(world: World, mail: Mail) -> str:
    """`pause`, `cancel` or nothing for a mail whose moment has come."""
    if not mail.content.batch_id:
        return ""
    row = world.db.execute(
        "SELECT status, status_at FROM sendgrid_batches WHERE batch_id = ?", (mail.content.batch_id,)
    ).fetchone()
    if row is None or not row["status"]:
        return ""
    late = row["status_at"] > mail.accepted_at and mail.leaves_at - row["status_at"] < SURE_SECONDS
    at_its_moment = agenda.now(world) == mail.leaves_at
    slipped = late and at_its_moment and Chance(world.seed, mail.address).happens(0.5, "late stop", mail.leaves_at)
    return "" if slipped else str(row["status"])
