"""An org's setup as a whole: read from JSON, in force for every call from then on.

Invariant: a setup is taken over completely or, when any part is wrong, not at all; where the CRM is kept between
runs, so is its setup.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.salesforce.admin import duplicates, fields, messages, record_types, tracking, validation
from sandbox.salesforce.admin.reading import SetupError
from sandbox.salesforce.schema import Schema

SECTIONS = (
    "fields",
    "record_types",
    "field_security",
    "validation_rules",
    "duplicate_rules",
    "history",
    "change_log",
    "outbound_messages",
)


@dataclass(frozen=True)
class Setup:
    """What the administrator has set up; `schema` is everybody's, `visible` what our user sees of it."""

    schema: Schema
    visible: Schema
    given: Mapping[str, Any] = field(default_factory=dict)
    record_types: tuple[record_types.RecordType, ...] = ()
    validation_rules: tuple[validation.ValidationRule, ...] = ()
    duplicate_rules: tuple[duplicates.DuplicateRule, ...] = ()
    history: Mapping[str, frozenset[str]] = field(default_factory=dict)
    change_log: frozenset[str] = frozenset()
    outbound_messages: tuple[messages.OutboundMessage, ...] = ()


def read(base: Schema, before: Mapping[str, Any], given: Mapping[str, Any]) -> Setup:
    """The setup that results when the given sections take the place of those before."""
    unknown = sorted(set(given) - set(SECTIONS))
    if unknown:
        raise SetupError(f"unknown section {unknown[0]!r}; known are {', '.join(SECTIONS)}")
    whole = {**before, **given}
    types = record_types.read(base, whole.get("record_types", []))
    added = (*fields.read(base, whole.get("fields", [])), *record_types.fields(types))
    schema = fields.org_schema(base, added)
    security = fields.read_security(schema, whole.get("field_security", {}))
    return Setup(
        schema=schema,
        visible=fields.visible(schema, security),
        given=whole,
        record_types=types,
        validation_rules=validation.read(schema, whole.get("validation_rules", [])),
        duplicate_rules=duplicates.read(schema, whole.get("duplicate_rules", [])),
        history=tracking.read_history(schema, whole.get("history", {})),
        change_log=tracking.read_objects(schema, whole.get("change_log", [])),
        outbound_messages=messages.read(schema, whole.get("outbound_messages", [])),
    )


def kept(db: sqlite3.Connection) -> dict[str, Any]:
    """The sections that were in force when this database was last used."""
    db.execute("CREATE TABLE IF NOT EXISTS salesforce_setup (one INTEGER PRIMARY KEY CHECK (one = 1), given TEXT)")
    row = db.execute("SELECT given FROM salesforce_setup").fetchone()
    return dict(json.loads(row[0])) if row else {}


def keep(db: sqlite3.Connection, setup: Setup) -> None:
    """Inside the transaction that brings the setup into force."""
    db.execute("INSERT OR REPLACE INTO salesforce_setup VALUES (1, ?)", (json.dumps(dict(setup.given)),))
