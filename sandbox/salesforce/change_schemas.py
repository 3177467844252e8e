"""The Avro schemas of change events, and a logged change as the record that such a schema describes.

Invariant: changed and emptied fields are told as bitmaps over the schema's fields, the first one's bit the lowest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from functools import cache
from typing import Any

from fastavro import parse_schema

from sandbox.salesforce.schema import ObjectType
from sandbox.salesforce.values import parse_moment

_HEADER = "ChangeEventHeader"
_CHANGES = (
    "CREATE UPDATE DELETE UNDELETE GAP_CREATE GAP_UPDATE GAP_DELETE GAP_UNDELETE GAP_OVERFLOW SNAPSHOT".split()
)
_AVRO = {"boolean": "boolean", "int": "int", "double": "double", "currency": "double", "percent": "double"}
_LEFT_OUT = {"Id", "IsDeleted", "VersionData"}
_MOMENTS = {"datetime"}


def event_name(kind: ObjectType) -> str:
    """`LeadChangeEvent`, or `Custom__ChangeEvent` for an object of the org's own."""
    return f"{kind.name[:-1]}ChangeEvent" if kind.name.endswith("__c") else f"{kind.name}ChangeEvent"


@cache
def schema_of(kind: ObjectType) -> dict[str, Any]:
    """The schema of an object's change events."""
    fields: list[dict[str, Any]] = [{"name": _HEADER, "type": _header()}]
    for each in kind.fields.values():
        if each.name not in _LEFT_OUT:
            avro = "long" if each.type in _MOMENTS else _AVRO.get(each.type, "string")
            fields.append({"name": each.name, "type": ["null", avro], "default": None})
    return {"type": "record", "name": event_name(kind), "namespace": "com.sforce.eventbus", "fields": fields}


def _header() -> dict[str, Any]:
    texts = {"type": "array", "items": "string"}
    kinds: list[tuple[str, Any]] = [
        ("entityName", "string"),
        ("recordIds", texts),
        ("changeType", {"type": "enum", "name": "ChangeType", "symbols": _CHANGES}),
        ("changeOrigin", "string"),
        ("transactionKey", "string"),
        ("sequenceNumber", "int"),
        ("commitTimestamp", "long"),
        ("commitNumber", "long"),
        ("commitUser", "string"),
        ("nulledFields", texts),
        ("diffFields", texts),
        ("changedFields", texts),
    ]
    return {"type": "record", "name": _HEADER, "fields": [{"name": name, "type": kind} for name, kind in kinds]}


@cache
def schema_id(kind: ObjectType) -> str:
    """The same for the same fields."""
    return hashlib.sha256(json.dumps(schema_of(kind)).encode()).hexdigest()[:22]


@cache
def parsed(kind: ObjectType) -> Any:
    """The schema as the writer takes it."""
    return parse_schema(schema_of(kind))


def content(kind: ObjectType, logged: dict[str, Any]) -> dict[str, Any]:
    """A logged change as a record of the schema."""
    header = logged[_HEADER]
    told: dict[str, Any] = {
        **header,
        "sequenceNumber": 1,
        "commitNumber": logged["replayId"],
        "diffFields": [],
        "nulledFields": _bitmap(kind, header["nulledFields"]),
        "changedFields": _bitmap(kind, header["changedFields"]),
    }
    values = {name: _avro(kind, name, value) for name, value in logged.items() if name in kind.fields}
    return {_HEADER: told, **values}


def _avro(kind: ObjectType, name: str, value: Any) -> Any:
    field = kind.fields[name]
    if value is None:
        return None
    if field.type in _MOMENTS:
        moment = parse_moment(str(value))
        return int(moment.timestamp() * 1000) if moment else None
    avro = _AVRO.get(field.type, "string")
    return bool(value) if avro == "boolean" else value if avro != "string" else str(value)


def _bitmap(kind: ObjectType, names: Iterable[str]) -> list[str]:
    places = {field["name"]: place for place, field in enumerate(schema_of(kind)["fields"])}
    bits = sum(1 << places[name] for name in names if name in places)
    return [f"0x{bits:X}"] if bits else []
