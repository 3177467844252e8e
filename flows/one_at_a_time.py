"""One run of a stage at a time, by a lease in the ledger that its holder prolongs while it lives.

Prefect's own concurrency limits are not used for it: a run that dies in the wrong moment keeps its slot there.
Invariant: a run that does not get its turn changes nothing; one that lost it starts no further batch.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from prefect.runtime import flow_run

from closeloop.application.ports import StageHold
from closeloop.application.services import Services
from closeloop.domain.errors import LedgerUnavailable

LEASE = timedelta(seconds=30)
RENEW_SECONDS = 8.0
LOOK_SECONDS = 1.0


class Turn:
    """Whose turn it is with a stage: ours, or that of the `holder`."""

    def __init__(self, stage: str, worker: str, services: Services) -> None:
        self._stage, self._worker, self._services = stage, worker, services
        self._over = threading.Event()
        self.holder: StageHold | None = None

    def ask(self) -> bool:
        """True when it is ours, for another lease."""
        standing = self._services.ledger.hold_stage(self._stage, self._worker, self._services.clock.now(), LEASE)
        self.holder = None if standing.worker == self._worker else standing
        return self.holder is None

    def keep(self) -> None:
        """Prolongs it until it is over, or somebody else's: a ledger that is away is asked again."""
        while not self._over.wait(RENEW_SECONDS):
            try:
                if not self.ask():
                    return
            except LedgerUnavailable:
                continue

    def end(self, keeper: threading.Thread) -> None:
        """Gives it back, once nobody can ask for it again in our name."""
        self._over.set()
        keeper.join()
        self._services.ledger.release_stage(self._stage, self._worker)


@contextmanager
def turn(stage: str, run_id: str, services: Services) -> Iterator[Turn]:
    """Ours for the length of the block, unless its `holder` says whose it is."""
    mine = Turn(stage, _worker(run_id, services), services)
    if not mine.ask() and _is_our_former_self(mine.holder):
        _wait_for(mine)
    if mine.holder is not None:
        yield mine
        return
    keeper = threading.Thread(target=mine.keep, daemon=True)
    keeper.start()
    try:
        yield mine
    finally:
        mine.end(keeper)


def words(holder: StageHold) -> str:
    """Why a run was skipped."""
    return f"{holder.stage} is already being worked, since {holder.since:%Y-%m-%d %H:%M} UTC"


def _worker(run_id: str, services: Services) -> str:
    """Each attempt of a flow run is a worker of its own: the former one may still live."""
    return f"{flow_run.id}/{flow_run.run_count}" if flow_run.id else f"{services.worker}/{run_id}"


def _is_our_former_self(holder: StageHold | None) -> bool:
    """An attempt of this very run, which was cut short: nobody else would do its work."""
    return bool(holder and flow_run.id and holder.worker.startswith(f"{flow_run.id}/"))


def _wait_for(mine: Turn) -> None:
    """Until its lease has run out, which it does unless that attempt lives after all."""
    deadline = time.monotonic() + LEASE.total_seconds() + 2 * LOOK_SECONDS
    while not mine.ask() and time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)
