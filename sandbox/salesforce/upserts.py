"""Upsert: find by an external id or idLookup field, then create or change.

Invariant: the match is case-blind and sees live records only; two matches are an error, never a choice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.salesforce import dml
from sandbox.salesforce.call import Call
from sandbox.salesforce.errors import RecordError, not_found
from sandbox.salesforce.schema import Field, ObjectType
from sandbox.salesforce.values import clean


def key_field(kind: ObjectType, name: str) -> Field:
    """The field that an upsert address names; NOT_FOUND if it cannot identify records."""
    field = kind.by_lower.get(name.lower())
    if field is None or not (field.lookup or field.type == "id"):
        raise not_found(f"Provided external ID field does not exist or is not accessible: {name}")
    return field


def matches(call: Call, kind: ObjectType, field: Field, value: Any) -> list[str]:
    """The ids of the records that carry this key."""
    cleaned = clean(field, value)
    return [] if cleaned is None else call.store.matching(kind, field.name, cleaned)


def write(
    call: Call,
    kind: ObjectType,
    field: Field,
    value: Any,
    body: Mapping[str, Any],
    found: list[str],
    update_only: bool = False,
) -> tuple[str, bool]:
    """Changes the one match, or creates a record with the key; returns its id and whether it is new."""
    if len(found) > 1:
        call.note("upsert", kind.name, None, False, _noted(field, value), error="DUPLICATE_EXTERNAL_ID")
        raise _ambiguous(field, found)
    if found:
        dml.update(call, kind, found[0], body, op="upsert")
        return found[0], False
    if update_only or (field.type == "id" and value):
        raise not_found()
    key = {} if field.type == "id" else {field.name: value}
    return dml.create(call, kind, {**key, **body}, op="upsert"), True


def _noted(field: Field, value: Any) -> str | None:
    return value if field.name == dml.KEY else None


def _ambiguous(field: Field, found: list[str]) -> RecordError:
    message = f"{field.name}: more than one record found for external id field: [{', '.join(found)}]"
    return RecordError("DUPLICATE_EXTERNAL_ID", message, [field.name])


def one(call: Call, kind: ObjectType, field: Field, record: Mapping[str, Any]) -> tuple[str, bool]:
    """Upserts one record of a collection, whose key is among its fields."""
    body = {name: value for name, value in record.items() if name.lower() != field.name.lower()}
    value = next((item for name, item in record.items() if name.lower() == field.name.lower()), None)
    if value is None and field.type != "id":
        raise RecordError("MISSING_ARGUMENT", f"{field.name} not specified", [field.name])
    found = matches(call, kind, field, value)
    if field.type == "id" and value and not found:
        dml.existing(call, kind, value)
    return write(call, kind, field, value, body, found)
