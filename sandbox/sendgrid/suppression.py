"""Who SendGrid will not deliver to any more, and why. Blocks are listed but do not suppress."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sandbox import agenda
from sandbox.sendgrid.models import address_key
from sandbox.world import World

LISTS = ("bounces", "blocks", "spam_reports", "invalid_emails", "unsubscribes")
# The order in which a reason is looked for: an address on several lists is dropped for the first.
REASONS = {
    "bounces": "Bounced Address",
    "spam_reports": "Spam Reporting Address",
    "invalid_emails": "Invalid",
    "unsubscribes": "Unsubscribed Address",
}
BYPASSED = {
    "bypass_spam_management": "spam_reports",
    "bypass_bounce_management": "bounces",
    "bypass_unsubscribe_management": "unsubscribes",
}
FIELDS = {
    "bounces": ("created", "email", "reason", "status"),
    "blocks": ("created", "email", "reason", "status"),
    "spam_reports": ("created", "email", "ip"),
    "invalid_emails": ("created", "email", "reason"),
    "unsubscribes": ("created", "email"),
}


@dataclass(frozen=True)
class Span:
    """Which part of a list: by time of entry in Unix seconds, both ends included, and by page."""

    start_time: int = 0
    end_time: int = 2**62
    limit: int = -1
    offset: int = 0


def suppress(world: World, name: str, email: str, *, reason: str = "", status: str = "") -> None:
    """Put an address on a list; the first entry stays when it is there already."""
    world.db.execute(
        "INSERT OR IGNORE INTO sendgrid_suppressions VALUES (?, ?, ?, ?, ?, ?)",
        (name, address_key(email), email, agenda.now(world), reason, status),
    )


def why_dropped(world: World, address: str, group: int | None = None, bypass: Sequence[str] = ()) -> str | None:
    """The reason SendGrid gives in a `dropped` event for this address, or None when it delivers.

    `group` is the mail's unsubscribe group; `bypass` names the settings by which the mail ignores lists.
    """
    if "bypass_list_management" in bypass:
        return None
    rows = world.db.execute("SELECT list FROM sendgrid_suppressions WHERE address = ?", (address,)).fetchall()
    on = {row["list"] for row in rows} - {BYPASSED[name] for name in bypass}
    if group is not None and f"group:{group}" in on:
        on.add("unsubscribes")
    return next((reason for name, reason in REASONS.items() if name in on), None)


def entries(
    world: World, name: str, email: str | None = None, *, span: Span | None = None
) -> list[dict[str, object]]:
    """The entries of one list in the shape of its API, newest first."""
    span = span or Span()
    rows = world.db.execute(
        "SELECT created, email, reason, status, '192.0.2.44' AS ip FROM sendgrid_suppressions"
        " WHERE list = ? AND (? IS NULL OR address = ?) AND created BETWEEN ? AND ?"
        " ORDER BY created DESC, address LIMIT ? OFFSET ?",
        (
            name,
            email,
            address_key(email) if email else None,
            span.start_time,
            span.end_time,
            span.limit,
            span.offset,
        ),
    ).fetchall()
    return [{key: row[key] for key in FIELDS[name]} for row in rows]


def lift(world: World, name: str, emails: list[str] | None) -> int:
    """Take addresses, or all of them for None, off a list; how many were on it."""
    if emails is None:
        return world.db.execute("DELETE FROM sendgrid_suppressions WHERE list = ?", (name,)).rowcount
    keys = [(name, address_key(email)) for email in emails]
    cursor = world.db.executemany("DELETE FROM sendgrid_suppressions WHERE list = ? AND address = ?", keys)
    return cursor.rowcount
