"""One pass with Prefect or without, in a process of its own: `python -m tests.bench.overhead_child JOB RESULT`.

With Prefect it is the stage flows on a server that runs all its services, as under `closeloop up`; without, the
same passes in the same order, called as functions. Both say before they begin how many API calls they need.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil

from closeloop.application.api_share import keep_to_share, outlook
from closeloop.application.passes import PASSES, Pass, group, run_to_the_end
from closeloop.application.results import StageResult
from closeloop.application.services import Services
from closeloop.bootstrap import using
from flows.catalogue import FLOWS
from flows.runtime import prefect_server
from tests.bench.meter import Meter, cpu_of
from tests.bench.product import PASS, cpu_of_ended_children, services_of

Found = dict[str, Any]


def main(job: Found) -> Found:
    """What the pass used, and its batches alone; with Prefect also its server, and how its database grew."""
    work, meter, batches = services_of(job | {"drafts": False}), Meter(), Meter()
    with using(work), _metered(batches):
        found = _with_prefect(work, meter) if job["prefect"] else _alone(work, meter)
    cpu, wall = (sum(laps.values()) for laps in (meter.cpu_seconds, meter.wall_seconds))
    return found | {
        "cpu_seconds": cpu,
        "work_cpu_seconds": sum(batches.cpu_seconds.values()),
        "wall_seconds": wall,
        "cpu_seconds_by_lap": meter.cpu_seconds,
    }


@contextmanager
def _metered(batches: Meter) -> Iterator[None]:
    """Notes what each batch function uses: the work itself, whoever calls it."""
    before = dict(PASSES)
    for name, (batch, size) in before.items():
        PASSES[name] = (_timed(batch, name, batches), size)
    try:
        yield
    finally:
        PASSES.update(before)


def _timed(batch: Pass, name: str, batches: Meter) -> Pass:
    def timed(services: Services, run_id: str, now: datetime, size: int) -> StageResult:
        with batches.lap(name):
            return batch(services, run_id, now, size)

    return timed


def _alone(work: Services, meter: Meter) -> Found:
    results: list[StageResult] = []
    now = work.clock.now()
    for stage in PASS:
        with meter.lap(stage):
            keep_to_share(work)
            outlook(work, group(stage), now, None)
            results += [run_to_the_end(each, work, f"bench-{stage}", now) for each in group(stage)]
    return _done(results)


def _with_prefect(work: Services, meter: Meter) -> Found:
    results: list[StageResult] = []
    database = work.home / "prefect" / "prefect.db"
    with ExitStack() as stack:
        stack.enter_context(prefect_server(work.home, lasting=True))
        (server,) = psutil.Process().children()
        cpu_before, bytes_before = cpu_of(server), _bytes_in_use(database)
        for stage in PASS:
            with meter.lap(stage):
                results += FLOWS[stage](as_of=work.clock.now())
        with meter.lap("records"):  # what Prefect still sends and writes after the last flow is part of its price
            stack.close()
    return _done(results) | {
        "server_cpu_seconds": cpu_of_ended_children() - cpu_before,
        "database_bytes": _bytes_in_use(database) - bytes_before,
        "task_runs": _rows(database, "task_run"),
        "events": _rows(database, "events"),
    }


def _done(results: list[StageResult]) -> Found:
    failures = [failure.problem for result in results for failure in result.failures]
    return {"failures": failures, "considered": {one.stage: one.considered for one in results}}


def _bytes_in_use(database: Path) -> int:
    """Pages that hold something, those in the write-ahead log too."""
    with closing(sqlite3.connect(database)) as connection:
        (pages,), (free,), (size,) = (
            connection.execute(f"PRAGMA {name}").fetchone()
            for name in ("page_count", "freelist_count", "page_size")
        )
    return int((pages - free) * size)


def _rows(database: Path, table: str) -> int:
    with closing(sqlite3.connect(database)) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(json.dumps(main(json.loads(Path(sys.argv[1]).read_text()))))
