"""sObject trees: records with their children in one call, all of them or none.

Invariant: a child is written after its parent and points at it; one refused record leaves nothing written.
"""

from __future__ import annotations

from typing import Any

from sandbox.salesforce import dml
from sandbox.salesforce.errors import ApiError, RecordError, unreadable
from sandbox.salesforce.rest.request import Answer, Request
from sandbox.salesforce.schema import ObjectType

_MOST = 200
_DEEPEST = 5
Record = dict[str, Any]


class _RolledBack(Exception):
    """Leaves the savepoint of a tree with a refused record."""


def create(request: Request, name: str) -> Answer:
    """POST composite/tree/X."""
    grower = _Tree(request)
    try:
        with request.call.all_or_none():
            grower.plant(request.kind(name), request.json_object.get("records"), {}, depth=1)
            if grower.errors:
                raise _RolledBack
    except _RolledBack:
        return Answer(400, {"hasErrors": True, "results": grower.errors})
    return Answer(201, {"hasErrors": False, "results": grower.results})


class _Tree:
    def __init__(self, request: Request) -> None:
        self._request = request
        self.results: list[Record] = []
        self.errors: list[Record] = []
        self._seen: set[str] = set()

    def plant(self, kind: ObjectType, records: Any, link: Record, depth: int) -> None:
        """Creates records and then their children."""
        if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
            raise unreadable('A tree needs "records", a list of objects')
        if depth > _DEEPEST:
            raise ApiError(400, "LIMIT_EXCEEDED", f"A tree is at most {_DEEPEST} levels deep")
        for record in records:
            self._grow(kind, record, link, depth)

    def _grow(self, kind: ObjectType, record: Record, link: Record, depth: int) -> None:
        reference = self._reference(kind, record)
        branches = {name: value for name, value in record.items() if _branch(value)}
        body = {name: value for name, value in record.items() if name not in branches}
        try:
            record_id = dml.create(self._request.call, kind, {**body, **link})
        except RecordError as error:
            self.errors.append({"referenceId": reference, "errors": [error.entry()]})
            return
        self.results.append({"referenceId": reference, "id": record_id})
        for name, value in branches.items():
            owner, field = self._child(kind, name)
            self.plant(owner, value["records"], {field: record_id}, depth + 1)

    def _reference(self, kind: ObjectType, record: Record) -> str:
        attributes = record.get("attributes")
        reference = attributes.get("referenceId") if isinstance(attributes, dict) else None
        if not isinstance(reference, str) or not reference or reference in self._seen:
            message = "Every record of a tree needs its own attributes.referenceId"
            raise ApiError(400, "INVALID_INPUT", message)
        given = attributes.get("type") if isinstance(attributes, dict) else None
        if not isinstance(given, str) or given.lower() != kind.name.lower():
            raise ApiError(400, "INVALID_INPUT", f"The record {reference} must have attributes.type {kind.name}")
        self._seen.add(reference)
        if len(self._seen) > _MOST:
            raise ApiError(400, "LIMIT_EXCEEDED", f"A tree has at most {_MOST} records")
        return reference

    def _child(self, kind: ObjectType, name: str) -> tuple[ObjectType, str]:
        for owner, field in self._request.call.schema.children[kind.name]:
            if field.children and field.children.lower() == name.lower():
                return owner, field.name
        raise ApiError(400, "INVALID_FIELD", f"No such column '{name}' on sobject of type {kind.name}")


def _branch(value: Any) -> bool:
    return isinstance(value, dict) and "records" in value
