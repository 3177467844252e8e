"""Single records: create, read, change, delete, and upsert by an external id.

Invariant: an upsert writes at most one record; where several match it answers 300 and writes nothing.
"""

from __future__ import annotations

from typing import Any

from sandbox.salesforce import dml, upserts
from sandbox.salesforce.errors import ApiError, deleted, not_found
from sandbox.salesforce.ids import IdError, full_id
from sandbox.salesforce.rest.request import Answer, Request, flag
from sandbox.salesforce.schema import Field, ObjectType
from sandbox.salesforce.store import Row
from sandbox.salesforce.values import clean

_FIRST_WITH_UPSERT_BODY = 46


def create(request: Request, name: str) -> Answer:
    """POST sobjects/X."""
    kind = request.kind(name)
    record_id = dml.create(request.call, kind, request.json_object)
    return Answer(201, {"id": record_id, "success": True, "errors": []}, _location(request, kind, record_id))


def _location(request: Request, kind: ObjectType, record_id: str) -> dict[str, str]:
    return {"Location": f"{request.base}/sobjects/{kind.name}/{record_id}"}


def read(request: Request, name: str, record_id: str) -> Answer:
    """GET sobjects/X/id, with `fields` to narrow it."""
    kind = request.kind(name)
    row = _found(request, kind, record_id)
    return Answer(200, rendered(request, kind, row, _wanted(request, kind)))


def _wanted(request: Request, kind: ObjectType) -> list[Field]:
    given = request.query.get("fields", "")
    if not given:
        return list(kind.fields.values())
    return fields_named(kind, [name.strip() for name in given.split(",") if name.strip()])


def fields_named(kind: ObjectType, names: list[str]) -> list[Field]:
    """The fields of the given names, or INVALID_FIELD."""
    for name in names:
        if name.lower() not in kind.by_lower:
            raise ApiError(400, "INVALID_FIELD", f"No such column '{name}' on sobject of type {kind.name}")
    return [kind.by_lower[name.lower()] for name in names]


def rendered(request: Request, kind: ObjectType, row: Row, fields: list[Field]) -> dict[str, Any]:
    """A record as REST shows it."""
    address = f"{request.base}/sobjects/{kind.name}/{row['Id']}"
    record: dict[str, Any] = {"attributes": {"type": kind.name, "url": address}}
    for item in fields:
        value = row[item.name]
        if item.type == "boolean":
            value = bool(value)
        elif item.type == "base64" and value is not None:
            value = f"{address}/{item.name}"
        record[item.name] = value
    return record


def _found(request: Request, kind: ObjectType, record_id: str) -> Row:
    try:
        row = request.call.store.get(kind, full_id(record_id))
    except IdError:
        message = f"Provided external ID field does not exist or is not accessible: {record_id}"
        raise not_found(message) from None
    if row is None:
        raise not_found()
    if row["IsDeleted"]:
        raise deleted()
    return row


def update(request: Request, name: str, record_id: str) -> Answer:
    """PATCH sobjects/X/id."""
    dml.update(request.call, request.kind(name), _full(record_id), request.json_object)
    return Answer(204)


def delete(request: Request, name: str, record_id: str) -> Answer:
    """DELETE sobjects/X/id."""
    dml.delete(request.call, request.kind(name), _full(record_id))
    return Answer(204)


def _full(record_id: str) -> str:
    try:
        return full_id(record_id)
    except IdError:
        message = f"Provided external ID field does not exist or is not accessible: {record_id}"
        raise not_found(message) from None


def upsert(request: Request, name: str, field_name: str, value: str) -> Answer:
    """PATCH sobjects/X/Field/value."""
    kind = request.kind(name)
    field = upserts.key_field(kind, field_name)
    _not_in_body(request.json_object, field)
    matches = upserts.matches(request.call, kind, field, value)
    if len(matches) > 1:
        return _several(request, kind, matches)
    update_only = flag(request.query.get("updateOnly"), "updateOnly")
    record_id, created = upserts.write(request.call, kind, field, value, request.json_object, matches, update_only)
    if not created and float(request.version) < _FIRST_WITH_UPSERT_BODY:
        return Answer(204)
    body = {"id": record_id, "success": True, "errors": [], "created": created}
    return Answer(201, body, _location(request, kind, record_id)) if created else Answer(200, body)


def _several(request: Request, kind: ObjectType, ids: list[str]) -> Answer:
    return Answer(300, [f"{request.base}/sobjects/{kind.name}/{found}" for found in ids])


def _not_in_body(body: dict[str, Any], field: Field) -> None:
    if any(name.lower() == field.name.lower() for name in body):
        message = f"The {field.name} field should not be specified in the sobject data."
        raise ApiError(400, "INVALID_FIELD", message, [field.name])


def insert_by_id_path(request: Request, name: str) -> Answer:
    """POST sobjects/X/Id: a plain insert."""
    return create(request, name)


def read_by_key(request: Request, name: str, field_name: str, value: str) -> Answer:
    """GET sobjects/X/Field/value, and the bytes of a blob field."""
    kind = request.kind(name)
    blob = kind.by_lower.get(value.lower())
    if blob is not None and blob.type == "base64":
        return _bytes(request, kind, field_name, blob)
    field = upserts.key_field(kind, field_name)
    ids = request.call.store.matching(kind, field.name, clean(field, value))
    if not ids:
        raise not_found()
    if len(ids) > 1:
        return _several(request, kind, ids)
    return Answer(200, rendered(request, kind, _found(request, kind, ids[0]), _wanted(request, kind)))


def _bytes(request: Request, kind: ObjectType, record_id: str, field: Field) -> Answer:
    if request.inner:
        raise ApiError(400, "INVALID_REQUEST", "Binary data cannot be fetched inside a composite request")
    row = _found(request, kind, record_id)
    return Answer(200, headers={"Content-Type": "application/octet-stream"}, raw=row[field.name] or b"")
