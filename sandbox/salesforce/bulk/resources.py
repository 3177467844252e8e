"""The REST resources of bulk jobs that exist: upload, start, abort, poll, list, delete, and read the results.

Invariant: each poll of a job takes it one step on, so a client must poll until the job has ended; a refused
request changes no job.
"""

from __future__ import annotations

from typing import TypeVar

from sandbox.salesforce.bulk import tables
from sandbox.salesforce.bulk.creation import choice, hand_in
from sandbox.salesforce.bulk.jobs import IngestJob, Job, QueryJob
from sandbox.salesforce.bulk.processing import advance
from sandbox.salesforce.errors import ApiError, not_found
from sandbox.salesforce.rest.request import Answer, Request

_LARGEST = 150_000_000
_MOST_ROWS = 50_000
_LISTED = 1000
Kind = TypeVar("Kind", bound=Job)


def _found(request: Request, kind: type[Kind], job_id: str) -> Kind:
    job = request.org.jobs.find(job_id, request.call.moment)
    if not isinstance(job, kind):
        raise not_found()
    return job


def _shown(request: Request, job: Job, *, whole: bool = False) -> Answer:
    more = job.progress() if whole else {}
    return Answer(200, job.info(request.call.now) | more)


def _wrong_state(job: Job, wanted: str) -> ApiError:
    return ApiError(400, "INVALIDJOBSTATE", f"{wanted}: the job {job.id} is in state {job.state}")


def upload(request: Request, job_id: str) -> Answer:
    """PUT jobs/ingest/ID/batches: the CSV, once."""
    job = _found(request, IngestJob, job_id)
    if job.state != "Open":
        raise _wrong_state(job, "Data can be uploaded to an open job only")
    if job.content is not None:
        message = (
            f"Found multiple contents for job: <{job.id}>, please 'Close' / 'Abort' / 'Delete' the current Job then"
            " create a new Job and make sure you only do 'PUT' once on a given Job."
        )
        raise ApiError(400, "CLIENTINPUTERROR", message)
    if len(request.content) > _LARGEST:
        raise ApiError(413, "EXCEEDEDQUOTA", f"An upload may have {_LARGEST} bytes")
    job.content = request.content
    return Answer(201, raw=b"")


def change_ingest(request: Request, job_id: str) -> Answer:
    """PATCH jobs/ingest/ID: hand it in, or abort it."""
    job = _found(request, IngestJob, job_id)
    wanted = choice(request.json_object, "state", ("UploadComplete", "Aborted"))
    if wanted == "Aborted":
        return _abort(request, job)
    if job.state != "Open":
        raise _wrong_state(job, "Only an open job can be handed in")
    hand_in(job)
    return _shown(request, job)


def _abort(request: Request, job: Job) -> Answer:
    if job.ended:
        raise _wrong_state(job, "A job that has ended cannot be aborted")
    job.state = "Aborted"
    return _shown(request, job)


def change_query(request: Request, job_id: str) -> Answer:
    """PATCH jobs/query/ID: abort it."""
    choice(request.json_object, "state", ("Aborted",))
    return _abort(request, _found(request, QueryJob, job_id))


def poll_ingest(request: Request, job_id: str) -> Answer:
    """GET jobs/ingest/ID."""
    job = _found(request, IngestJob, job_id)
    advance(request.org, request.call, job)
    return _shown(request, job, whole=True)


def poll_query(request: Request, job_id: str) -> Answer:
    """GET jobs/query/ID."""
    job = _found(request, QueryJob, job_id)
    advance(request.org, request.call, job)
    return _shown(request, job, whole=True)


def list_ingest(request: Request) -> Answer:
    """GET jobs/ingest."""
    return _list(request, IngestJob)


def list_query(request: Request) -> Answer:
    """GET jobs/query."""
    return _list(request, QueryJob)


def _list(request: Request, kind: type[Job]) -> Answer:
    jobs = list(request.org.jobs.listed(kind, request.call.moment))
    start = request.query.get("queryLocator", "0")
    first = int(start) if start.isascii() and start.isdigit() and len(start) < 10 else 0
    records = [job.info(request.call.now) for job in jobs[first : first + _LISTED]]
    done = first + _LISTED >= len(jobs)
    path = "ingest" if kind is IngestJob else "query"
    more = None if done else f"{request.base}/jobs/{path}?queryLocator={first + _LISTED}"
    return Answer(200, {"done": done, "records": records, "nextRecordsUrl": more})


def remove_ingest(request: Request, job_id: str) -> Answer:
    """DELETE jobs/ingest/ID."""
    return _remove(request, _found(request, IngestJob, job_id))


def remove_query(request: Request, job_id: str) -> Answer:
    """DELETE jobs/query/ID."""
    return _remove(request, _found(request, QueryJob, job_id))


def _remove(request: Request, job: Job) -> Answer:
    if job.state in ("UploadComplete", "InProgress"):
        raise _wrong_state(job, "A job at work cannot be deleted; abort it first")
    del request.org.jobs.known[job.id]
    return Answer(204)


def successful(request: Request, job_id: str) -> Answer:
    """GET …/successfulResults."""
    job = _ended(request, job_id)
    return _table(job, ["sf__Id", "sf__Created", *job.header], job.successes)


def failed(request: Request, job_id: str) -> Answer:
    """GET …/failedResults."""
    job = _ended(request, job_id)
    return _table(job, ["sf__Id", "sf__Error", *job.header], job.failures)


def unprocessed(request: Request, job_id: str) -> Answer:
    """GET …/unprocessedRecords: what an aborted or failed job did not come to."""
    job = _ended(request, job_id)
    return _table(job, job.header, job.rows[job.next :])


def _ended(request: Request, job_id: str) -> IngestJob:
    job = _found(request, IngestJob, job_id)
    if not job.ended:
        raise _wrong_state(job, "Results can be read when the job has ended")
    return job


def _table(job: Job, header: list[str], rows: list[list[str]], **headers: str) -> Answer:
    content = tables.write(header, rows, job.delimiter, job.line_ending)
    return Answer(200, raw=content, headers={"Content-Type": "text/csv; charset=UTF-8", **headers})


def results(request: Request, job_id: str) -> Answer:
    """GET jobs/query/ID/results: a page of CSV; `Sforce-Locator` is `null` on the last one."""
    job = _found(request, QueryJob, job_id)
    if job.state != "JobComplete":
        raise _wrong_state(job, "Results can be read when the job is complete")
    start = _whole_number(request.query.get("locator", "0"), 0)
    most = min(_MOST_ROWS, _whole_number(request.query.get("maxRecords", str(_MOST_ROWS)), 1))
    if start and start >= len(job.rows):
        raise ApiError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
    rows = job.rows[start : start + most]
    further = str(start + most) if start + most < len(job.rows) else "null"
    headers = {"Sforce-Locator": further, "Sforce-NumberOfRecords": str(len(rows))}
    return _table(job, job.header, rows, **headers)


def _whole_number(text: str, least: int) -> int:
    if text.isascii() and text.isdigit() and len(text) < 12 and int(text) >= least:
        return int(text)
    raise ApiError(400, "INVALID_QUERY_LOCATOR", f"invalid query locator or maxRecords: {text}")
