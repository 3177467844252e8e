"""Creates, changes and deletes records the way the API does: validated from the describe flags, one error a
record.

Invariant: a record that is refused has written nothing. Every attempt is noted on the call for the journal.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from sandbox.salesforce import cascade, outbound, references, rows, rules
from sandbox.salesforce.admin import changes as change_log
from sandbox.salesforce.admin import duplicates, record_types, tracking, validation
from sandbox.salesforce.call import Call
from sandbox.salesforce.errors import RecordError, converted_lead, deleted, missing, not_found
from sandbox.salesforce.ids import IdError, full_id
from sandbox.salesforce.schema import AUDIT, Field, ObjectType
from sandbox.salesforce.store import Row
from sandbox.salesforce.values import clean

KEY = "Closeloop_Key__c"
_NOT_HELD = AUDIT | {"OwnerId"}


def create(call: Call, kind: ObjectType, body: Mapping[str, Any], op: str = "create") -> str:
    """Inserts a record and returns its id."""
    try:
        _allowed(kind, "C", "create")
        values = _cleaned(call, call.visible[kind.name], body, "C")
        call.guard(op, kind.name, _touched(kind, values))
        record_id = insert(call, call.schema[kind.name], values)
    except RecordError as error:
        call.note(op, kind.name, None, False, _key(body), error=error.code)
        raise
    call.note(op, kind.name, record_id, True, _key(body))
    return record_id


def update(call: Call, kind: ObjectType, record_id: str, body: Mapping[str, Any], op: str = "update") -> None:
    """Changes the given fields of one record."""
    key = _key(body)
    try:
        _allowed(kind, "U", "update")
        old = existing(call, kind, record_id)
        key = key or old.get(KEY)
        values = _cleaned(call, call.visible[kind.name], body, "U")
        call.guard(op, kind.name, _touched(kind, {**old, **values}))
        change(call, call.schema[kind.name], old, values)
    except RecordError as error:
        call.note(op, kind.name, record_id, False, key, error=error.code, fields=_names(body))
        raise
    call.note(op, kind.name, record_id, True, key, fields=_names(body))


def delete(call: Call, kind: ObjectType, record_id: str) -> None:
    """Moves a record, and what hangs on it, to the recycle bin."""
    key = None
    try:
        _allowed(kind, "D", "delete")
        old = existing(call, kind, record_id)
        key = old.get(KEY)
        call.guard("delete", kind.name, _touched(kind, old))
        cascade.bin_record(call, kind, old["Id"])
    except RecordError as error:
        call.note("delete", kind.name, record_id, False, key, error=error.code)
        raise
    call.note("delete", kind.name, record_id, True, key)


def _touched(kind: ObjectType, row: Row) -> list[str]:
    """The records that a write holds on to: the record itself and those it hangs on."""
    own = [row["Id"]] if row.get("Id") else []
    return [*own, *(row[name] for name in _held(kind) if row.get(name))]


@cache
def _held(kind: ObjectType) -> tuple[str, ...]:
    return tuple(item.name for item in kind.fields.values() if item.targets and item.name not in _NOT_HELD)


def _names(body: Mapping[str, Any]) -> list[str]:
    return [name for name in body if name != "attributes"]


def _key(body: Mapping[str, Any]) -> str | None:
    value = body.get(KEY)
    return value if isinstance(value, str) else None


def _allowed(kind: ObjectType, flag: str, verb: str) -> None:
    if flag not in kind.flags:
        message = f"entity type {kind.name} does not support {verb}"
        raise RecordError("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", message)


def existing(call: Call, kind: ObjectType, record_id: str) -> Row:
    """The live row with this id; a `RecordError` says whether it was deleted or never was."""
    try:
        old = call.store.get(kind, full_id(record_id))
    except IdError:
        raise RecordError("MALFORMED_ID", f"malformed id {record_id}", ["Id"]) from None
    if old is None:
        missing_record = not_found()
        raise RecordError(missing_record.code, missing_record.message, status=404)
    if old["IsDeleted"]:
        raise deleted()
    return old


def insert(call: Call, kind: ObjectType, values: Row) -> str:
    """Writes a cleaned record with its defaults and consequences; also for the org's own records."""
    row = rows.with_defaults(call, kind, values)
    rules.before_insert(call, kind, row)
    absent = [item.name for item in kind.required if row.get(item.name) is None]
    if absent:
        raise missing(absent)
    _admitted(call, kind, row, None)
    _unique(call, kind, row, "")
    row["Id"] = call.store.next_id(kind.prefix)
    call.store.insert(kind, row)
    rules.after_insert(call, kind, row)
    tracking.created(call, kind, row)
    change_log.note(call, kind, "CREATE", row["Id"], row)
    outbound.queue(call, kind, row, None)
    return str(row["Id"])


def change(call: Call, kind: ObjectType, old: Row, changes: Row) -> None:
    """Writes cleaned changes to an existing row with their consequences."""
    if old.get("IsConverted") and kind.name == "Lead":
        raise converted_lead()
    absent = [name for name, value in changes.items() if value is None and _must(kind.fields[name])]
    if absent:
        raise missing(absent)
    rules.before_update(call, kind, old, changes)
    _admitted(call, kind, {**old, **changes}, old)
    _unique(call, kind, changes, old["Id"])
    changes |= {"LastModifiedDate": call.now, "LastModifiedById": call.user_id, "SystemModstamp": call.now}
    call.store.update(kind, old["Id"], changes)
    rules.after_update(call, kind, old, {**old, **changes})
    tracking.changed(call, kind, old, {**old, **changes})
    change_log.note(call, kind, "UPDATE", old["Id"], changes, old)
    outbound.queue(call, kind, {**old, **changes}, old)


def _admitted(call: Call, kind: ObjectType, new: Row, old: Row | None) -> None:
    """The administrator's rules over the record as it would be."""
    if call.setup.validation_rules:
        validation.check(call.setup.validation_rules, kind.name, new, old)
    if call.setup.duplicate_rules:
        duplicates.check(call, call.setup.duplicate_rules, kind, new, old)


def _must(field: Field) -> bool:
    return not field.nillable and field.type != "boolean"


def _unique(call: Call, kind: ObjectType, row: Row, own_id: str) -> None:
    for field in kind.unique:
        value = row.get(field.name)
        others = call.store.matching(kind, field.name, value) if value is not None else []
        for other in others:
            if other != own_id:
                message = f"duplicate value found: {field.name} duplicates value on record with id: {other[:15]}"
                raise RecordError("DUPLICATE_VALUE", message, [field.name])


def _cleaned(call: Call, kind: ObjectType, body: Mapping[str, Any], flag: str) -> Row:
    values: Row = {}
    blocked: list[str] = []
    fields = kind.by_lower
    for name, given in body.items():
        field, value = fields.get(name.lower()), given
        if field is None:
            if name == "attributes":
                continue
            field, value = references.nested(call, kind, name, value)
        if flag not in field.flags:
            blocked.append(field.name)
            continue
        values[field.name] = cleaned = clean(field, value)
        if cleaned is not None and field.name == record_types.FIELD.name:
            values[field.name] = record_types.chosen(call, call.setup.record_types, kind, cleaned)
        elif cleaned is not None and field.targets:
            references.check(call, field, cleaned)
    if blocked:
        raise _read_only(blocked)
    return values


def _read_only(names: list[str]) -> RecordError:
    message = (
        f"Unable to create/update fields: {', '.join(names)}. Please check the security settings of this"
        " field and"
        " verify that it is read/write for your profile or permission set."
    )
    return RecordError("INVALID_FIELD_FOR_INSERT_UPDATE", message, names)
