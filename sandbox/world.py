"""What the services of the sandbox share: one clock, one journal, one database, one set of credentials."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


class ClockError(ValueError):
    """The sandbox's time only moves forward."""


@dataclass
class SandboxClock:
    """The sandbox's own time; it stands still until the control plane moves it."""

    _now: datetime = START

    def now(self) -> datetime:
        return self._now

    def move_to(self, moment: datetime) -> None:
        if moment.tzinfo is None:
            raise ClockError("the time needs an offset, for example 2026-01-05T08:00:00Z")
        if moment < self._now:
            raise ClockError(f"time runs forward: it is {self._now.isoformat()}, asked for {moment.isoformat()}")
        self._now = moment.astimezone(UTC)


@dataclass(frozen=True)
class JournalEntry:
    """One request a service accepted for processing, with what it answered."""

    seq: int
    at: str
    service: str
    method: str
    path: str
    status: int
    summary: dict[str, Any]


@dataclass
class Journal:
    """Every request that reached a service, in order. The judge of what really arrived."""

    entries: list[JournalEntry] = field(default_factory=list)

    def record(
        self, *, at: datetime, service: str, method: str, path: str, status: int, summary: dict[str, Any]
    ) -> None:
        self.entries.append(
            JournalEntry(len(self.entries) + 1, at.isoformat(), service, method, path, status, summary)
        )

    def of(self, service: str) -> list[JournalEntry]:
        return [entry for entry in self.entries if entry.service == service]


@dataclass(frozen=True)
class Credentials:
    """What the sandbox accepts and prints on its first line. Not secrets: they open nothing but the sandbox."""

    access_token: str = "00D000000000001!sandbox.access.token"
    client_id: str = "sandbox-client-id"
    client_secret: str = "sandbox-client-secret"
    username: str = "ops@sandbox.example"
    password: str = "sandbox-password"
    security_token: str = "sandboxtoken"
    sendgrid_api_key: str = "SG.sandbox.key"
    vendor_api_key: str = "sandbox-vendor-key"


@dataclass
class World:
    """The state of one sandbox process. All handlers run on one event loop, so a handler is a transaction."""

    seed: int
    db: sqlite3.Connection
    clock: SandboxClock = field(default_factory=SandboxClock)
    journal: Journal = field(default_factory=Journal)
    credentials: Credentials = field(default_factory=Credentials)
    api_limit: int = 100_000
    parts: dict[str, Any] = field(default_factory=dict)


def open_world(seed: int = 7, state: str = ":memory:") -> World:
    """A fresh world, or the one kept in the SQLite file `state`."""
    db = sqlite3.connect(state, check_same_thread=False, isolation_level=None)
    db.row_factory = sqlite3.Row
    if state != ":memory:":
        # A commit per request would wait for the disk each time; this survives a crash of the process all the same.
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=NORMAL")
    return World(seed=seed, db=db)
