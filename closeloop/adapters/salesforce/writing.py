"""Writes: up to 1,000 records in one API call (five collections of 200), with an outcome for every record.

Invariant: each record has exactly one outcome, in the order given; what may have been written is never written
again unless doing it twice is doing it once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from closeloop.adapters.salesforce.bulk import Bulk
from closeloop.adapters.salesforce.calls import Calls
from closeloop.adapters.salesforce.failures import LOCKS, Ambiguous, DailyLimit
from closeloop.adapters.salesforce.grouping import COLLECTION, collections
from closeloop.adapters.salesforce.reading import Reader
from closeloop.adapters.salesforce.results import (
    LOCK_WAIT,
    Locked,
    Result,
    Unnamed,
    outcome_of,
    refused,
    retry,
    uncertain,
    words,
)
from closeloop.adapters.salesforce.single import write_alone
from closeloop.adapters.salesforce.still_there import StillThere
from closeloop.application.ports import CrmOutcome
from closeloop.domain.actions import ActionState
from closeloop.domain.errors import CrmRefused, CrmUnavailable

COLLECTIONS_PER_CALL = 5
TRUSTED = 2 * COLLECTIONS_PER_CALL
"""Collections that go out before it is asked again whether their records still are as they were read."""
BULK_ROWS = 10_000
"""From this many rows in one go the bulk API costs less than collections."""
ROUNDS = (COLLECTION, 20, 1)
"""Records in a collection: locked ones are tried again in ever smaller company, at the end alone."""

__all__ = ["LOCKS", "LOCK_WAIT", "Record", "Writer", "attempted"]


@dataclass(frozen=True)
class Record:
    """One record to write; `key` names its outcome."""

    key: str
    object: str
    values: dict[str, Any]
    parent: str | None = field(default=None, kw_only=True)
    """The record Salesforce locks with this one, where the values do not name it."""
    seen_at: str | None = field(default=None, kw_only=True)
    """When it had last changed as it was read: if it changed since, it is not written but to be read again."""


@dataclass(frozen=True)
class Way:
    """How records are written: the request of a collection, and the field that tells them apart."""

    operation: str
    """insert, update or upsert."""
    method: str
    url: str
    key_field: str | None
    repeatable: bool


class Writer:
    """Sends records in as few calls as the API allows. Raises nothing for what happened to a record."""

    def __init__(self, calls: Calls, version: str, bulk_rows: int = BULK_ROWS) -> None:
        self._calls = calls
        self._still_there = StillThere(Reader(calls))
        self._single = f"/services/data/v{version}/sobjects"
        self._base = f"/services/data/v{version}/composite/sobjects"
        self._bulk = Bulk(calls, self._still_there)
        self._bulk_rows = bulk_rows

    def insert(self, records: Sequence[Record], unique: str | None = None) -> list[CrmOutcome]:
        """`unique` names a field the org keeps unique: with it a lost answer is no matter, since the record that
        is already there is known by it, and counts as written. Without it a lost answer is UNCERTAIN."""
        return self._write(records, Way("insert", "POST", self._base, unique, repeatable=unique is not None))

    def update(self, records: Sequence[Record]) -> list[CrmOutcome]:
        """Each record's values hold its `Id`."""
        return self._write(records, Way("update", "PATCH", self._base, "Id", repeatable=True))

    def upsert(self, records: Sequence[Record], by: str) -> list[CrmOutcome]:
        """By an external id or idLookup field of the records' one object. A record that the org's duplicate rules
        stop is linked to the one they name."""
        if not records:
            return []
        return self._write(
            records, Way("upsert", "PATCH", f"{self._base}/{records[0].object}/{by}", by, repeatable=True)
        )

    def _write(self, records: Sequence[Record], way: Way) -> list[CrmOutcome]:
        results = self._in_bulk(records, way)
        for number, size in enumerate(ROUNDS):
            waiting = [n for n in range(len(records)) if isinstance(results.get(n, WAITING), Locked)]
            if not waiting:
                break
            if number:
                self._calls.wait(number)
            results |= self._round([Numbered(n, records[n]) for n in waiting], way, size, just_read=not results)
        unnamed = [n for n, result in results.items() if isinstance(result, Unnamed)]
        found = write_alone(self._calls, self._single, [records[n] for n in unnamed], way)
        results |= dict(zip(unnamed, found, strict=True))
        return [_settled(record, results[n]) for n, record in enumerate(records)]

    def _in_bulk(self, records: Sequence[Record], way: Way) -> dict[int, Result]:
        """What is many enough of one object for a job of its own; the others are for collections."""
        results: dict[int, Result] = {}
        by_object: dict[str, list[int]] = {}
        for n, record in enumerate(records):
            by_object.setdefault(record.object, []).append(n)
        for numbers in by_object.values():
            if way.key_field and len(numbers) >= self._bulk_rows:
                found = self._bulk.write([records[n] for n in numbers], way.operation, way.key_field)
                results |= dict(zip(numbers, found, strict=True))
        return results

    def _round(self, records: Sequence[Numbered], way: Way, size: int, *, just_read: bool) -> dict[int, Result]:
        """One attempt at every record; a spent daily limit ends it without asking again."""
        results: dict[int, Result] = {}
        groups = collections(records, size)
        for start in range(0, len(groups), COLLECTIONS_PER_CALL):
            if start % TRUSTED == 0 and (start or not just_read):
                results |= self._held_back(groups[start : start + TRUSTED])
            part = [_without(results, group) for group in groups[start : start + COLLECTIONS_PER_CALL]]
            try:
                results |= self._one_call([group for group in part if group], way)
            except DailyLimit as problem:
                left = [one for group in groups[start:] for one in _without(results, group)]
                return results | {one.number: retry(one.key, str(problem), problem.retry_after) for one in left}
        return results

    def _held_back(self, groups: Sequence[Sequence[Numbered]]) -> dict[int, Result]:
        everyone = [one for group in groups for one in group]
        held = self._still_there.held_back([one.record for one in everyone])
        return {one.number: held[one.key] for one in everyone if one.key in held}

    def _one_call(self, groups: Sequence[Sequence[Numbered]], way: Way) -> dict[int, Result]:
        if not groups:
            return {}
        requests = [_subrequest(group, way, number) for number, group in enumerate(groups)]
        body = {"allOrNone": False, "compositeRequest": requests}
        everyone = [one for group in groups for one in group]
        try:
            answer = self._calls.write("composite", body, repeatable=way.repeatable)
        except DailyLimit:
            raise
        except Ambiguous as problem:
            return {one.number: uncertain(one.key, str(problem)) for one in everyone}
        except (CrmUnavailable, CrmRefused) as problem:
            return {one.number: retry(one.key, str(problem)) for one in everyone}
        parts = {part["referenceId"]: part for part in answer["compositeResponse"]}
        found: dict[int, Result] = {}
        for number, group in enumerate(groups):
            found |= _group_results(group, parts[f"part{number}"], way)
        return found


@dataclass(frozen=True)
class Numbered:
    """A record with its place in the order of the outcomes."""

    number: int
    record: Record

    @property
    def key(self) -> str:
        return self.record.key

    @property
    def object(self) -> str:
        return self.record.object

    @property
    def values(self) -> dict[str, Any]:
        return self.record.values

    @property
    def parent(self) -> str | None:
        return self.record.parent


WAITING = Locked("not yet tried")


def _without(results: dict[int, Result], group: Sequence[Numbered]) -> list[Numbered]:
    return [one for one in group if one.number not in results]


def attempted(keys: Iterable[str], write: Callable[[], list[CrmOutcome]]) -> list[CrmOutcome]:
    """The write's outcomes; `try again` for every key when the org could not even be asked what it has."""
    try:
        return write()
    except DailyLimit as problem:
        return [retry(key, str(problem), problem.retry_after) for key in keys]
    except (CrmUnavailable, CrmRefused, Ambiguous) as problem:
        return [retry(key, str(problem)) for key in keys]


def _subrequest(group: Sequence[Numbered], way: Way, number: int) -> dict[str, Any]:
    records = [{"attributes": {"type": one.object}, **one.values} for one in group]
    return {
        "method": way.method,
        "url": way.url,
        "referenceId": f"part{number}",
        "body": {"allOrNone": False, "records": records},
    }


def _group_results(group: Sequence[Numbered], part: dict[str, Any], way: Way) -> dict[int, Result]:
    """A collection answers with a list in order; anything else is an error for the whole of it."""
    body = part["body"]
    if part["httpStatusCode"] < 400 and isinstance(body, list) and len(body) == len(group):
        return {
            one.number: outcome_of(one.record, result, way.key_field)
            for one, result in zip(group, body, strict=True)
        }
    return {one.number: _of_whole_group(one.key, part["httpStatusCode"], words(body)) for one in group}


def _of_whole_group(key: str, status: int, detail: str) -> Result:
    if any(code in detail for code in LOCKS):
        return Locked(detail)
    return uncertain(key, detail) if status >= 500 else refused(key, detail)


def _settled(record: Record, result: Result) -> CrmOutcome:
    """What is still locked after the last round is for a later pass."""
    if isinstance(result, Locked):
        return CrmOutcome(key=record.key, state=ActionState.PLANNED, detail=result.detail, retry_after=LOCK_WAIT)
    return refused(record.key, result.detail) if isinstance(result, Unnamed) else result
