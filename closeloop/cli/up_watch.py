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
    from flows.private_server import PrivateServer
    from flows.tied_process import TiedProcess

LOOK_EVERY_SECONDS = 0.5
STARTS, WITHIN_SECONDS = 4, 600.0
"""So often may a part be started in that time."""
ASK_EVERY_SECONDS, SILENT_SECONDS = 10.0, 60.0


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
        recent = _recent(self._started_at)
        if len(recent) >= STARTS:
            raise CloseloopError(words)
        side_console().print(f"{words}; starting it again", soft_wrap=True)
        self._started_at = [*recent, time.monotonic()]
        self.child = self._start(self._stack)


class Prefect:
    """The server that all of it works with; one that `up` started itself is started again when it falls silent."""

    def __init__(self, api: str, own: PrivateServer | None) -> None:
        self._api, self._own = api, own
        self._client = httpx.Client(trust_env=False, timeout=5)
        self._answered = self._asked = time.monotonic()
        self._started_at: list[float] = []

    def look(self) -> None:
        """`CloseloopError` when it stays away, or another's does not answer for a minute."""
        if self._own and self._own.has_ended():
            return self._again(self._own, "Prefect's server has ended by itself")
        if time.monotonic() < self._asked + ASK_EVERY_SECONDS:
            return None
        self._asked = time.monotonic()
        with suppress(httpx.HTTPError):
            if self._client.get(f"{self._api}/ready").is_success:
                self._answered = time.monotonic()
        if time.monotonic() < self._answered + SILENT_SECONDS:
            return None
        if self._own is None:
            raise CloseloopError(f"Prefect has not answered at {self._api} for a minute: see to it and start again")
        return self._again(self._own, "Prefect's server has not answered for a minute")

    def _again(self, own: PrivateServer, why: str) -> None:
        from flows.private_server import ServerDidNotStart

        self._started_at = _recent(self._started_at)
        if len(self._started_at) >= STARTS:
            raise CloseloopError(f"{why}, again and again: {own.last_words()}")
        side_console().print(f"{why}; starting it again (its log is {own.log})", soft_wrap=True)
        self._started_at.append(time.monotonic())
        try:
            own.restart()
        except ServerDidNotStart as problem:
            raise CloseloopError(str(problem)) from None
        self._answered = time.monotonic()
        side_console().print(f"Prefect answers again at {self._api}", soft_wrap=True)


def stay(parts: list[Part], sandbox: KeptSandbox | None, prefect: Prefect) -> None:
    """Until Ctrl-C; `CloseloopError` when a part is gone that cannot be had again."""
    while True:
        time.sleep(LOOK_EVERY_SECONDS)
        prefect.look()  # before the others, which end without it
        for part in parts:
            part.look()
        if sandbox:
            sandbox.tick()


def _recent(starts: list[float]) -> list[float]:
    return [at for at in starts if at > time.monotonic() - WITHIN_SECONDS]
