"""The points at which a worker can be told to die: before and after each call that changes something.

The product knows nothing of them. Its ports are wrapped from outside, so what is killed is the code that ships.
Invariant: a tripwire ends the process by SIGKILL, so nothing is cleaned up, flushed or given back.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import wraps
from typing import Any, cast

from closeloop.application.services import Services

WATCHED: dict[str, tuple[str, ...]] = {
    "ledger": (
        "add_prospects",
        "commit",
        "claim",
        "settle",
        "expire_leases",
        "add_receipts",
        "receive",
        "note_understanding",
        "suppress",
        "set_cursor",
        "note_crm_seen",
        "mark_synced",
        "add_crm_writes",
        "settle_crm_writes",
        "cancel_planned",
        "take_slots",
        "suppress_all",
    ),
    "crm": (
        "changed_leads",
        "news",
        "look",
        "update",
        "create_tasks",
        "convert",
        "contact_roles",
        "put_meetings",
    ),
    "mailer": ("send",),
}
"""Port to those of its methods whose loss could hurt."""
BEFORE, AFTER = "before", "after"


def named_points() -> list[str]:
    """Every point, such as `mailer.send:after`: the mails have left and nobody has written it down."""
    return [
        f"{port}.{method}:{when}"
        for port, methods in WATCHED.items()
        for method in methods
        for when in (BEFORE, AFTER)
    ]


class Tripwire:
    """Counts the points a worker passes and kills it at the one that was chosen."""

    def __init__(self, fatal: str | None, passes: int = 1) -> None:
        self._fatal, self._passes = fatal, passes
        self.passed: Counter[str] = Counter()

    def reach(self, point: str) -> None:
        self.passed[point] += 1
        if point == self._fatal and self.passed[point] >= self._passes:
            os.kill(os.getpid(), signal.SIGKILL)


class _Watched:
    """Stands before a port: every call goes through, and some are points."""

    def __init__(self, port: str, real: object, methods: Iterable[str], wire: Tripwire) -> None:
        self._port, self._real, self._methods, self._wire = port, real, frozenset(methods), wire
        for method in methods:
            getattr(real, method)  # a point that nobody can pass would look like one that was survived

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._real, name)
        return self._through(name, found) if name in self._methods else found

    def _through(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(call)
        def watched(*given: Any, **named: Any) -> Any:
            self._wire.reach(f"{self._port}.{name}:{BEFORE}")
            result = call(*given, **named)
            self._wire.reach(f"{self._port}.{name}:{AFTER}")
            return result

        return watched


def watched(services: Services, wire: Tripwire) -> Services:
    """The same services, with a tripwire round each port."""
    ports = {name: _Watched(name, getattr(services, name), methods, wire) for name, methods in WATCHED.items()}
    return replace(services, **cast("dict[str, Any]", ports))
