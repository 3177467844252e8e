"""Record types: an object that has some has a field for them, and says which of them our user may choose.

Invariant: a record carries only a type of its own object that the user may choose, or none, which is the master.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.salesforce import rows
from sandbox.salesforce.admin.fields import FieldSetup, object_of
from sandbox.salesforce.admin.reading import SetupError, part, parts, text, truth
from sandbox.salesforce.call import Call
from sandbox.salesforce.errors import RecordError
from sandbox.salesforce.ids import make_id
from sandbox.salesforce.schema import Field, ObjectType, Schema

MASTER = "012000000000000AAA"
FIELD = Field(
    name="RecordTypeId",
    label="Record Type ID",
    type="reference",
    length=18,
    precision=0,
    scale=0,
    flags=frozenset("CUNFSG"),
    targets=("RecordType",),
    relationship="RecordType",
)
_KNOWN = {"object": ..., "name": ..., "available": True}


@dataclass(frozen=True)
class RecordType:
    """A type of one object's records; `available` says whether our user may choose it."""

    id: str
    object: str
    name: str
    available: bool

    @property
    def developer_name(self) -> str:
        """Its name in code."""
        return self.name.replace(" ", "_")

    @property
    def info(self) -> dict[str, Any]:
        """What a describe says of it."""
        return {
            "active": True,
            "available": self.available,
            "defaultRecordTypeMapping": False,
            "developerName": self.developer_name,
            "master": False,
            "name": self.name,
            "recordTypeId": self.id,
            "urls": {},
        }


def read(schema: Schema, value: object) -> tuple[RecordType, ...]:
    """The record types of a setup. Their ids follow from their places, so a setup names the same ones again."""
    found = []
    for number, (what, each) in enumerate(parts(value, "record_types"), start=1):
        given = part(each, what, _KNOWN)
        kind = object_of(schema, given["object"], f"{what}.object")
        if not {"C", "U"} <= kind.flags:
            raise SetupError(f"{what}.object: {kind.name} has no record types")
        name = text(given["name"], f"{what}.name")
        available = truth(given["available"], f"{what}.available")
        found.append(RecordType(make_id("012", number), kind.name, name, available))
    return tuple(found)


def fields(types: tuple[RecordType, ...]) -> tuple[FieldSetup, ...]:
    """The field that each object with record types has."""
    return tuple(FieldSetup(name, FIELD) for name in dict.fromkeys(each.object for each in types))


def show(call: Call, types: tuple[RecordType, ...]) -> None:
    """Lists them as records, where a client finds them."""
    kind = call.schema["RecordType"]
    call.store.db.execute(f"DELETE FROM {kind.table}")
    for each in types:
        values = {"Name": each.name, "DeveloperName": each.developer_name, "SobjectType": each.object}
        call.store.insert(kind, rows.with_defaults(call, kind, {"Id": each.id, "IsActive": 1, **values}))


def chosen(call: Call, types: tuple[RecordType, ...], kind: ObjectType, record_type: str) -> str | None:
    """The type that a record of this object then has, None for the master; refuses what the user may not choose."""
    if record_type == MASTER:
        return None
    ours = [each for each in types if each.id == record_type and each.object == kind.name]
    if not any(each.available or not call.secured for each in ours):
        message = f"Record Type ID: this ID value isn't valid for the user: {record_type}"
        raise RecordError("INVALID_CROSS_REFERENCE_KEY", message, [FIELD.name])
    return record_type
