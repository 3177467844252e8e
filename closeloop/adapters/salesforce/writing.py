"""Writes: up to 1,000 records in one API call (five collections of 200), with an outcome for every record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from closeloop.adapters.salesforce.calls import Ambiguous, Calls
from closeloop.application.ports import CrmOutcome
from closeloop.domain.actions import ActionState
from closeloop.domain.errors import CrmRefused, CrmUnavailable

COLLECTION = 200
COLLECTIONS_PER_CALL = 5
LOCKS = frozenset({"UNABLE_TO_LOCK_ROW", "SERVER_UNAVAILABLE"})
LOCK_WAIT = timedelta(minutes=2)


@dataclass(frozen=True)
class Record:
    """One record to write; `key` names its outcome."""

    key: str
    object: str
    values: dict[str, Any]


class Writer:
    """Sends records of one object in as few calls as the API allows."""

    def __init__(self, calls: Calls, version: str) -> None:
        self._calls = calls
        self._base = f"/services/data/v{version}/composite/sobjects"

    def insert(self, records: Sequence[Record]) -> list[CrmOutcome]:
        return self._send(records, "POST", self._base)

    def update(self, records: Sequence[Record]) -> list[CrmOutcome]:
        """Each record's values hold its `Id`."""
        return self._send(records, "PATCH", self._base)

    def upsert(self, records: Sequence[Record], by: str) -> list[CrmOutcome]:
        """By an external id or idLookup field of the records' one object."""
        return self._send(records, "PATCH", f"{self._base}/{records[0].object}/{by}") if records else []

    def _send(self, records: Sequence[Record], method: str, url: str) -> list[CrmOutcome]:
        outcomes: list[CrmOutcome] = []
        per_call = COLLECTION * COLLECTIONS_PER_CALL
        for start in range(0, len(records), per_call):
            outcomes.extend(self._one_call(records[start : start + per_call], method, url))
        return outcomes

    def _one_call(self, records: Sequence[Record], method: str, url: str) -> list[CrmOutcome]:
        groups = [records[n : n + COLLECTION] for n in range(0, len(records), COLLECTION)]
        requests = [_subrequest(group, method, url, n) for n, group in enumerate(groups)]
        body = {"allOrNone": False, "compositeRequest": requests}
        try:
            answer = self._calls.write("composite", body)
        except Ambiguous as problem:
            return [_outcome(record, ActionState.UNCERTAIN, str(problem)) for record in records]
        except (CrmUnavailable, CrmRefused) as problem:
            return [_retry(record, str(problem)) for record in records]
        parts = {part["referenceId"]: part for part in answer["compositeResponse"]}
        return [o for n, group in enumerate(groups) for o in _group_outcomes(group, parts[f"part{n}"])]


def attempted(keys: Iterable[str], write: Callable[[], list[CrmOutcome]]) -> list[CrmOutcome]:
    """The write's outcomes; `try again` for every key when the org could not even be asked what it has."""
    try:
        return write()
    except (CrmUnavailable, CrmRefused) as problem:
        detail = str(problem)
        return [
            CrmOutcome(key=key, state=ActionState.PLANNED, detail=detail, retry_after=LOCK_WAIT) for key in keys
        ]


def _subrequest(group: Sequence[Record], method: str, url: str, number: int) -> dict[str, Any]:
    records = [{"attributes": {"type": record.object}, **record.values} for record in group]
    return {
        "method": method,
        "url": url,
        "referenceId": f"part{number}",
        "body": {"allOrNone": False, "records": records},
    }


def _group_outcomes(group: Sequence[Record], part: dict[str, Any]) -> list[CrmOutcome]:
    """A collection answers with a list in order; anything else is an error for the whole of it."""
    body = part["body"]
    if part["httpStatusCode"] >= 400 or len(body) != len(group):
        detail = _words(body)
        if any(code in detail for code in LOCKS):
            return [_retry(record, detail) for record in group]
        return [_outcome(record, ActionState.REJECTED, detail) for record in group]
    return [_record_outcome(record, result) for record, result in zip(group, body, strict=True)]


def _record_outcome(record: Record, result: dict[str, Any]) -> CrmOutcome:
    if result["success"]:
        return CrmOutcome(key=record.key, state=ActionState.ACCEPTED, record_id=result["id"])
    detail = _words(result["errors"])
    if any(code in detail for code in LOCKS):
        return _retry(record, detail)
    return _outcome(record, ActionState.REJECTED, detail)


def _words(errors: Any) -> str:
    if not isinstance(errors, list):
        return str(errors)
    return "; ".join(f"{e.get('statusCode') or e.get('errorCode')}: {e.get('message')}" for e in errors)


def _outcome(record: Record, state: ActionState, detail: str) -> CrmOutcome:
    return CrmOutcome(key=record.key, state=state, detail=detail)


def _retry(record: Record, detail: str) -> CrmOutcome:
    return CrmOutcome(key=record.key, state=ActionState.PLANNED, detail=detail, retry_after=LOCK_WAIT)
