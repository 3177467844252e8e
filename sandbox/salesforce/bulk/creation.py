"""Making bulk jobs: what may be asked for, and the three ways to hand in rows.

Invariant: a job that exists is one the org could carry out; everything else is refused before it has an id.
"""

from __future__ import annotations

from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

import orjson

from sandbox.salesforce import upserts
from sandbox.salesforce.bulk import tables
from sandbox.salesforce.bulk.jobs import IngestJob, QueryJob
from sandbox.salesforce.bulk.reading import checked
from sandbox.salesforce.errors import ApiError, unreadable
from sandbox.salesforce.rest.request import Answer, Request
from sandbox.salesforce.schema import ObjectType

_OPERATIONS = ("insert", "update", "upsert", "delete", "hardDelete")
_LARGEST_PART = 100_000


def create_ingest(request: Request) -> Answer:
    """POST jobs/ingest: an open job; as multipart, one that is filled and handed in at once."""
    parts = _parts(request)
    body = _object(parts["job"]) if parts else request.json_object
    job = _ingest_job(request, body)
    request.org.jobs.add(job)
    if parts:
        if len(parts["content"]) > _LARGEST_PART:
            raise ApiError(400, "EXCEEDEDQUOTA", f"A multipart upload may have {_LARGEST_PART} characters")
        job.content = parts["content"]
        hand_in(job)
    return Answer(200, job.info(request.call.now))


def _ingest_job(request: Request, body: dict[str, Any]) -> IngestJob:
    operation = choice(body, "operation", _OPERATIONS)
    if choice(body, "contentType", ("CSV",), "CSV") != "CSV":
        raise ApiError(400, "INVALIDJOB", "Only CSV is supported")
    kind = _kind(request, body.get("object"), operation)
    return IngestJob(
        **_common(request, operation, kind, body),
        state="Open",
        external_id=_external_id(kind, operation, body.get("externalIdFieldName")),
    )


def _common(request: Request, operation: str, kind: ObjectType, body: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": request.call.store.next_id("750"),
        "operation": operation,
        "kind": kind,
        "version": request.version,
        "created_by": request.call.user_id,
        "created": request.call.moment,
        "created_text": request.call.now,
        "delimiter": choice(body, "columnDelimiter", tuple(tables.DELIMITERS), "COMMA"),
        "line_ending": choice(body, "lineEnding", tuple(tables.LINE_ENDINGS), "LF"),
    }


def _kind(request: Request, name: Any, operation: str) -> ObjectType:
    kind = request.call.visible.find(name) if isinstance(name, str) else None
    if kind is None:
        raise ApiError(400, "INVALIDENTITY", f"Unable to find object: {name}")
    flags = {"insert": "C", "update": "U", "upsert": "CU"}.get(operation, "D")
    if not set(flags) <= kind.flags:
        raise ApiError(
            400, "INVALIDENTITY", f"Entity '{kind.name}' is not supported by the Bulk API for {operation}."
        )
    return kind


def _external_id(kind: ObjectType, operation: str, name: Any) -> str | None:
    if operation != "upsert":
        return None
    if not isinstance(name, str) or not name:
        message = f"External ID was blank for {kind.name}. An External ID must be specified for upsert."
        raise ApiError(400, "INVALIDJOB", f"InvalidJob : {message}")
    try:
        return upserts.key_field(kind, name).name
    except ApiError:
        message = f"Field name provided, {name} does not match an External ID, Salesforce Id, or indexed field"
        raise ApiError(400, "INVALIDJOB", f"InvalidJob : {message} for {kind.name}") from None


def choice(body: dict[str, Any], name: str, allowed: tuple[str, ...], default: str = "") -> str:
    """One of the allowed words, in their spelling; INVALIDJOB for another."""
    given = body.get(name) or default
    found = {item.lower(): item for item in allowed}.get(str(given).lower())
    if found is None:
        raise ApiError(400, "INVALIDJOB", f"InvalidJob : {name} must be one of {', '.join(allowed)}: {given}")
    return found


def _parts(request: Request) -> dict[str, bytes]:
    """The parts of a multipart body by name; none of another body."""
    kind = request.headers.get("content-type", "")
    if not kind.lower().startswith("multipart/form-data"):
        return {}
    head = b"Content-Type: " + kind.encode("utf-8", "replace") + b"\r\n\r\n"
    message = BytesParser(policy=HTTP).parsebytes(head + request.content)
    found: dict[str, bytes] = {}
    for part in message.walk():
        name = part.get_param("name", header="content-disposition")
        payload = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(payload, bytes):
            found[name] = payload
    if not {"job", "content"} <= set(found):
        raise unreadable('A multipart job needs the parts "job" (JSON) and "content" (CSV)')
    return found


def _object(content: bytes) -> dict[str, Any]:
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise unreadable(f"{error.msg} at [line:{error.lineno}, column:{error.colno}]") from None
    if not isinstance(body, dict):
        raise unreadable("The request body must be a JSON object")
    return body


def create_query(request: Request) -> Answer:
    """POST jobs/query: the statement is checked at once and run later."""
    body = request.json_object
    operation = choice(body, "operation", ("query", "queryAll"))
    statement = body.get("query")
    if not isinstance(statement, str) or not statement.strip():
        raise ApiError(400, "INVALIDJOB", "InvalidJob : query is missing")
    kind = checked(request.call, statement)
    job = QueryJob(**_common(request, operation, kind, body), state="UploadComplete", statement=statement)
    request.org.jobs.add(job)
    return Answer(200, job.info(request.call.now))


def hand_in(job: IngestJob) -> None:
    """Ends the upload: the rows wait to be worked off, or the job fails because they cannot be read."""
    try:
        job.header, job.rows = tables.read(job.content or b"", job.delimiter, job.line_ending)
    except tables.TableError as error:
        return job.fail(str(error))
    finally:
        job.content = b""
    job.state = "UploadComplete"
    return None
