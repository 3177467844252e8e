"""What went wrong with the database, in words that say what to do."""

from __future__ import annotations

import sqlite3

from closeloop.domain.errors import LedgerUnavailable

_ADVICE = {
    "SQLITE_BUSY": "is locked by another program: stop it, or wait until its work is done, and try again",
    "SQLITE_LOCKED": "is locked by another program: stop it, or wait until its work is done, and try again",
    "SQLITE_CORRUPT": "is damaged: stop all workers and restore the last backup in its place",
    "SQLITE_NOTADB": "is not a Closeloop ledger: check CLOSELOOP_HOME, or move this file away",
    "SQLITE_FULL": "cannot grow because the disk is full: free some space and try again; nothing was lost",
    "SQLITE_READONLY": "may not be written to: give this user write permission on the file and its folder",
    "SQLITE_CANTOPEN": "cannot be opened: check that its folder exists and that this user may write there",
    "SQLITE_PERM": "cannot be opened: check that this user may read and write the file",
    "SQLITE_IOERR": "cannot be read or written: check the disk, then try again",
    "SQLITE_CONSTRAINT": "refused rows that break its rules, so nothing of this step was saved",
}


def unavailable(place: str, cause: BaseException) -> LedgerUnavailable:
    """The error to raise for a failure of the database at `place`."""
    name = getattr(cause, "sqlite_errorname", "")
    primary = "_".join(name.split("_")[:2])
    advice = _ADVICE.get(primary, "failed: run `closeloop doctor`, then try again")
    return LedgerUnavailable(f"The ledger {place} {advice} ({cause})")


def translated(place: str, cause: BaseException) -> BaseException:
    """A failure of the database becomes `LedgerUnavailable`; a wrong argument stays the error it is."""
    return unavailable(place, cause) if isinstance(cause, sqlite3.Error) else cause
