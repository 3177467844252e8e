"""The warm worker: runs for events begin here at once, in a process that has everything loaded.

A runner looks once a second and needs seconds of CPU to start a process; a lone event should not wait for that.
Invariant: a run is worked on by whom the ledger gives it. One that was taken by a process that died is found by the
dispatcher, and its events go to another run.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.flow_engine import run_flow

from closeloop.adapters.clock import SystemClock
from closeloop.application.dispatch import LEASE
from closeloop.application.services import Services
from flows.on_event import on_event

THREADS = 2
"""A run still writes its records when the next one begins."""

_log = logging.getLogger("closeloop.warm")


class WarmWorker:
    """Give `take` the ids of flow runs that have just been started."""

    def __init__(self, work: Services) -> None:
        self._services = work
        self._wanted: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def take(self, flow_run_id: str) -> None:
        """It is worked on as soon as a thread is free; returns at once."""
        self._wanted.put(flow_run_id)

    def work(self) -> None:
        """One run after the other until `end`."""
        while (wanted := self._wanted.get()) is not None:
            try:
                self._run(wanted)
            except Exception as problem:  # noqa: BLE001 - the ledger has the events, and the next run takes them
                _log.warning("a run for events broke off (%s): it is started again", type(problem).__name__)

    def end(self) -> None:
        for _ in range(THREADS):
            self._wanted.put(None)

    def _run(self, flow_run_id: str) -> None:
        """Two gateways may have asked for one run under one key: the ledger gives it to one of them."""
        work, name = self._services, f"flow-run/{flow_run_id}"
        if work.ledger.hold_stage(name, work.worker, SystemClock().now(), LEASE).worker != work.worker:
            return
        try:
            with get_client(sync_client=True) as client:
                run = client.read_flow_run(UUID(flow_run_id))
            if run.state is not None and run.state.is_pending():
                run_flow(on_event, flow_run=run, parameters=dict(run.parameters), return_type="state")
        finally:
            work.ledger.release_stage(name, work.worker)


@contextmanager
def warm_worker(work: Services) -> Iterator[Callable[[str], None]]:
    """At work for the length of the block; yields what is to be called with a flow run that was started."""
    worker = WarmWorker(work)
    threads = [threading.Thread(target=worker.work, name="warm worker", daemon=True) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    try:
        yield worker.take
    finally:
        worker.end()
        for thread in threads:
            thread.join(timeout=10)
