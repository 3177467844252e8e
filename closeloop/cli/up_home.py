"""What `closeloop up` keeps in the home folder: who is up, which ports it had, and what only it may know.

Invariant: one `up` a home at a time, by a lock that the system lifts however its holder ends.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shlex
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from closeloop.domain.errors import UsageError

LOCK_FILE, PORTS_FILE, AUTH_FILE, ENV_FILE = "up.lock", "up-ports.json", "prefect-auth", "up.env"
NEXT_PORTS = 50
OPTIONS = {"prefect": "--port", "gateway": "--gateway-port"}


@contextmanager
def alone_in(home: Path) -> Iterator[None]:
    """The only `up` of this home for the length of the block; `UsageError` says where the other one is."""
    with (home / LOCK_FILE).open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            who = file.read().strip() or "it is just starting"
            raise UsageError(
                f"Closeloop is already up in {home} ({who}): use that one, stop it with Ctrl-C, or choose another "
                "folder with CLOSELOOP_HOME"
            ) from None
        file.truncate(0)
        yield
        file.truncate(0)


def note_who(home: Path, words: str) -> None:
    """For whoever finds the home taken."""
    (home / LOCK_FILE).write_text(f"process {os.getpid()}, {words}\n", encoding="utf-8")


class Ports:
    """Ports of the last time where they are free, so that addresses people wrote down stay right."""

    def __init__(self, home: Path, host: str) -> None:
        self._file, self._host = home / PORTS_FILE, host
        self._last = _read(self._file)

    def take(self, name: str, asked: int | None, usual: int) -> int:
        """The port asked for, which must be free; else the last one, the usual one or the next that is free."""
        if asked is not None:
            if asked and not self._is_free(asked):
                raise UsageError(
                    f"port {asked} is in use: stop what listens there, choose another {OPTIONS[name]}, or leave it "
                    "out and the next free one is taken"
                )
            return self._keep(name, asked or self._any())
        wishes = [self._last.get(name, usual), *range(usual, usual + NEXT_PORTS)]
        taken = set(self._last.values()) - {self._last.get(name)}
        free = next((port for port in wishes if port not in taken and self._is_free(port)), None)
        return self._keep(name, free or self._any())

    def _keep(self, name: str, port: int) -> int:
        self._last[name] = port
        self._file.write_text(json.dumps(self._last), encoding="utf-8")
        return port

    def _is_free(self, port: int) -> bool:
        try:
            socket.create_server((self._host, port), family=_family(self._host)).close()
        except (OSError, OverflowError):
            return False
        return True

    def _any(self) -> int:
        with socket.create_server((self._host, 0), family=_family(self._host)) as probe:
            return int(probe.getsockname()[1])


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _read(file: Path) -> dict[str, int]:
    try:
        found: Any = json.loads(file.read_text(encoding="utf-8"))
        return {str(name): int(port) for name, port in found.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def kept_credentials(home: Path) -> str:
    """User and password of the Prefect server, made once."""
    file = home / AUTH_FILE
    if not file.exists():
        _write_for_owner(file, f"closeloop:{secrets.token_urlsafe(24)}")
    return file.read_text(encoding="utf-8").strip()


def write_environment(home: Path, values: Mapping[str, str]) -> Path:
    """Lines for another terminal, so that its commands work with what is up; they hold secrets."""
    file = home / ENV_FILE
    file.unlink(missing_ok=True)
    _write_for_owner(file, "".join(f"{name}={shlex.quote(value)}\n" for name, value in values.items()))
    return file


def _write_for_owner(file: Path, text: str) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
