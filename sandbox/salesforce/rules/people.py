"""Leads and contacts: the derived full name.

Invariant: Name is always FirstName and LastName joined, never set by a client.
"""

from __future__ import annotations

from sandbox.salesforce.call import Call
from sandbox.salesforce.store import Row

BOUNCED = "EmailBouncedReason"


def named(call: Call, row: Row) -> None:
    """Derives the fields of a new person."""
    row["Name"] = _name(row)


def renamed(call: Call, old: Row, changes: Row) -> None:
    """Keeps the derived fields true after a change."""
    if "FirstName" in changes or "LastName" in changes:
        changes["Name"] = _name({**old, **changes})
    if BOUNCED in changes and "IsEmailBounced" in old:
        changes["IsEmailBounced"] = int(changes[BOUNCED] is not None)


def _name(row: Row) -> str | None:
    return " ".join(part for part in (row.get("FirstName"), row.get("LastName")) if part)[:121] or None
