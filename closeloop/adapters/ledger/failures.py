"""What went wrong with the database, in words that say what to do.

Invariant: `TryAgain` is only raised when nothing of the transaction was saved.
"""

from __future__ import annotations

import sqlite3

from closeloop.domain.errors import LedgerUnavailable, UsageError

psycopg_errors: tuple[type[Exception], ...] = ()
"""Filled by `postgres.py` when it is first needed, so that nobody else pays for loading the driver."""


class TryAgain(LedgerUnavailable):
    """Nothing was saved, and the same call may well work in a moment."""


class RowDamaged(LedgerUnavailable):
    """The database gives a row back that no ledger wrote: bytes of its file were changed."""

    def __init__(self, place: str = "") -> None:
        super().__init__(
            f"The ledger {place} {_SQLITE['SQLITE_CORRUPT']} (a row in it makes no sense)".replace("  ", " ")
        )


class CommitUnknown(LedgerUnavailable):
    """The answer to a COMMIT was lost."""


class LedgerIsNewer(UsageError, LedgerUnavailable):
    """The ledger was written by a newer Closeloop than this one."""


_SQLITE = {
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
_AWAY = "cannot be reached: start the database server, or check CLOSELOOP_LEDGER_URL"
# By SQLSTATE; two letters stand for their whole class, the longer match counts.
_POSTGRESQL = {
    "08": _AWAY,
    "57P": _AWAY,
    "3D000": "does not exist: create the database, or check its name in CLOSELOOP_LEDGER_URL",
    "28": "refuses this user: check the user and password in CLOSELOOP_LEDGER_URL",
    "42501": "refuses this user: grant it the right to create and change tables in this schema",
    "53300": "has no connection left: use fewer workers, or raise max_connections of the server",
    "53100": "cannot grow because the disk is full: free some space and try again; nothing was lost",
    "53": "has no memory or space left: free some and try again; nothing was lost",
    "55P03": "is locked by another program: stop it, or wait until its work is done, and try again",
    "57014": "took too long to answer: see what keeps the database busy, then try again",
    "25006": "may only be read (a standby?): give CLOSELOOP_LEDGER_URL the address of the primary server",
    "40": "was changed by another worker at the same moment: try again; nothing of this step was saved",
    "23": "refused rows that break its rules, so nothing of this step was saved",
    "XX001": "is damaged: stop all workers and restore the last backup in its place",
}
_PASSES = ("08", "57P", "40", "53300")
"""Failures that end by themselves."""
_OTHER = "failed: run `closeloop doctor`, then try again"


def unavailable(place: str, cause: BaseException) -> LedgerUnavailable:
    """The error to raise for a failure of the database at `place`."""
    said = " ".join(str(cause).split())
    if isinstance(cause, sqlite3.Error):
        if "Could not decode to UTF-8" in said:
            return RowDamaged(place)  # what it said quotes the row, which speaks of people
        primary = "_".join(getattr(cause, "sqlite_errorname", "").split("_")[:2])
        return LedgerUnavailable(f"The ledger {place} {_SQLITE.get(primary, _OTHER)} ({said})")
    state = sqlstate(cause)
    known = sorted((code for code in _POSTGRESQL if state.startswith(code)), key=len)
    text = f"The ledger {place} {_POSTGRESQL[known[-1]] if known else _OTHER} ({said})"
    return TryAgain(text) if state.startswith(_PASSES) else LedgerUnavailable(text)


def sqlstate(cause: BaseException) -> str:
    """The code of the failure; a server that could not be asked has none, which counts as `connection failure`."""
    given = getattr(cause, "sqlstate", None)
    if given:
        return str(given)
    said = str(cause)
    if "does not exist" in said and "database" in said:
        return "3D000"
    if "authentication failed" in said or "role" in said:
        return "28000"
    if "too many" in said and ("clients" in said or "connections" in said):
        return "53300"
    return "08000" if type(cause).__name__ == "OperationalError" else "XX000"


def translated(place: str, cause: BaseException) -> BaseException:
    """A failure of the database becomes `LedgerUnavailable`; a wrong argument stays the error it is."""
    return unavailable(place, cause) if isinstance(cause, (sqlite3.Error, *psycopg_errors)) else cause
