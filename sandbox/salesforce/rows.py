"""Rows the org itself writes: audit fields, defaults and an id, with no client to blame.

Invariant: every row carries an owner where its object has one, and the audit fields of the request that
wrote it.
"""

from __future__ import annotations

from functools import cache

from sandbox.salesforce.call import Call
from sandbox.salesforce.schema import ObjectType
from sandbox.salesforce.store import Row


@cache
def defaults(kind: ObjectType) -> Row:
    """The default picklist values that a new record gets where nothing is given."""
    return {item.name: item.default for item in kind.fields.values() if item.default is not None}


def with_defaults(call: Call, kind: ObjectType, values: Row) -> Row:
    """The values of a new record, completed by audit fields, picklist defaults and the owner."""
    row: Row = {
        "CreatedDate": call.now,
        "CreatedById": call.user_id,
        "LastModifiedDate": call.now,
        "LastModifiedById": call.user_id,
        "SystemModstamp": call.now,
        **values,
    }
    for name, default in defaults(kind).items():
        if row.get(name) is None:
            row[name] = default
    if "OwnerId" in kind.fields and row.get("OwnerId") is None:
        row["OwnerId"] = call.user_id
    return row


def write(call: Call, kind_name: str, values: Row) -> str:
    """Stores a record that follows from another one; returns its id."""
    kind = call.schema[kind_name]
    row = with_defaults(call, kind, values)
    row["Id"] = call.store.next_id(kind.prefix)
    call.store.insert(kind, row)
    return str(row["Id"])
