"""Files: a version makes or continues its document, and shares it with the record it was published to.

Invariant: every document has exactly one latest version, whose size, type and title it shows.
"""

from __future__ import annotations

import hashlib
from pathlib import PurePosixPath

from sandbox.salesforce import rows
from sandbox.salesforce.call import Call
from sandbox.salesforce.errors import RecordError, missing
from sandbox.salesforce.store import Row

_TYPES = {"pptx": "POWER_POINT_X", "ppt": "POWER_POINT", "pdf": "PDF", "docx": "WORD_X", "xlsx": "EXCEL_X"}
_SHOWN = ("Title", "Description", "OwnerId", "ContentSize", "FileType", "FileExtension", "PublishStatus")


def before_version(call: Call, row: Row) -> None:
    """Derives name, type, size and checksum from the upload."""
    absent = [name for name in ("PathOnClient", "VersionData") if row.get(name) is None]
    if absent:
        raise missing(absent)
    path = PurePosixPath(row["PathOnClient"].replace("\\", "/"))
    extension = path.suffix.lstrip(".").lower() or None
    row["Title"] = row.get("Title") or path.stem[:255]
    row["FileExtension"] = extension
    row["FileType"] = _TYPES.get(extension or "", (extension or "unknown").upper()[:20])
    row["ContentSize"] = len(row["VersionData"])
    row["Checksum"] = hashlib.md5(row["VersionData"], usedforsecurity=False).hexdigest()
    row |= {
        "ContentModifiedDate": call.now,
        "ContentModifiedById": call.user_id,
        "IsLatest": 1,
        "VersionNumber": "1",
    }
    if row.get("ContentDocumentId"):
        row["VersionNumber"] = str(1 + len(_versions(call, row["ContentDocumentId"])))


def _versions(call: Call, document_id: str) -> list[str]:
    return call.store.matching(call.schema["ContentVersion"], "ContentDocumentId", document_id)


def after_version(call: Call, row: Row) -> None:
    """Makes the document of a first version, or moves an existing one on."""
    document_id = row.get("ContentDocumentId")
    shown = {name: row.get(name) for name in _SHOWN}
    shown |= {"LatestPublishedVersionId": row["Id"], "ContentModifiedDate": call.now}
    if document_id:
        for version_id in _versions(call, document_id):
            latest = {"IsLatest": int(version_id == row["Id"])}
            call.store.update(call.schema["ContentVersion"], version_id, latest)
        call.store.update(call.schema["ContentDocument"], document_id, shown)
        return
    document_id = rows.write(call, "ContentDocument", shown)
    row["ContentDocumentId"] = document_id
    call.store.update(call.schema["ContentVersion"], row["Id"], {"ContentDocumentId": document_id})
    _link(call, document_id, row["OwnerId"], "I")
    if row.get("FirstPublishLocationId") not in (None, row["OwnerId"]):
        _link(call, document_id, row["FirstPublishLocationId"], "V")


def after_version_change(call: Call, old: Row, new: Row) -> None:
    """A new title of the latest version is the document's title."""
    if new["IsLatest"]:
        shown = {name: new[name] for name in ("Title", "Description", "OwnerId")}
        call.store.update(call.schema["ContentDocument"], new["ContentDocumentId"], shown)


def _link(call: Call, document_id: str, entity_id: str, share: str) -> None:
    values = {"ContentDocumentId": document_id, "LinkedEntityId": entity_id, "ShareType": share}
    rows.write(call, "ContentDocumentLink", values)


def before_link(call: Call, row: Row) -> None:
    """A document is shared with a record once."""
    kind = call.schema["ContentDocumentLink"]
    entity, document = row.get("LinkedEntityId"), row.get("ContentDocumentId")
    clash = call.store.rows(kind, "LinkedEntityId = ? AND ContentDocumentId = ?", (entity, document))
    if clash:
        message = f"duplicate value found: <unknown> duplicates value on record with id: {clash[0]['Id'][:15]}"
        raise RecordError("DUPLICATE_VALUE", message)
