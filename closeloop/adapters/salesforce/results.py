"""From what Salesforce says about one written record to our outcome for it.

Invariant: a record is called written only when an id says where it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from closeloop.adapters.salesforce.failures import LOCKS
from closeloop.adapters.salesforce.grouping import HasValues
from closeloop.adapters.salesforce.record_ids import full_id
from closeloop.application.ports import CrmOutcome
from closeloop.domain.actions import ActionState

LOCK_WAIT = timedelta(minutes=2)
DUPLICATES = "DUPLICATES_DETECTED"
DUPLICATE_DETAILS = ("duplicateResut", "duplicateResult")
"""Salesforce writes it without the `l` in most API versions."""
TAKEN = re.compile(r"duplicate value found: (?P<field>\w+) duplicates value on record with id: (?P<id>\w{15,18})")


@dataclass(frozen=True)
class Locked:
    """Not written, because somebody else was at the record or its parent: worth another attempt."""

    detail: str


@dataclass(frozen=True)
class Unnamed:
    """Stopped by a duplicate rule, in an answer that does not name the other record: one about this record alone
    does."""

    detail: str


Result = CrmOutcome | Locked | Unnamed


class Keyed(HasValues, Protocol):
    """What was written, with its outcome's key."""

    @property
    def key(self) -> str: ...


def outcome_of(record: Keyed, result: dict[str, Any], key_field: str | None) -> Result:
    """The outcome of one entry of a collection's answer."""
    if result["success"]:
        there_before = result.get("created") is False
        return CrmOutcome(key=record.key, state=ActionState.ACCEPTED, record_id=result["id"], existed=there_before)
    errors = [error for error in result["errors"] if isinstance(error, dict)]
    detail = words(errors)
    if any(code in detail for code in LOCKS):
        return Locked(detail)
    there = _our_own(errors, key_field, record) or _existing(record, errors)
    if there:
        return linked(record.key, there, detail)
    return Unnamed(detail) if DUPLICATES in detail else refused(record.key, detail)


def linked(key: str, record_id: str, detail: str) -> CrmOutcome:
    """The org has the record already."""
    return CrmOutcome(
        key=key, state=ActionState.ACCEPTED, record_id=record_id, detail=f"the record is already there ({detail})"
    )


def own_record(message: str, key_field: str | None) -> str | None:
    """The id in `duplicate value found`, when the value is the one of our own key field."""
    taken = TAKEN.search(message)
    return full_id(taken["id"]) if taken and key_field and taken["field"] == key_field else None


def _our_own(errors: list[dict[str, Any]], key_field: str | None, record: Keyed) -> str | None:
    """An insert that was repeated after its answer was lost meets the record it made itself."""
    if key_field == "Id" or key_field not in record.values:
        return None
    return next((found for e in errors if (found := own_record(str(e.get("message")), key_field))), None)


def _existing(record: Keyed, errors: list[dict[str, Any]]) -> str | None:
    """The best match the org's duplicate rule names among records of the same object."""
    matches = [
        match
        for e in errors
        if DUPLICATES in (e.get("statusCode"), e.get("errorCode"))
        for match in _matches(e, record.object)
    ]
    matches.sort(key=lambda match: (-float(match.get("matchConfidence") or 0), match["record"]["Id"]))
    return str(matches[0]["record"]["Id"]) if matches else None


def _matches(error: dict[str, Any], object_name: str) -> list[dict[str, Any]]:
    named = (error[name] for name in DUPLICATE_DETAILS if isinstance(error.get(name), dict))
    details: dict[str, Any] = next(named, {})
    return [
        match
        for found in details.get("matchResults") or []
        for match in found.get("matchRecords") or []
        if _type_of(match, found) == object_name and match["record"].get("Id")
    ]


def _type_of(match: dict[str, Any], found: dict[str, Any]) -> Any:
    attributes = match.get("record", {}).get("attributes") or {}
    return attributes.get("type") or found.get("entityType")


def words(errors: Any) -> str:
    """The codes and messages of an error body, for people."""
    if not isinstance(errors, list):
        return str(errors)
    return "; ".join(
        f"{e.get('statusCode') or e.get('errorCode')}: {e.get('message')}" if isinstance(e, dict) else str(e)
        for e in errors
    )


def refused(key: str, detail: str) -> CrmOutcome:
    """The org refuses this record for good."""
    return CrmOutcome(key=key, state=ActionState.REJECTED, detail=detail)


def uncertain(key: str, detail: str) -> CrmOutcome:
    """It may have been written."""
    return CrmOutcome(key=key, state=ActionState.UNCERTAIN, detail=detail)


def retry(key: str, detail: str, after: timedelta = LOCK_WAIT) -> CrmOutcome:
    """Surely not written; try again."""
    return CrmOutcome(key=key, state=ActionState.PLANNED, detail=detail, retry_after=after)
