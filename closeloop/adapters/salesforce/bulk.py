"""Bulk API 2.0: tens of thousands of rows for a handful of calls, over the same session as every other call.

Invariant: a job starts once. Until it is told that its upload is complete nothing is written, so everything before
that may be begun anew; after it, what the results do not name is UNCERTAIN.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from typing import Any

from closeloop.adapters.salesforce.calls import Calls, Request
from closeloop.adapters.salesforce.failures import LOCKS, Ambiguous, DailyLimit
from closeloop.adapters.salesforce.grouping import parent_of
from closeloop.adapters.salesforce.results import (
    DUPLICATES,
    Locked,
    Result,
    Unnamed,
    linked,
    own_record,
    refused,
    retry,
    uncertain,
)
from closeloop.adapters.salesforce.still_there import Seen, StillThere
from closeloop.application.ports import CrmOutcome
from closeloop.domain.actions import ActionState
from closeloop.domain.errors import CrmRefused, CrmUnavailable

JOBS = "jobs/ingest"
MOST_BYTES = 90_000_000
"""Of one upload; Salesforce takes 100 MB before encoding."""
BEGUN_ANEW = 3
MOST_LOOKS = 150
FIRST_LOOK, LONGEST_LOOK = 1.0, 20.0
"""Seconds between two looks at a job that works; they grow by half each time, to about 45 minutes in all."""
NULL = "#N/A"
DONE_ROWS = "successfulResults"
DONE, FAILED = "JobComplete", frozenset({"Failed", "Aborted"})


class Bulk:
    """Writes many records of one object. Rows that bulk cannot settle come back `Locked` or `Unnamed`:
    to be tried otherwise."""

    def __init__(self, calls: Calls, still_there: StillThere) -> None:
        self._calls = calls
        self._still_there = still_there

    def write(self, records: Sequence[Seen], operation: str, key_field: str) -> list[Result]:
        """One result per record, in order. `operation` is insert, update or upsert; `key_field` is the field by
        which rows of the results are known again."""
        results: dict[int, Result] = {}
        # Bulk works batches side by side: children of one parent should be in one of them.
        order = sorted(range(len(records)), key=lambda n: parent_of(records[n]))
        for part in _uploads([(n, records[n]) for n in order if records[n].values.get(key_field)]):
            results |= self._one_job(part, operation, key_field)
        untold = Locked("the bulk API was not asked: the row has no value in its key field")
        return [results.get(n, untold) for n in range(len(records))]

    def _one_job(self, part: Upload, operation: str, key_field: str) -> dict[int, Result]:
        try:
            job = self._uploaded(part, operation, key_field)
        except DailyLimit as problem:
            return {n: retry(record.key, str(problem), problem.retry_after) for n, record in part.rows}
        except (CrmRefused, CrmUnavailable, Ambiguous) as problem:
            return {n: Locked(f"the bulk API takes no job ({problem})") for n, _ in part.rows}
        held = self._still_there.held_back([record for _, record in part.rows])
        if not held:
            return self._run(job, part, operation, key_field)
        self._abort(job)
        found: dict[int, Result] = {n: held[record.key] for n, record in part.rows if record.key in held}
        rest = [(n, record) for n, record in part.rows if record.key not in held]
        return found | (self._one_job(Upload(rest), operation, key_field) if rest else {})

    def _run(self, job: str, part: Upload, operation: str, key_field: str) -> dict[int, Result]:
        """Starts a job that has its data, and waits for what becomes of each row."""
        try:
            self._start(job)
            ended = self._wait_for(job)
            kinds = _kinds_of_results(ended, len(part.rows))
            if operation == "update" and ended["state"] == DONE and kinds == [DONE_ROWS]:
                return {n: _updated(record) for n, record in part.rows}  # all of them, and their ids are known
            told = self._results(job, part, key_field, kinds)
        except (CrmRefused, CrmUnavailable, Ambiguous) as problem:
            return {n: uncertain(record.key, f"bulk job {job}: {problem}") for n, record in part.rows}
        left = f"bulk job {job} ended as {ended['state']} and says nothing about this row"
        return {n: told.get(n) or uncertain(record.key, left) for n, record in part.rows}

    def _uploaded(self, part: Upload, operation: str, key_field: str) -> str:
        """The id of a job that has its data and waits to be started."""
        about = {"object": part.object, "operation": operation, "contentType": "CSV", "lineEnding": "LF"}
        if operation == "upsert":
            about["externalIdFieldName"] = key_field
        for attempt in range(1, BEGUN_ANEW + 1):
            # An open job whose answer was lost holds nothing and ends by itself.
            job = str(self._calls.write(JOBS, about, repeatable=True)["id"])
            upload = Request("PUT", f"{JOBS}/{job}/batches", data=part.csv, content_type="text/csv; charset=UTF-8")
            try:
                self._calls.text(upload, repeatable=False)
            except Ambiguous:
                if attempt == BEGUN_ANEW:
                    raise
                self._abort(job)
            else:
                return job
        raise AssertionError("unreachable")

    def _abort(self, job: str) -> None:
        """Data is taken once; a job that may or may not have it is of no use."""
        try:
            self._calls.write(f"{JOBS}/{job}", {"state": "Aborted"}, method="PATCH", repeatable=True)
        except (CrmRefused, CrmUnavailable, Ambiguous):
            """It was not started, so it writes nothing either way."""

    def _start(self, job: str) -> None:
        for attempt in range(1, BEGUN_ANEW + 1):
            try:
                self._calls.write(f"{JOBS}/{job}", {"state": "UploadComplete"}, method="PATCH")
            except Ambiguous:
                if self._state(job) != "Open":
                    return
                if attempt == BEGUN_ANEW:
                    raise
            else:
                return

    def _wait_for(self, job: str) -> dict[str, Any]:
        pause = FIRST_LOOK
        for _ in range(MOST_LOOKS):
            seen = self._look(job)
            if seen["state"] == DONE or seen["state"] in FAILED:
                return seen
            self._calls.pause(pause)
            pause = min(LONGEST_LOOK, pause * 1.5)
        raise CrmUnavailable("it still works")

    def _state(self, job: str) -> str:
        return str(self._look(job)["state"])

    def _look(self, job: str) -> dict[str, Any]:
        return dict(self._calls.read(f"{JOBS}/{job}"))

    def _results(self, job: str, part: Upload, key_field: str, kinds: Sequence[str]) -> dict[int, Result]:
        """What the job says of each row, by the row's number."""
        numbers: dict[str, deque[int]] = defaultdict(deque)
        records = dict(part.rows)
        for n, record in part.rows:
            numbers[_same(str(record.values[key_field]))].append(n)
        told: dict[int, Result] = {}
        for kind in kinds:
            read = READERS[kind]
            for row in self._table(f"{JOBS}/{job}/{kind}/"):
                waiting = numbers[_same(row.get(key_field, ""))]
                if waiting:
                    n = waiting.popleft()
                    told[n] = read(records[n], row, key_field)
        return told

    def _table(self, path: str) -> Iterator[dict[str, str]]:
        answer = self._calls.text(Request("GET", path, accept="text/csv"), repeatable=True)
        answer.encoding = "utf-8"
        yield from csv.DictReader(io.StringIO(answer.text, newline=""))


class Upload:
    """The rows of one job and their CSV."""

    def __init__(self, rows: Sequence[tuple[int, Seen]]) -> None:
        self.rows = rows
        self.object = rows[0][1].object
        names = list(dict.fromkeys(name for _, record in rows for name in record.values))
        text = io.StringIO(newline="")
        table = csv.writer(text, lineterminator="\n")
        table.writerow(names)
        # An empty cell means `leave it`, so a field that another row has does no harm to this one.
        for _, record in rows:
            table.writerow([_cell(record.values[name]) if name in record.values else "" for name in names])
        self.csv = text.getvalue().encode()


def _uploads(rows: Sequence[tuple[int, Seen]]) -> Iterator[Upload]:
    if not rows:
        return
    upload = Upload(rows)
    if len(upload.csv) <= MOST_BYTES or len(rows) == 1:
        yield upload
        return
    half = len(rows) // 2
    yield from _uploads(rows[:half])
    yield from _uploads(rows[half:])


def _kinds_of_results(ended: dict[str, Any], rows: int) -> list[str]:
    """The tables that have rows, by the job's own count; all of them where it keeps none."""
    done, failed = ended.get("numberRecordsProcessed"), ended.get("numberRecordsFailed")
    if not isinstance(done, int) or not isinstance(failed, int):
        return list(READERS)
    numbers = dict(zip(READERS, (done - failed, failed, rows - done), strict=True))
    return [kind for kind, number in numbers.items() if number > 0]


def _cell(value: Any) -> str:
    if value is None or value == "":
        return NULL
    return str(value).lower() if isinstance(value, bool) else str(value)


def _same(text: str) -> str:
    """Keys compare without regard to case, as Salesforce compares them."""
    return text.strip().lower()


def _written(record: Seen, row: dict[str, str], _: str) -> Result:
    # An update, which says whose row it is, never makes any: only an upsert may find one.
    there_before = row.get("sf__Created", "").lower() == "false" and "Id" not in record.values
    return CrmOutcome(key=record.key, state=ActionState.ACCEPTED, record_id=row["sf__Id"], existed=there_before)


def _updated(record: Seen) -> Result:
    return CrmOutcome(key=record.key, state=ActionState.ACCEPTED, record_id=str(record.values["Id"]))


def _failed(record: Seen, row: dict[str, str], key_field: str) -> Result:
    """Locks and duplicates go another way: in small company, and where the answer names the other record."""
    said = row["sf__Error"]
    if DUPLICATES in said:
        return Unnamed(said)
    if any(code in said for code in LOCKS):
        return Locked(said)
    there = own_record(said, key_field)
    return linked(record.key, there, said) if there else refused(record.key, said)


def _not(_: Seen, __: dict[str, str], ___: str) -> Result:
    return Locked("the bulk job did not come to this row")


READERS = {DONE_ROWS: _written, "failedResults": _failed, "unprocessedrecords": _not}
"""The three tables of a job's results, and what a row in each means."""
