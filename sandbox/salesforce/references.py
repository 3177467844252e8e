"""Checks what a reference field points at, and finds the target of `{"Account": {"Ext__c": "v"}}`.

Invariant: no row points at a record that was not alive, and of an allowed kind, when it was written.
"""

from __future__ import annotations

from typing import Any

from sandbox.salesforce.call import Call
from sandbox.salesforce.errors import RecordError, bad_reference, converted_lead, deleted
from sandbox.salesforce.schema import Field, ObjectType
from sandbox.salesforce.values import clean


def target(call: Call, field: Field, record_id: str) -> ObjectType:
    """The kind of record that the id names; a `RecordError` if the field may not point there."""
    for name in field.targets:
        if record_id.startswith(call.schema[name].prefix):
            return call.schema[name]
    message = f"{field.label}: id value of incorrect type: {record_id}"
    raise RecordError("MALFORMED_ID", message, [field.name])


def check(call: Call, field: Field, record_id: str) -> None:
    """Refuses an id of the wrong kind, of a record that is gone, or of a converted lead."""
    kind = target(call, field, record_id)
    if call.store.alive(kind, record_id):
        if kind.name == "Lead" and field.name == "WhoId" and _converted(call, record_id):
            raise converted_lead()
        return
    raise deleted() if call.store.get(kind, record_id) else bad_reference([field.name])


def _converted(call: Call, lead_id: str) -> bool:
    sql = f"SELECT IsConverted FROM {call.schema['Lead'].table} WHERE Id = ?"
    return bool(call.store.db.execute(sql, (lead_id,)).fetchone()[0])


def nested(call: Call, kind: ObjectType, name: str, value: Any) -> tuple[Field, Any]:
    """The reference field and id meant by a nested object that names its target by a unique field."""
    field = kind.parents.get(name.lower())
    if field is None or not isinstance(value, dict):
        raise RecordError("INVALID_FIELD", f"No such column '{name}' on sobject of type {kind.name}")
    given = {key: item for key, item in value.items() if key != "attributes"}
    if len(given) != 1:
        raise RecordError("INVALID_FIELD", f"The nested object {name} needs exactly one external id field", [name])
    ((by, key),) = given.items()
    return field, _found(call, _candidates(call, field, value.get("attributes")), by, key)


def _candidates(call: Call, field: Field, attributes: Any) -> list[ObjectType]:
    """The kinds of record that may be meant; `attributes.type` narrows a reference to several kinds."""
    kinds = [call.schema[target_name] for target_name in field.targets]
    wanted = attributes.get("type") if isinstance(attributes, dict) else None
    return [kind for kind in kinds if wanted is None or kind.name.lower() == str(wanted).lower()]


def _found(call: Call, kinds: list[ObjectType], name: str, value: Any) -> str:
    keyed = [(kind, kind.by_lower[name.lower()]) for kind in kinds if name.lower() in kind.by_lower]
    keyed = [(kind, by) for kind, by in keyed if by.lookup]
    if not keyed:
        message = f"Field name provided, {name} is not an External ID or indexed field"
        raise RecordError("INVALID_FIELD", message)
    ids = [found for kind, by in keyed for found in call.store.matching(kind, by.name, clean(by, value))]
    if len(ids) > 1:
        message = f"{name}: more than one record found for external id field: [{', '.join(ids)}]"
        raise RecordError("DUPLICATE_EXTERNAL_ID", message, [name])
    if not ids:
        where = " or ".join(kind.name for kind, _ in keyed)
        message = f"Foreign key external ID: {value} not found for field {name} in entity {where}"
        raise RecordError("INVALID_FIELD", message)
    return ids[0]
