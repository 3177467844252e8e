"""The rows that may be read back: only what happened longer ago than the account's delay is seen.

A mail appears with its first event; reading never changes anything.
"""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC
from typing import Any

from sandbox import agenda
from sandbox.sendgrid.account import account_of
from sandbox.sendgrid.models import Mail
from sandbox.sendgrid.readback.filters import CREATED, EVENTS, LAST, REASON, Where
from sandbox.world import World

MOST_EVENTS = 100


def index(world: World, mail: Mail) -> None:
    """Make a mail findable; done in the transaction that accepts it."""
    content = mail.content
    categories = json.dumps(content.categories, ensure_ascii=False)
    world.db.execute(
        "INSERT INTO sendgrid_log VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            mail.id,
            content.msg_id,
            mail.address,
            content.sender,
            mail.subject,
            categories,
            content.asm_group_id,
            content.batch_id,
        ),
    )
    world.db.executemany(
        "INSERT OR IGNORE INTO sendgrid_args VALUES (?, ?, ?)",
        [(name, value, mail.id) for name, value in content.custom_args.items()],
    )


def seen_until(world: World) -> int:
    """The last second whose events may be seen."""
    return agenda.now(world) - account_of(world).readback_delay_seconds


def found(world: World, where: Where, status: str, limit: int) -> list[sqlite3.Row]:
    """The mails of a filter, the latest event first."""
    opens, clicks = (f"(SELECT COUNT(*) {EVENTS} AND e.name = '{name}')" for name in ("open", "click"))
    return world.db.execute(
        f"SELECT l.*, {status} AS status, {LAST} AS last, {opens} AS opens, {clicks} AS clicks,"
        f" {CREATED} AS created, {REASON} AS reason FROM sendgrid_log l"
        f" WHERE ({where.sql}) AND EXISTS (SELECT 1 {EVENTS}) ORDER BY last DESC, l.mail_id DESC LIMIT :limit",
        {**where.values, "seen": seen_until(world), "limit": limit},
    ).fetchall()


def mail_ids(world: World, msg_id: str) -> list[int]:
    """The mail with this id, if it may be seen."""
    rows = world.db.execute(
        f"SELECT l.mail_id FROM sendgrid_log l WHERE l.msg_id = :id AND EXISTS (SELECT 1 {EVENTS})",
        {"id": msg_id, "seen": seen_until(world)},
    ).fetchall()
    return [int(row["mail_id"]) for row in rows]


def events_of(world: World, mail_id: int) -> list[tuple[str, dict[str, Any]]]:
    """The name and body of the latest events of a mail that may be seen, oldest first."""
    rows = world.db.execute(
        "SELECT name, body FROM sendgrid_outbox WHERE mail_id = ? AND target = 'event' AND at <= ?"
        " ORDER BY at DESC, id DESC LIMIT ?",
        (mail_id, seen_until(world), MOST_EVENTS),
    ).fetchall()
    return [(row["name"], json.loads(row["body"])) for row in reversed(rows)]


def stamp(at: int) -> str:
    """A Unix second as these APIs write it."""
    return f"{agenda.moment(at).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
