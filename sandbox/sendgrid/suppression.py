"""Who SendGrid will not deliver to any more, and why. Blocks are listed but do not suppress."""

from __future__ import annotations

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
FIELDS = {
    "bounces": ("created", "email", "reason", "status"),
    "blocks": ("created", "email", "reason", "status"),
    "spam_reports": ("created", "email", "ip"),
    "invalid_emails": ("created", "email", "reason"),
    "unsubscribes": ("created", "email"),
}


def suppress(world: World, name: str, email: str, *, reason: str = "", status: str = "") -> None:
    """Put an address on a list; the first entry stays when it is there already."""
    world.db.execute(
        "INSERT OR IGNORE INTO sendgrid_suppressions VALUES (?, ?, ?, ?, ?, ?)",
        (name, address_key(email), email, agenda.now(world), reason, status),
    )


def why_dropped(world: World, address: str) -> str | None:
    """The reason SendGrid gives in a `dropped` event for this address, or None when it delivers."""
    rows = world.db.execute("SELECT list FROM sendgrid_suppressions WHERE address = ?", (address,)).fetchall()
    on = {row["list"] for row in rows}
    return next((reason for name, reason in REASONS.items() if name in on), None)


def entries(world: World, name: str, email: str | None = None) -> list[dict[str, object]]:
    """The entries of one list in the shape of its API, newest first."""
    rows = world.db.execute(
        "SELECT created, email, reason, status, '192.0.2.44' AS ip FROM sendgrid_suppressions"
        " WHERE list = ? AND (? IS NULL OR address = ?) ORDER BY created DESC, address",
        (name, email, address_key(email) if email else None),
    ).fetchall()
    return [{key: row[key] for key in FIELDS[name]} for row in rows]


def lift(world: World, name: str, emails: list[str] | None) -> int:
    """Take addresses, or all of them for None, off a list; how many were on it."""
    if emails is None:
        return world.db.execute("DELETE FROM sendgrid_suppressions WHERE list = ?", (name,)).rowcount
    keys = [(name, address_key(email)) for email in emails]
    cursor = world.db.executemany("DELETE FROM sendgrid_suppressions WHERE list = ? AND address = ?", keys)
    return cursor.rowcount
