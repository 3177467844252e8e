"""The bulk jobs of an org: what each was asked to do, how far it is, and what came of it.

Invariant: a job moves only forward (Open, UploadComplete, InProgress, then JobComplete, Failed or Aborted), and
every uploaded row ends in exactly one of successful, failed or unprocessed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sandbox.salesforce.schema import ObjectType

_KEPT = timedelta(days=7)
ENDED = ("JobComplete", "Failed", "Aborted")


@dataclass
class Job:
    """What both kinds of job have."""

    id: str
    operation: str
    kind: ObjectType
    version: str
    created_by: str
    created: datetime
    created_text: str
    delimiter: str
    line_ending: str
    state: str
    error: str | None = None
    processed: int = 0
    failed: int = 0
    retries: int = 0

    @property
    def ended(self) -> bool:
        return self.state in ENDED

    def fail(self, message: str) -> None:
        """Ends the job; what was done before stays done."""
        self.state, self.error = "Failed", message

    def info(self, now: str) -> dict[str, Any]:
        """The job as every answer shows it."""
        return {
            "id": self.id,
            "operation": self.operation,
            "object": self.kind.name,
            "createdById": self.created_by,
            "createdDate": self.created_text,
            "systemModstamp": now,
            "state": self.state,
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": float(self.version),
            "lineEnding": self.line_ending,
            "columnDelimiter": self.delimiter,
        }

    def progress(self) -> dict[str, Any]:
        """The figures that a single job's answer adds."""
        return {
            "retries": self.retries,
            "totalProcessingTime": self.processed,
            "numberRecordsProcessed": self.processed,
        }


@dataclass
class IngestJob(Job):
    """A job that writes the rows of an uploaded CSV; `next` is the first row that was not worked off yet."""

    external_id: str | None = None
    content: bytes | None = None
    header: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    next: int = 0
    successes: list[list[str]] = field(default_factory=list)
    failures: list[list[str]] = field(default_factory=list)

    def info(self, now: str) -> dict[str, Any]:
        shown = super().info(now)
        if self.external_id:
            shown["externalIdFieldName"] = self.external_id
        if self.state == "Open":
            shown["contentUrl"] = f"services/data/v{self.version}/jobs/ingest/{self.id}/batches"
        return shown

    def progress(self) -> dict[str, Any]:
        more = {"jobType": "V2Ingest", "numberRecordsFailed": self.failed}
        more |= {"apiActiveProcessingTime": self.processed, "apexProcessingTime": 0}
        return super().progress() | more | ({"errorMessage": self.error} if self.error else {})


@dataclass
class QueryJob(Job):
    """A job that reads: its result is a header and rows of CSV cells."""

    statement: str = ""
    header: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)

    def progress(self) -> dict[str, Any]:
        more = {"jobType": "V2Query", "isPkChunkingSupported": True}
        return super().progress() | more | ({"errorMessage": self.error} if self.error else {})


@dataclass
class Jobs:
    """All jobs of an org, oldest first; they are forgotten after seven days, as Salesforce does."""

    known: dict[str, Job] = field(default_factory=dict)
    batches: int = 0
    queries: int = 0

    def add(self, job: Job) -> None:
        self.known[job.id] = job
        self.queries += isinstance(job, QueryJob)

    def find(self, job_id: str, now: datetime) -> Job | None:
        job = self.known.get(job_id)
        return job if job is not None and now - job.created < _KEPT else None

    def listed(self, kind: type[Job], now: datetime) -> Iterator[Job]:
        return (job for job in self.known.values() if isinstance(job, kind) and now - job.created < _KEPT)

    def clear(self) -> None:
        self.known.clear()
        self.batches = self.queries = 0
