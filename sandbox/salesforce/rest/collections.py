"""Collections: up to 200 records in one call, each with its own result, or all of them or none.

Invariant: results stand in the order of the records; under allOrNone one refused record leaves nothing
written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Any

from sandbox.salesforce import dml, upserts
from sandbox.salesforce.errors import ApiError, RecordError, unreadable
from sandbox.salesforce.ids import IdError, full_id
from sandbox.salesforce.rest.records import fields_named, rendered
from sandbox.salesforce.rest.request import Answer, Request, flag
from sandbox.salesforce.schema import ObjectType

_MOST_WRITTEN = 200
_MOST_READ = 2000
_MOST_CHUNKS = 10
Record = dict[str, Any]
Action = Callable[[Any], dict[str, Any]]


class _RolledBack(Exception):
    """Leaves the savepoint of an allOrNone collection."""


def create(request: Request) -> Answer:
    """POST composite/sobjects."""

    def insert(record: Record) -> Record:
        return _success(dml.create(request.call, _kind(request, record), record))

    return _each(request, _records(request), insert)


def update(request: Request) -> Answer:
    """PATCH composite/sobjects; every record carries its id."""

    def change(record: Record) -> Record:
        record_id, body = _split_id(record)
        dml.update(request.call, _kind(request, record), record_id, body)
        return _success(record_id)

    return _each(request, _records(request), change)


def upsert(request: Request, name: str, field_name: str) -> Answer:
    """PATCH composite/sobjects/X/Field."""
    kind = request.kind(name)
    field = upserts.key_field(kind, field_name)
    records = _records(request)
    seen: set[str] = set()

    def put(record: Record) -> Record:
        if _kind(request, record) is not kind:
            raise RecordError("INVALID_TYPE", f"every record of this request must be a {kind.name}")
        _once(seen, record, field.name)
        record_id, created = upserts.one(request.call, kind, field, record)
        return {**_success(record_id), "created": created}

    return _each(request, records, put)


def _once(seen: set[str], record: Record, field: str) -> None:
    value = next((item for name, item in record.items() if name.lower() == field.lower()), None)
    if isinstance(value, str) and value:
        if value.lower() in seen:
            raise RecordError("DUPLICATE_VALUE", f"Duplicate external id specified: {value}", [field])
        seen.add(value.lower())


def delete(request: Request) -> Answer:
    """DELETE composite/sobjects?ids=…"""
    ids = [item.strip() for item in request.query.get("ids", "").split(",") if item.strip()]
    _at_most(len(ids), _MOST_WRITTEN)

    def remove(record_id: str) -> Record:
        kind = request.call.schema.by_prefix.get(record_id[:3])
        if kind is None:
            raise RecordError("MALFORMED_ID", f"malformed id {record_id}")
        dml.delete(request.call, kind, _whole(record_id))
        return _success(_whole(record_id))

    return _each(request, ids, remove, flag(request.query.get("allOrNone"), "allOrNone"))


def retrieve(request: Request, name: str) -> Answer:
    """GET or POST composite/sobjects/X: records by id, null for the missing."""
    kind = request.kind(name)
    ids, names = _wanted(request)
    _at_most(len(ids), _MOST_READ)
    fields = fields_named(kind, names)
    rows = [request.call.store.get(kind, _whole(record_id)) for record_id in ids]
    body = [None if row is None or row["IsDeleted"] else rendered(request, kind, row, fields) for row in rows]
    return Answer(200, body)


def _wanted(request: Request) -> tuple[list[str], list[str]]:
    source: Any = request.query if request.method == "GET" else request.json_object
    found = []
    for name in ("ids", "fields"):
        value = source.get(name)
        items = value.split(",") if isinstance(value, str) else value
        if not items or not isinstance(items, list) or not all(isinstance(item, str) for item in items):
            raise ApiError(400, "MISSING_ARGUMENT", f"The parameter {name} is required")
        found.append([item.strip() for item in items])
    return found[0], found[1]


def _records(request: Request) -> list[Record]:
    records = request.json_object.get("records")
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise unreadable('The body needs "records", a list of objects')
    _at_most(len(records), _MOST_WRITTEN)
    chunks = sum(1 for _ in groupby(records, key=_type_name))
    if chunks > _MOST_CHUNKS:
        message = f"The request has {chunks} chunks of records of the same type; at most {_MOST_CHUNKS} are allowed"
        raise ApiError(400, "LIMIT_EXCEEDED", message)
    return records


def _at_most(count: int, most: int) -> None:
    if count > most:
        message = f"record limit reached. cannot submit more than {most} records in this call"
        raise ApiError(400, "EXCEEDED_ID_LIMIT", message)


def _type_name(record: Record) -> str:
    attributes = record.get("attributes")
    name = attributes.get("type") if isinstance(attributes, dict) else None
    return name.lower() if isinstance(name, str) else ""


def _kind(request: Request, record: Record) -> ObjectType:
    kind = request.call.visible.find(_type_name(record))
    if kind is None:
        raise RecordError("INVALID_TYPE", "attributes.type must name an object of this org")
    return kind


def _split_id(record: Record) -> tuple[str, Record]:
    record_id = record.get("id", record.get("Id"))
    if not isinstance(record_id, str) or not record_id:
        raise RecordError("MISSING_ARGUMENT", "Id not specified in an update call", ["Id"])
    return _whole(record_id), {name: value for name, value in record.items() if name.lower() != "id"}


def _whole(record_id: str) -> str:
    try:
        return full_id(record_id)
    except IdError:
        raise RecordError("MALFORMED_ID", f"malformed id {record_id}", ["Id"]) from None


def _success(record_id: str) -> Record:
    return {"id": record_id, "success": True, "errors": []}


def _each(request: Request, records: Iterable[Any], action: Action, wanted: bool | None = None) -> Answer:
    if wanted is None:
        wanted = flag(request.json_object.get("allOrNone"), "allOrNone")
    # The flag of an enclosing composite request overrides that of the collection.
    together = wanted or request.all_or_none
    results: list[Record] = []
    try:
        with request.call.all_or_none():
            results.extend(_attempt(action, record) for record in records)
            if together and not all(result["success"] for result in results):
                raise _RolledBack
    except _RolledBack:
        return Answer(200, [_undone(result) for result in results], rolled_back=True)
    return Answer(200, results)


def _attempt(action: Action, record: Any) -> Record:
    try:
        return action(record)
    except RecordError as error:
        return {"success": False, "errors": [error.entry()]}


def _undone(result: Record) -> Record:
    if not result["success"]:
        return result
    message = "Record rolled back because not all records were valid and the request was using AllOrNone header"
    error = {"statusCode": "ALL_OR_NONE_OPERATION_ROLLED_BACK", "message": message, "fields": []}
    return {"success": False, "errors": [error]}
