"""Many rows in one statement: they travel as one JSON text, which costs a fraction of binding value by value.

Invariant: what is written is what row-by-row statements would write, in the same order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, TextClause, text

from closeloop.adapters.ledger.codec import dump_json
from closeloop.adapters.ledger.columns import POSTGRESQL

_HISTORY = {
    "action_key": "text",
    "at": "timestamptz",
    "old_state": "text",
    "new_state": "text",
    "attempt": "integer",
    "worker": "text",
    "detail": "text",
    "provider_id": "text",
}
_OUTCOME = {"key": "text", "state": "text", "detail": "text", "provider_id": "text", "due_at": "timestamptz"}


def record(connection: Connection, events: Iterable[Mapping[str, Any]]) -> None:
    """Append history, inside the transaction of the move."""
    _carry_out(connection, _append, [[event[name] for name in _HISTORY] for event in events])


def move(connection: Connection, outcomes: Iterable[Mapping[str, Any]]) -> None:
    """Set the state of actions and free them; where an outcome has no provider id or due date, theirs stay."""
    last: dict[str, Mapping[str, Any]] = {}
    for outcome in outcomes:  # one UPDATE changes a row once
        if before := last.get(outcome["key"]):
            known = {name: value for name, value in outcome.items() if value is not None}
            last[outcome["key"]] = {**before, **known}
        else:
            last[outcome["key"]] = outcome
    _carry_out(connection, _settle, [[outcome[name] for name in _OUTCOME] for outcome in last.values()])


def _carry_out(connection: Connection, statement: Any, rows: Sequence[Sequence[Any]]) -> None:
    if not rows:
        return
    moments: dict[datetime, str] = {}
    plain = [[_plain(value, moments) for value in row] for row in rows]
    connection.execute(statement(connection.dialect.name), {"rows": dump_json(plain)})


def _plain(value: Any, moments: dict[datetime, str]) -> Any:
    """As the column holds it. Thousands of rows share one moment, so each is written out once."""
    if not isinstance(value, datetime):
        # PostgreSQL has no text with this character in it.
        return value.replace("\x00", "\ufffd") if isinstance(value, str) and "\x00" in value else value
    if value not in moments:
        moments[value] = value.astimezone(UTC).isoformat(timespec="microseconds")
    return moments[value]


def _given(columns: Mapping[str, str], dialect: str) -> str:
    """A SELECT of the rows in the JSON text, as columns with their types."""
    typed = enumerate(columns.items())
    if dialect == POSTGRESQL:
        picked = [f"CAST(value ->> {place} AS {kind}) AS {name}" for place, (name, kind) in typed]
        return f"SELECT {', '.join(picked)} FROM json_array_elements(CAST(:rows AS json))"
    picked = [f"json_extract(value, '$[{place}]') AS {name}" for place, (name, _) in typed]
    return f"SELECT {', '.join(picked)} FROM json_each(:rows)"


@lru_cache
def _append(dialect: str) -> TextClause:
    return text(f"INSERT INTO action_events ({', '.join(_HISTORY)}) {_given(_HISTORY, dialect)}")


@lru_cache
def _settle(dialect: str) -> TextClause:
    return text(
        "UPDATE actions SET state = given.state, detail = given.detail, worker = NULL, lease_until = NULL, "
        "provider_id = coalesce(given.provider_id, actions.provider_id), "
        f"due_at = coalesce(given.due_at, actions.due_at) FROM ({_given(_OUTCOME, dialect)}) AS given "
        "WHERE actions.key = given.key"
    )
