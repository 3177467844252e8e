"""Nobody is sent the same words twice: mails carry the hash of their words, unique for each prospect."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from sqlalchemy import text

from closeloop.adapters.ledger.migrations.steps import connection, on_sqlite, run

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """The hash of every mail that was, may have been or will be sent."""
    words = "VARCHAR" if on_sqlite() else 'VARCHAR COLLATE "C"'
    run(f"ALTER TABLE actions ADD COLUMN words {words}")
    _hash_what_was_said()
    run(
        "CREATE UNIQUE INDEX actions_words ON actions (prospect_key, words) "
        "WHERE words IS NOT NULL AND (state NOT IN ('skipped', 'rejected'))"
    )


def _hash_what_was_said() -> None:
    """Mails of before count too. Where words had been sent twice already, the first mail carries them."""
    mails = connection().execute(
        text(
            "SELECT actions.key, actions.prospect_key, action_payloads.payload FROM actions "
            "JOIN action_payloads ON action_payloads.action_key = actions.key "
            "WHERE actions.kind = 'email' AND actions.state NOT IN ('skipped', 'rejected') "
            "ORDER BY actions.due_at, actions.key"
        )
    )
    first: dict[tuple[str, str], str] = {}
    for key, prospect, payload in mails:
        if words := _words(json.loads(payload) if isinstance(payload, str) else payload):
            first.setdefault((prospect, words), key)
    rows = [{"words": words, "key": key} for (_, words), key in first.items()]
    if rows:
        connection().execute(text("UPDATE actions SET words = :words WHERE key = :key"), rows)


def _words(payload: dict[str, Any]) -> str | None:
    said = payload.get("subject"), payload.get("text")
    if not all(isinstance(part, str) for part in said):
        return None
    return hashlib.sha256("{}\n{}".format(*said).encode()).hexdigest()
