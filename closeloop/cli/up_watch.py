"""Keeps the parts of `closeloop up` alive: one that ends by itself is started again, and people are told.

Invariant: a part that cannot stay up ends the command with its last words, instead of being tried for ever.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

import httpx

from closeloop.cli.output import side_console
from closeloop.cli.up_sandbox import KeptSandbox
from closeloop.domain.errors import CloseloopError

if TYPE_CHECKING:
    from flows.tied_process import TiedProcess

LOOK_EVERY_SECONDS = 0.5
STARTS, WITHIN_SECONDS = 4, 600.0
"""So often may a part be started in that time."""
SILENT_SECONDS = 60.0


class Part:
    """A child that is started again when it ends by itself."""

    def __init__(self, start: Callable[[ExitStack], TiedProcess], stack: ExitStack) -> None:
        self._start, self._stack = start, stack
        self._started_at = [time.monotonic()]
        self.child = start(stack)

    def look(self) -> None:
        """Starts it again if need be; `CloseloopError` when that has not helped several times."""
        if not self.child.has_ended():
            return
        words = f"the {self.child.name} has ended by itself: {self.child.last_words()}"
        recent = [at for at in self._started_at if at > time.monotonic() - WITHIN_SECONDS]
        if len(recent) >= STARTS:
            raise CloseloopError(words)
        side_console().print(f"{words}; starting it again", soft_wrap=True)
        self._started_at = [*recent, time.monotonic()]
        self.child = self._start(self._stack)


def stay(parts: list[Part], sandbox: KeptSandbox | None, api: str) -> None:
    """Until Ctrl-C; `CloseloopError` when a part is gone that cannot be had again."""
    answered = time.monotonic()
    with httpx.Client(trust_env=False, timeout=5) as client:
        while True:
            time.sleep(LOOK_EVERY_SECONDS)
            for part in parts:
                part.look()
            if sandbox:
                sandbox.tick()
            if time.monotonic() > answered + SILENT_SECONDS / 4:
                answered = _asked(client, api, answered)


def _asked(client: httpx.Client, api: str, answered: float) -> float:
    """When Prefect has last answered."""
    with suppress(httpx.HTTPError):
        client.get(f"{api}/health")
        return time.monotonic()
    if time.monotonic() > answered + SILENT_SECONDS:
        raise CloseloopError(f"Prefect has not answered at {api} for a minute: see logs/prefect-server.log")
    return answered
