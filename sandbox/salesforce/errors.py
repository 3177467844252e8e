"""What the org refuses, with the codes and texts that Salesforce uses.

A `RecordError` belongs to one record and may sit beside successes; an `ApiError` fails the whole request.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class ApiError(Exception):
    """A whole request refused: HTTP status and the one-element error array of the REST API."""

    def __init__(self, status: int, code: str, message: str, fields: Sequence[str] | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.fields = None if fields is None else list(fields)

    def body(self) -> list[dict[str, Any]]:
        """The error array of a single-record or query answer."""
        error: dict[str, Any] = {"message": self.message, "errorCode": self.code}
        if self.fields is not None:
            error["fields"] = self.fields
        return [error]


class RecordError(ApiError):
    """One record refused; collections report it in its place and go on."""

    def __init__(self, code: str, message: str, fields: Sequence[str] = (), status: int = 400) -> None:
        super().__init__(status, code, message, fields)

    def entry(self) -> dict[str, Any]:
        """The error as collections spell it: `statusCode` where a single answer says `errorCode`."""
        return {"statusCode": self.code, "message": self.message, "fields": self.fields or []}


def not_found(message: str = "The requested resource does not exist") -> ApiError:
    """There is nothing at this address."""
    return ApiError(404, "NOT_FOUND", message)


def unreadable(message: str) -> ApiError:
    """The body could not be read; nothing of the request is carried out."""
    return ApiError(400, "JSON_PARSER_ERROR", message)


def deleted() -> RecordError:
    """The record lies in the recycle bin."""
    return RecordError("ENTITY_IS_DELETED", "entity is deleted", status=404)


def bad_reference(fields: Sequence[str] = ()) -> RecordError:
    """The id names no record."""
    return RecordError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", fields)


def converted_lead() -> RecordError:
    """A converted lead is read-only."""
    return RecordError("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")


def missing(names: Sequence[str]) -> RecordError:
    """Fields that the record cannot be without."""
    return RecordError("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(names)}]", names)


def locked(status: int = 500, record_id: str = "") -> RecordError:
    """Another transaction holds the record for longer than the org waits."""
    named = f": {record_id}" if record_id else ""
    message = f"unable to obtain exclusive access to this record or 1 records{named}"
    return RecordError("UNABLE_TO_LOCK_ROW", message, status=status)
