"""The listener: a thread of the gateway that follows the change stream and comes back after every break.

Invariant: it owns no state; the ledger knows how far the stream was read. A break is told once in the log.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from closeloop.adapters.clock import SystemClock
from closeloop.adapters.salesforce.stream import ChangeStream, PlaceLost, StreamRefused, StreamUnavailable
from closeloop.application.follow_stream import begin_anew, follow
from closeloop.application.ports import Ledger
from closeloop.domain.errors import CrmRefused, CrmUnavailable, LedgerUnavailable

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 60.0
STEADY = timedelta(minutes=1)
"""A stream that lasted so long was well: its break is a first one again."""
_log = logging.getLogger("closeloop.stream")


class Listener:
    """Follows one stream; `stored` is called after something new came in."""

    def __init__(self, stream: ChangeStream, ledger: Ledger, stored: Callable[[], None]) -> None:
        self._stream, self._ledger, self._stored = stream, ledger, stored
        self._clock, self._over, self._breaks = SystemClock(), threading.Event(), 0

    def work(self) -> None:
        """Again and again until `end`, with longer and longer pauses while nothing comes."""
        while not self._over.is_set():
            begun = self._clock.now()
            try:
                follow(self._stream, self._ledger, self._clock.now, self._heard)
            except PlaceLost as problem:
                _log.warning("%s: the CRM is read instead, and the stream begins anew", problem)
                self._begin_anew()
            except (StreamUnavailable, LedgerUnavailable, CrmUnavailable, CrmRefused) as problem:
                if self._clock.now() - begun > STEADY:
                    self._breaks = 0
                self._note(problem)
            self._over.wait(self._pause())

    def end(self) -> None:
        self._over.set()
        self._stream.stop()

    def _heard(self) -> None:
        self._breaks = 0
        self._stored()

    def _begin_anew(self) -> None:
        try:
            begin_anew(self._stream, self._ledger, self._clock.now(), self._stored)
        except LedgerUnavailable as problem:
            self._note(problem)

    def _note(self, problem: Exception) -> None:
        self._breaks += 1
        # A session that ran out is no news: the next attempt has another one.
        if self._breaks == 1 + isinstance(problem, StreamRefused) and not self._over.is_set():
            _log.warning("%s; it is tried again, and goes on where it ended", problem)

    def _pause(self) -> float:
        longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(self._breaks, 10))
        return random.uniform(FIRST_PAUSE / 2, longest) if self._breaks else 0.0  # noqa: S311 - no secret


@contextmanager
def listening(stream: ChangeStream, ledger: Ledger, stored: Callable[[], None]) -> Iterator[None]:
    """At work for the length of the block."""
    listener = Listener(stream, ledger, stored)
    thread = threading.Thread(target=listener.work, name="change stream", daemon=True)
    thread.start()
    try:
        yield
    finally:
        listener.end()
        thread.join(timeout=5)
