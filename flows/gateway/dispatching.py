"""The dispatcher: a thread of the gateway that has a run started as soon as something is stored.

Invariant: it owns no state. Whatever it did not get to, because Prefect or the ledger was away or this process
ended, is found in the ledger by the next round, here or in another process.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from closeloop.adapters.clock import SystemClock
from closeloop.application.dispatch import RunsUnavailable, dispatch
from closeloop.application.ports import Clock, Ledger
from closeloop.domain.errors import LedgerUnavailable
from flows.gateway.prefect_runs import PrefectRuns

SWEEP_SECONDS = 2.0
"""Between two looks when nobody wakes it: what another process stored, or what waited for Prefect."""
LONGEST_PAUSE = 30.0
_log = logging.getLogger("closeloop.dispatch")


class Dispatcher:
    """Give `wake` to whoever stores events."""

    def __init__(
        self,
        ledger: Ledger,
        runs: PrefectRuns | None = None,
        clock: Clock | None = None,
        started: Callable[[str], None] | None = None,
    ) -> None:
        """`started` is called with each flow run that was handed over."""
        self._runs = runs or PrefectRuns(taken=started is not None)
        self._ledger, self._clock, self._started = ledger, clock or SystemClock(), started
        self._news, self._over = threading.Event(), threading.Event()
        self._troubles = 0

    def wake(self) -> None:
        """Something was stored. Costs nothing, and may be called from any thread."""
        self._news.set()

    def work(self) -> None:
        """Round after round until `end`."""
        while not self._over.is_set():
            self._news.clear()
            self._round()
            self._news.wait(self._pause())
        self._runs.close()

    def end(self) -> None:
        self._over.set()
        self._news.set()

    def _round(self) -> None:
        try:
            flow_run_id = dispatch(self._ledger, self._runs, self._clock.now())
            if flow_run_id and self._started:
                self._started(flow_run_id)
        except (RunsUnavailable, LedgerUnavailable) as problem:
            if not self._troubles:
                _log.warning("%s", problem)
            self._troubles += 1
        else:
            if self._troubles:
                _log.warning("events are handed over again")
            self._troubles = 0

    def _pause(self) -> float:
        """Longer and longer while Prefect is away; news do not make it any shorter then."""
        if not self._troubles:
            return SWEEP_SECONDS
        self._over.wait(min(SWEEP_SECONDS, 0.25 * self._troubles))
        return min(LONGEST_PAUSE, 0.5 * self._troubles)


@contextmanager
def dispatching(ledger: Ledger, started: Callable[[str], None] | None = None) -> Iterator[Callable[[], None]]:
    """At work for the length of the block; yields what is to be called when something was stored."""
    dispatcher = Dispatcher(ledger, started=started)
    thread = threading.Thread(target=dispatcher.work, name="dispatcher", daemon=True)
    thread.start()
    try:
        yield dispatcher.wake
    finally:
        dispatcher.end()
        thread.join(timeout=5)
