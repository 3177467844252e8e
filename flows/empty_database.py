"""Owns the cached empty database that saves a new Prefect server its migrations (about four seconds of CPU).

Invariant: a copy is handed out only when this very version of Prefect made it, and it holds the schema and
Prefect's own block types, never a run, a key or a secret. Whatever goes wrong here only costs time: Prefect
then migrates by itself.

`python -m flows.empty_database` fills the cache; `start.py` does so at set-up.
"""

import contextlib
import os
import shutil
import sqlite3
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path


def seed(database: Path, cache: Path | None = None) -> bool:
    """Puts a copy of the empty database at `database` unless one is there; true when Prefect need not
    migrate it.
    """
    empty = cache or default_cache()
    if not empty.exists():
        return False
    if not database.exists():
        with contextlib.suppress(OSError):
            shutil.copyfile(empty, database)
    revision = _revision(empty)
    return revision is not None and _revision(database) == revision


def keep(database: Path, cache: Path | None = None) -> bool:
    """Caches a just migrated database for the next server; false when it has runs in it or the cache is
    read-only.
    """
    empty = cache or default_cache()
    if empty.exists():
        return False
    draft = empty.with_suffix(f".{os.getpid()}")
    try:
        empty.parent.mkdir(parents=True, exist_ok=True)
        fit = _copy_of_schema(database, draft)
        if fit:
            draft.replace(empty)
        return fit
    except (OSError, sqlite3.Error):
        return False
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


def default_cache() -> Path:
    """One file per environment and version of Prefect."""
    return Path(sys.prefix) / "share" / "closeloop" / f"prefect-{version('prefect')}.db"


def _copy_of_schema(database: Path, target: Path) -> bool:
    with (
        contextlib.closing(sqlite3.connect(database)) as source,
        contextlib.closing(sqlite3.connect(target)) as copy,
    ):
        source.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
        (runs,) = copy.execute("SELECT count(*) FROM flow_run").fetchone()
        copy.execute("DELETE FROM configuration")  # it may hold the key that encrypts blocks
        copy.commit()
        return bool(runs == 0 and _revision(target) is not None)


def _revision(database: Path) -> str | None:
    try:
        with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error:
        return None
    return str(row[0]) if row else None


def main() -> None:
    """Starts a server once in a temporary folder, which fills the cache."""
    if default_cache().exists():
        return
    with tempfile.TemporaryDirectory() as home:
        # Prefect makes its home when it is imported; set-up leaves no trace in the person's.
        os.environ["PREFECT_HOME"] = home
        os.environ.pop("PREFECT_API_URL", None)
        from flows.runtime import prefect_server

        with prefect_server(Path(home)):
            pass


if __name__ == "__main__":
    main()
