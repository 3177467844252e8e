"""Field history: who changed which tracked field, from what to what.

Invariant: history rows belong to the same transaction as the change they tell of.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.salesforce import rows
from sandbox.salesforce.admin.conditions import field_name
from sandbox.salesforce.admin.fields import object_of
from sandbox.salesforce.admin.reading import SetupError, texts
from sandbox.salesforce.call import Call
from sandbox.salesforce.schema import Field, ObjectType, Schema
from sandbox.salesforce.store import Row

_HISTORIES = {"Lead": ("LeadHistory", "LeadId"), "Opportunity": ("OpportunityFieldHistory", "OpportunityId")}
_MOST = 20
_DATA_TYPES = {
    "picklist": "DynamicEnum",
    "combobox": "DynamicEnum",
    "boolean": "Boolean",
    "currency": "Currency",
    "date": "DateOnly",
    "datetime": "DateTime",
    "double": "Double",
    "int": "Double",
    "percent": "Percent",
    "email": "Email",
    "phone": "PhoneFaxNumber",
    "url": "Url",
}


def read_history(schema: Schema, value: object) -> dict[str, frozenset[str]]:
    """`{"Lead": ["Status", "OwnerId"]}`: the fields whose changes are kept, at most 20 an object."""
    if not isinstance(value, dict):
        raise SetupError('history is an object like {"Lead": ["Status"]}')
    found = {}
    for name, names in value.items():
        kind = object_of(schema, name, "history")
        if kind.name not in _HISTORIES:
            raise SetupError(f"history is kept of {' and '.join(_HISTORIES)}, not of {kind.name}")
        tracked = {field_name(kind, each, f"history of {kind.name}") for each in texts(names, f"history of {name}")}
        if len(tracked) > _MOST:
            raise SetupError(f"history of {kind.name}: at most {_MOST} fields can be tracked")
        found[kind.name] = frozenset(tracked)
    return found


def read_objects(schema: Schema, value: object) -> frozenset[str]:
    """`["Lead"]`: the objects whose changes are logged."""
    return frozenset(object_of(schema, each, "change_log").name for each in texts(value, "change_log"))


def created(call: Call, kind: ObjectType, row: Row) -> None:
    """The first history row of a record."""
    if call.setup.history.get(kind.name):
        _write(call, kind.name, row["Id"], {"Field": "created", "DataType": "Text"})


def changed(call: Call, kind: ObjectType, old: Row, new: Row) -> None:
    """One history row for each tracked field that has another value now; two for a lookup."""
    tracked: frozenset[str] = call.setup.history.get(kind.name, frozenset())
    if not tracked:
        return
    for item in kind.fields.values():
        if item.name in tracked and old.get(item.name) != new.get(item.name):
            for values in _told(call, item, old.get(item.name), new.get(item.name)):
                _write(call, kind.name, old["Id"], values)
    if new.get("IsConverted") and not old.get("IsConverted"):
        _write(call, kind.name, old["Id"], {"Field": "leadConverted", "DataType": "Text"})


def _told(call: Call, item: Field, old: Any, new: Any) -> list[Row]:
    if item.type == "boolean":
        old, new = ("true" if old else "false"), ("true" if new else "false")
    if not item.targets:
        return [_row(item.name, _DATA_TYPES.get(item.type, "Text"), old, new)]
    # A lookup is told of twice: by the names of what it points at, and by the ids.
    name = item.relationship or item.name
    return [_row(name, "Text", _name(call, old), _name(call, new)), _row(name, "EntityId", old, new)]


def _row(field: str, data_type: str, old: Any, new: Any) -> Row:
    return {"Field": field, "DataType": data_type, "OldValue": old, "NewValue": new}


def _name(call: Call, record_id: str | None) -> Any:
    kind = call.schema.by_prefix.get(record_id[:3]) if record_id else None
    row = call.store.get(kind, record_id) if kind is not None and record_id else None
    return row.get("Name", record_id) if row else record_id


def _write(call: Call, kind: str, record_id: str, values: Mapping[str, Any]) -> None:
    table, parent = _HISTORIES[kind]
    rows.write(call, table, {parent: record_id, **values})
