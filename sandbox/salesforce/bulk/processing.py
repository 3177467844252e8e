"""Works bulk jobs off, one batch of 10,000 rows at a time, each row with its own outcome.

Invariant: a job that was uploaded is carried out once, whether or not anybody polls it; a refused row leaves
nothing written and its neighbours unharmed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sandbox.salesforce import dml, upserts
from sandbox.salesforce.bulk import cells, tables
from sandbox.salesforce.bulk.jobs import IngestJob, QueryJob
from sandbox.salesforce.bulk.reading import fetch
from sandbox.salesforce.call import Call
from sandbox.salesforce.errors import ApiError, RecordError
from sandbox.salesforce.ids import IdError, full_id
from sandbox.salesforce.schema import Field

if TYPE_CHECKING:
    from sandbox.salesforce.models import Org

BATCH = 10_000
_CHUNK = 200
Outcome = tuple[str, bool]
Action = Callable[[list[str]], Outcome]


def advance(org: Org, call: Call, job: IngestJob | QueryJob) -> None:
    """Moves a job one step on: what a while of waiting brings about at Salesforce."""
    if job.state == "UploadComplete":
        job.state = "InProgress"
    elif job.state == "InProgress":
        if isinstance(job, QueryJob):
            fetch(call, job)
        else:
            _batch(org, call, job)


def settle(org: Org) -> None:
    """Finishes every job that was handed in: nobody has to poll for the rows to land."""
    for job in [*org.jobs.known.values()]:
        if not isinstance(job, IngestJob | QueryJob) or job.state not in ("UploadComplete", "InProgress"):
            continue
        call = org.call()
        with org.store.transaction():
            while not job.ended:
                advance(org, call, job)
        summary: dict[str, Any] = {"calls": 0, "operations": call.operations}
        if call.strikes:
            summary["record_faults"] = call.strikes
        path = f"/services/data/v{job.version}/jobs/{job.id}"
        org.world.journal.record(
            at=org.world.clock.now(), service="salesforce", method="JOB", path=path, status=200, summary=summary
        )


def _batch(org: Org, call: Call, job: IngestJob) -> None:
    try:
        columns = cells.columns(job.kind, job.header)
        action = _action(call, job, columns)
    except cells.UnknownColumn as error:
        return job.fail(f"InvalidBatch : Field name not found : {error}")
    except tables.TableError as error:
        return job.fail(str(error))
    org.jobs.batches += 1
    for at, row in enumerate(job.rows[job.next : job.next + BATCH]):
        if at % _CHUNK == 0:
            action = _action(call, job, columns)
        _one(job, action, columns, row)
    job.next = min(job.next + BATCH, len(job.rows))
    if job.next == len(job.rows):
        job.state = "JobComplete"
    return None


def _one(job: IngestJob, action: Action, columns: cells.Columns, row: list[str]) -> None:
    job.processed += 1
    try:
        record_id, created = action(row)
        job.successes.append([record_id, "true" if created else "false", *row])
    except ApiError as error:
        job.failed += 1
        fields = " ".join(error.fields or [])
        job.failures.append([columns.record_id(row), f"{error.code}:{error.message}:{fields} --", *row])


def _action(call: Call, job: IngestJob, columns: cells.Columns) -> Action:
    """How one row of this job is carried out; made anew for each chunk of 200, which may not name a key twice."""
    if job.operation in ("delete", "hardDelete"):
        if [name.lower() for name in job.header] != ["id"]:
            raise tables.TableError("InvalidBatch : The 'delete' batch must contain only ids")
        return lambda row: _removed(call, job, columns.record_id(row))
    if job.operation == "insert":
        return lambda row: (dml.create(call, job.kind, columns.body(row)), True)
    if job.operation == "update":
        return lambda row: _changed(call, job, columns, row)
    field = upserts.key_field(job.kind, job.external_id or "Id")
    seen: set[str] = set()
    return lambda row: _upserted(call, job, field, columns.body(row), seen)


def _changed(call: Call, job: IngestJob, columns: cells.Columns, row: list[str]) -> Outcome:
    record_id = _whole(columns.record_id(row), "update")
    body = {name: value for name, value in columns.body(row).items() if name != "Id"}
    dml.update(call, job.kind, record_id, body)
    return record_id, False


def _removed(call: Call, job: IngestJob, given: str) -> Outcome:
    record_id = _whole(given, "delete")
    dml.delete(call, job.kind, record_id)
    return record_id, False


def _upserted(call: Call, job: IngestJob, field: Field, body: dict[str, Any], seen: set[str]) -> Outcome:
    value = body.get(field.name)
    if isinstance(value, str):
        if value.lower() in seen:
            raise RecordError("DUPLICATE_VALUE", f"Duplicate external id specified: {value}", [field.name])
        seen.add(value.lower())
    return upserts.one(call, job.kind, field, body)


def _whole(record_id: str, verb: str) -> str:
    if not record_id:
        raise RecordError("MISSING_ARGUMENT", f"Id not specified in an {verb} call", ["Id"])
    try:
        return full_id(record_id)
    except IdError:
        raise RecordError("MALFORMED_ID", f"malformed id {record_id}", ["Id"]) from None
