"""Files on records: a deck is uploaded once, changed into a new version, and never laid over a person's own.

A file of ours is known by its mark, which opens its description, or failing that by its title; whether it changed,
by the MD5 that the org keeps of each version; whether people changed it, by the reason that our versions state.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import md5
from typing import Any

from closeloop.adapters.salesforce.reading import Reader
from closeloop.adapters.salesforce.soql import chunks, in_list
from closeloop.adapters.salesforce.writing import Record, Writer
from closeloop.application.ports import CrmFile, CrmOutcome
from closeloop.domain.actions import ActionState

OURS = "Closeloop: "
"""How the reason for change of every version that we upload begins."""
KEPT = "a person put a newer version in its place: kept"
FILES_PER_REQUEST = 1_000
LINKED_RECORDS_PER_QUERY = 400
LARGEST_REQUEST = 30_000_000
"""Characters of encoded files in one request; the org takes 50 MB of JSON."""
LINK_FIELDS = (
    "Id, LinkedEntityId, ContentDocumentId, ContentDocument.Title, ContentDocument.Description, "
    "ContentDocument.LatestPublishedVersionId, ContentDocument.LatestPublishedVersion.Checksum, "
    "ContentDocument.LatestPublishedVersion.ReasonForChange"
)
Row = dict[str, Any]


@dataclass(frozen=True)
class Document:
    """A file of ours as the org has it, and the records it is on."""

    id: str
    version: str
    checksum: str
    ours: bool
    records: frozenset[str]


class Files:
    """Puts files on records, in batches."""

    def __init__(self, reader: Reader, writer: Writer) -> None:
        self._reader, self._writer = reader, writer

    def put(self, files: Sequence[CrmFile]) -> list[CrmOutcome]:
        """One outcome per file, in order."""
        there = self._documents(files)
        outcomes = {file.key: _without_upload(file, there.get(file.key)) for file in files}
        upload = [file for file in files if outcomes[file.key] is None]
        for part in _requests(upload, there):
            outcomes |= {made.key: made for made in self._writer.insert(part)}
        links = [record for file in files if (record := _link(file, there.get(file.key), outcomes[file.key]))]
        for made in self._writer.insert(links) if links else []:
            if made.state is not ActionState.ACCEPTED and "DUPLICATE_VALUE" not in made.detail:
                outcomes[made.key] = made
        return [found for file in files if (found := outcomes[file.key])]

    def in_place(self, files: Sequence[CrmFile]) -> dict[str, str]:
        """Key to version, for files whose very content is on their record."""
        there = self._documents(files)
        return {
            file.key: found.version
            for file in files
            if (found := there.get(file.key))
            and found.checksum == checksum(file)
            and file.record_id in found.records
        }

    def _documents(self, files: Sequence[CrmFile]) -> dict[str, Document]:
        """By the file's key; the one on the record itself before one that lies where it came from."""
        records = sorted({record for file in files for record in (file.record_id, *file.also_at)})
        links: dict[str, list[Row]] = {}
        select = f"SELECT {LINK_FIELDS} FROM ContentDocumentLink"
        parts = chunks(records, size=LINKED_RECORDS_PER_QUERY)
        for row in self._reader.queries([f"{select} WHERE LinkedEntityId IN {in_list(part)}" for part in parts]):
            links.setdefault(row["LinkedEntityId"], []).append(row)
        return {file.key: found for file in files if (found := _document(file, links))}


def checksum(file: CrmFile) -> str:
    """As the org computes it; it is no protection, only a name for the content."""
    return md5(file.content, usedforsecurity=False).hexdigest()


def _document(file: CrmFile, links: dict[str, list[Row]]) -> Document | None:
    places = [file.record_id, *file.also_at]
    rows = [row for record in places for row in links.get(record, []) if _is_it(file, row["ContentDocument"])]
    if not rows:
        return None
    document, version = rows[0]["ContentDocument"], rows[0]["ContentDocument"]["LatestPublishedVersion"]
    same = (row for row in rows if row["ContentDocumentId"] == rows[0]["ContentDocumentId"])
    return Document(
        id=rows[0]["ContentDocumentId"],
        version=document["LatestPublishedVersionId"],
        checksum=version["Checksum"],
        ours=str(version["ReasonForChange"] or "").startswith(OURS),
        records=frozenset(row["LinkedEntityId"] for row in same),
    )


def _is_it(file: CrmFile, document: Row) -> bool:
    return str(document["Description"] or "").startswith(file.mark) or document["Title"] == file.title


def _without_upload(file: CrmFile, there: Document | None) -> CrmOutcome | None:
    """How it ends when nothing has to be uploaded; None when something has to."""
    if there is None:
        return None
    if there.checksum == checksum(file):
        return CrmOutcome(key=file.key, state=ActionState.ACCEPTED, record_id=there.version, existed=True)
    return None if there.ours else CrmOutcome(key=file.key, state=ActionState.SKIPPED, detail=KEPT)


def _requests(files: Sequence[CrmFile], there: dict[str, Document]) -> Iterator[list[Record]]:
    """Parts of one request each: so many collections, and so many characters."""
    part: list[Record] = []
    size = 0
    for file in files:
        record = _version(file, there.get(file.key))
        longer = size + len(record.values["VersionData"])
        if part and (longer > LARGEST_REQUEST or len(part) == FILES_PER_REQUEST):
            yield part
            part, longer = [], len(record.values["VersionData"])
        part, size = [*part, record], longer
    if part:
        yield part


def _version(file: CrmFile, there: Document | None) -> Record:
    values: Row = {
        "Title": file.title[:255],
        "PathOnClient": file.file_name,
        "VersionData": b64encode(file.content).decode("ascii"),
        "Description": f"{file.mark} drafted by Closeloop; upload a new version to make it yours",
        "ReasonForChange": f"{OURS}{file.what}",
    }
    if there is None:
        return Record(file.key, "ContentVersion", values | {"FirstPublishLocationId": file.record_id})
    return Record(file.key, "ContentVersion", values | {"ContentDocumentId": there.id})


def _link(file: CrmFile, there: Document | None, outcome: CrmOutcome | None) -> Record | None:
    """A document that lies elsewhere only is shared with its record; who may edit that may edit it."""
    done = outcome is not None and outcome.state in {ActionState.ACCEPTED, ActionState.SKIPPED}
    if there is None or not done or file.record_id in there.records:
        return None
    values = {"ContentDocumentId": there.id, "LinkedEntityId": file.record_id, "ShareType": "I"}
    return Record(file.key, "ContentDocumentLink", values)
