"""Backups of a ledger in a file: one archive with the ledger, the secrets of its home, and what is in it.

Invariants: a backup is whole or not there at all, and was checked before it was called one; a ledger that is
replaced is kept; until the new one is ready to work, the old one stays in its place.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import tempfile
import zipfile
from collections.abc import Mapping
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

from closeloop.adapters.ledger import sqlite
from closeloop.adapters.ledger.codec import load_json
from closeloop.adapters.ledger.failures import LedgerIsNewer, RowDamaged, unavailable
from closeloop.adapters.ledger.schema import SCHEMA_VERSION
from closeloop.adapters.ledger.sql_ledger import SqlLedger
from closeloop.domain.errors import LedgerUnavailable, UsageError
from closeloop.domain.record import Moment, Record

LEDGER, CONTENTS = "ledger.db", "contents.json"
OWNER_ONLY = 0o600
ATTACHED = ("-wal", "-shm", "-journal")
_HEADER = b"SQLite format 3\x00"
_IN_USE = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


class Contents(Record):
    """What a backup says of itself."""

    made_at: Moment
    schema_version: int
    prospects: int
    sha256: dict[str, str]
    """File to its checksum."""


def write_backup(ledger: SqlLedger, secrets: Mapping[str, bytes], target: Path, now: datetime) -> Contents:
    """The ledger as of now, checked, with the secrets, in one file that only its owner may read."""
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".closeloop-backup-") as folder:
            copy = Path(folder, LEDGER)
            sqlite.copy_aside(ledger._database.engine, copy)
            prospects = _checked(copy, ledger._database.place)
            files = {LEDGER: copy.read_bytes(), **secrets}
            sums = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
            contents = Contents(made_at=now, schema_version=SCHEMA_VERSION, prospects=prospects, sha256=sums)
            _write(Path(folder, "backup"), files, contents)
            Path(folder, "backup").replace(target)
    except OSError as problem:
        raise UsageError(
            f"the backup cannot be written to {target}: give a file in a folder that exists, has room and may be "
            f"written to ({problem.strerror or problem})"
        ) from None
    return contents


def _write(place: Path, files: Mapping[str, bytes], contents: Contents) -> None:
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    with os.fdopen(descriptor, "wb") as stream:
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(CONTENTS, contents.model_dump_json(indent=2))
            for name, content in files.items():
                archive.writestr(name, content)
        stream.flush()
        os.fsync(stream.fileno())


def read_backup(source: Path) -> tuple[Contents, dict[str, bytes]]:
    """The files of a backup, each as it was written. `UsageError` when it is none, or not whole."""
    try:
        with zipfile.ZipFile(source) as archive:
            contents = Contents.model_validate_json(archive.read(CONTENTS))
            files = {name: archive.read(name) for name in contents.sha256}
    except OSError as problem:
        raise UsageError(f"the backup {source} cannot be read: {problem.strerror or problem}") from None
    except (zipfile.BadZipFile, KeyError, ValueError, json.JSONDecodeError):
        raise UsageError(f"{source} is no backup that `closeloop backup` wrote, or it is damaged") from None
    wrong = [n for n, content in files.items() if hashlib.sha256(content).hexdigest() != contents.sha256[n]]
    if wrong or LEDGER not in files:
        raise UsageError(f"the backup {source} is damaged ({', '.join(wrong) or 'no ledger in it'}): take another")
    if contents.schema_version > SCHEMA_VERSION:
        raise LedgerIsNewer(
            f"The backup {source} was made by a newer Closeloop (schema {contents.schema_version}, this one knows "
            f"{SCHEMA_VERSION}): update Closeloop, then restore"
        )
    return contents, files


def unpack(content: bytes, place: Path) -> None:
    """The ledger of a backup as a file beside the live one, checked."""
    for leftover in (place, *(place.with_name(place.name + end) for end in ATTACHED)):
        leftover.unlink(missing_ok=True)
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
    _checked(place, str(place))


def stand_still(live: Path) -> None:
    """Raises while anybody has the ledger open; afterwards all of it is in the one file. A damaged one passes."""
    with live.open("rb") as stream:
        if stream.read(len(_HEADER)) != _HEADER:
            return  # SQLite would throw away what lies beside it
    try:
        with closing(sqlite3.connect(live, timeout=0, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE").fetchall()
    except sqlite3.Error as problem:
        if getattr(problem, "sqlite_errorcode", None) in _IN_USE:
            raise LedgerUnavailable(
                f"The ledger {live} is in use: stop every worker, `closeloop up` and the gateway, then restore"
            ) from None


def as_one_file(place: Path) -> None:
    """Everything that was written to it in the file itself."""
    try:
        with closing(sqlite3.connect(place, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE").fetchall()
    except sqlite3.Error as problem:
        raise unavailable(str(place), problem) from problem


def replace(live: Path, ready: Path, kept: Path) -> None:
    """Put the new ledger in the place of the old one, which is `kept`, in one step: at no moment is there none."""
    if live.exists():
        for end in ATTACHED:  # of a damaged one; they would be read as part of the new one
            attached = live.with_name(live.name + end)
            with suppress(FileNotFoundError):
                attached.rename(kept.with_name(kept.name + end))
        os.link(live, kept)
    ready.replace(live)


def _checked(place: Path, named: str) -> int:
    """Raises when the file is damaged, by the name that people know it by; how many prospects are in it."""
    try:
        with closing(sqlite3.connect(f"file:{place}?mode=ro", uri=True)) as connection:
            said = [row[0] for row in connection.execute("PRAGMA integrity_check(5)")]
            broken = connection.execute("PRAGMA foreign_key_check").fetchall()
            number = int(connection.execute("SELECT count(*) FROM prospects").fetchone()[0])
            for query in ("SELECT body FROM prospects", "SELECT payload FROM action_payloads"):
                for (text,) in connection.execute(query):  # SQLite itself does not look into texts
                    load_json(text)
    except sqlite3.Error as problem:
        raise unavailable(named, problem) from problem
    except RowDamaged:
        raise RowDamaged(named) from None
    if said != ["ok"] or broken:
        what = said[0] if said != ["ok"] else f"{len(broken)} rows belong to nothing"
        raise LedgerUnavailable(f"The ledger {named} is damaged ({what}): restore an earlier backup")
    return number
