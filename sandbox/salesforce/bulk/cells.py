"""What a cell of an uploaded row means: nothing, null, a value, or a parent named by its external id.

Invariant: an empty cell changes nothing and only `#N/A` empties a field; a cell that cannot be the field's type
is the fault of its own row, never of the whole job.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.salesforce.errors import ApiError, RecordError
from sandbox.salesforce.schema import NUMBER_TYPES, Field, ObjectType
from sandbox.salesforce.values import clean

_NULL = "#N/A"
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_XSD = {"boolean": "boolean", "date": "date", "datetime": "dateTime", "int": "int"}
Body = dict[str, Any]
Put = Callable[[Body, str], None]


class UnknownColumn(ValueError):
    """The header names no field; the text is the name."""


@dataclass(frozen=True)
class Columns:
    """The header of an upload, ready to turn rows into bodies; `key` is where the external id or the id stands."""

    puts: tuple[Put, ...]
    id_at: int | None

    def body(self, row: list[str]) -> Body:
        """The row as the JSON body that would say the same."""
        body: Body = {}
        for put, cell in zip(self.puts, row, strict=True):
            if cell != "":
                put(body, cell)
        return body

    def record_id(self, row: list[str]) -> str:
        """The row's own id, or an empty text."""
        return "" if self.id_at is None else row[self.id_at].strip()


def columns(kind: ObjectType, header: list[str]) -> Columns:
    """Understands a header; `UnknownColumn` if one of its names is no field."""
    lower = [name.lower() for name in header]
    if len(set(lower)) < len(lower):
        raise UnknownColumn(f"{next(name for name in header if lower.count(name.lower()) > 1)} (named twice)")
    puts = tuple(_put(kind, name, at) for at, name in enumerate(header))
    return Columns(puts, lower.index("id") if "id" in lower else None)


def _put(kind: ObjectType, name: str, at: int) -> Put:
    field = kind.by_lower.get(name.lower())
    if field is not None:
        return _own(field, at)
    parent, dot, key = name.partition(".")
    # A reference to several kinds is written `Lead:Who.Email`.
    wanted, colon, relationship = parent.rpartition(":")
    if not dot or relationship.lower() not in kind.parents:
        raise UnknownColumn(name)
    return _parent(relationship, key, wanted if colon else None)


def _own(field: Field, at: int) -> Put:
    def put(body: Body, cell: str) -> None:
        body[field.name] = None if cell == _NULL else _value(field, cell, at)

    return put


def _parent(relationship: str, key: str, wanted: str | None) -> Put:
    attributes = {"attributes": {"type": wanted}} if wanted else {}

    def put(body: Body, cell: str) -> None:
        body[relationship] = {**attributes, key: cell}

    return put


def _value(field: Field, cell: str, at: int) -> Any:
    if field.type == "boolean":
        if cell.lower() not in _BOOLEANS:
            raise _wrong(field, cell, at)
        return _BOOLEANS[cell.lower()]
    if field.type in _XSD or field.type in NUMBER_TYPES:
        try:
            clean(field, cell)
        except RecordError:
            raise
        except ApiError:
            raise _wrong(field, cell, at) from None
    return cell


def _wrong(field: Field, cell: str, at: int) -> RecordError:
    kind = _XSD.get(field.type, "double")
    message = (
        f"Failed to deserialize field at col {at}. Due to, '{cell}' is not a valid value for the type xsd:{kind}"
    )
    return RecordError("INVALID_FIELD", message, [field.name])
