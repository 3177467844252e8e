"""The change log: every committed change of the chosen objects, in order, under a replay id.

Invariant: an event is written in the transaction of its change, so what was rolled back was never logged.
Events are kept for 72 hours of the sandbox's clock; their fields are those of Change Data Capture.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import orjson

from sandbox.salesforce.call import Call
from sandbox.salesforce.schema import AUDIT, ObjectType
from sandbox.salesforce.store import Row, Store
from sandbox.salesforce.values import parse_moment, stamp
from sandbox.world import World

_KEPT = timedelta(hours=72)
_TABLE = """CREATE TABLE IF NOT EXISTS salesforce_changes (
    replay_id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, entity TEXT NOT NULL, event TEXT NOT NULL)"""
_SILENT = AUDIT | {"Id", "IsDeleted", "VersionData"}


class ReplayError(ValueError):
    """The log does not reach back to the wanted replay id."""


def open_log(store: Store) -> None:
    """Creates the log's table where it is missing."""
    store.db.execute(_TABLE)


def clear(store: Store) -> None:
    """Forgets every event and starts the replay ids anew."""
    store.db.execute("DELETE FROM salesforce_changes")
    store.db.execute("DELETE FROM sqlite_sequence WHERE name = 'salesforce_changes'")


def note(call: Call, kind: ObjectType, change: str, record_id: str, new: Row, old: Row | None = None) -> None:
    """Logs one change: CREATE with every value, UPDATE with the changed ones, DELETE with none."""
    if kind.name not in call.setup.change_log:
        return
    known = old or {}
    names = [
        item.name
        for item in kind.fields.values()
        if item.name in new and item.name not in _SILENT and new[item.name] != known.get(item.name)
    ]
    fields = {name: _shown(kind, name, new[name]) for name in names} if change != "DELETE" else {}
    moment = parse_moment(call.now)
    client = f";client={call.client}" if call.client else ""
    header = {
        "entityName": kind.name,
        "recordIds": [record_id],
        "changeType": change,
        "changeOrigin": f"com/salesforce/api/rest/{call.version}{client}",
        "transactionKey": call.transaction,
        "commitTimestamp": int(moment.timestamp() * 1000) if moment else 0,
        "commitUser": call.user_id,
        "nulledFields": [name for name, value in fields.items() if value is None] if change == "UPDATE" else [],
        "changedFields": [*fields, "LastModifiedDate"] if change == "UPDATE" else [],
    }
    given = {name: value for name, value in fields.items() if value is not None}
    event = {"ChangeEventHeader": header, **given, "LastModifiedDate": call.now}
    call.store.db.execute(
        "INSERT INTO salesforce_changes (at, entity, event) VALUES (?, ?, ?)",
        (call.now, kind.name, orjson.dumps(event).decode()),
    )


def _shown(kind: ObjectType, name: str, value: Any) -> Any:
    return bool(value) if kind.fields[name].type == "boolean" else value


def after(world: World, store: Store, replay_id: int, entity: str | None, most: int) -> dict[str, Any]:
    """The events behind a replay id (0: from the oldest on), and the last replay id of the log."""
    with store.transaction():
        store.db.execute("DELETE FROM salesforce_changes WHERE at < ?", (stamp(world.clock.now() - _KEPT),))
    last = store.db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'salesforce_changes'").fetchone()
    first = store.db.execute("SELECT MIN(replay_id) FROM salesforce_changes").fetchone()[0]
    newest = last[0] if last else 0
    oldest = newest + 1 if first is None else first
    if replay_id and not oldest - 1 <= replay_id <= newest:
        raise ReplayError(
            f"replay id {replay_id} is not in the log, which holds {oldest} to {newest}: read what you missed with"
            " a query, then go on from after=0"
        )
    found = store.db.execute(
        "SELECT replay_id, event FROM salesforce_changes"
        " WHERE replay_id > ? AND (? IS NULL OR entity = ?) ORDER BY replay_id LIMIT ?",
        (replay_id, entity, entity, most),
    ).fetchall()
    events = [{"replayId": row[0], **orjson.loads(row[1])} for row in found]
    return {"events": events, "latestReplayId": newest}
