"""One worker: a process that goes once through all passes, as a scheduled cycle does, unless it is killed.

It runs the use cases that ship, with the adapters that ship; only the drawing of decks is left out, since it
writes nothing outside. A pass that fails is left to the next worker, as a failed flow run is.
"""

from __future__ import annotations

import json
import random
import signal
import traceback
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from closeloop.adapters.clock import SimulatedClock
from closeloop.application.passes import PASSES, run_to_the_end
from closeloop.application.services import Services
from closeloop.bootstrap import build
from closeloop.domain.errors import CloseloopError
from closeloop.domain.presentation_content import DeckContent, Finding
from tests.chaos.planted import ClaimsAfterSending
from tests.chaos.points import Tripwire, watched
from tests.chaos.settings import Site


class NoDrawing:
    """Preparation decides and goes on; nothing is drawn."""

    def build_all(self, drafts: Sequence[tuple[DeckContent, Path]]) -> list[tuple[Finding, ...]]:
        return [() for _ in drafts]


class Job(BaseModel):
    """What one worker is told."""

    model_config = ConfigDict(frozen=True)

    site: Site
    name: str
    now: datetime
    seed: int
    fatal: str | None = None
    """The point at which it dies, if it gets there."""
    passes: int = 1
    shuffled: bool = True


def services_of(site: Site, now: datetime) -> Services:
    """An installation on this site, at this moment."""
    work = replace(build(site.settings(), SimulatedClock(now)), decks=NoDrawing())
    if site.planted:
        return replace(work, ledger=ClaimsAfterSending(work.ledger))
    return work


def work(job: Job) -> None:
    """The life of a worker. What went wrong is in its log; the points it passed are in its trace."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the harness decides who ends
    logs = job.site.home / "logs"
    wire = Tripwire(job.fatal, job.passes)
    services = replace(watched(services_of(job.site, job.now), wire), worker=job.name)
    for name in _order(job):
        try:
            _run(name, services, job)
        except CloseloopError as problem:
            _log(logs / f"{job.name}.log", f"{name}: {problem}")
        except Exception:
            _log(logs / f"{job.name}.failed", traceback.format_exc())
            raise
    (logs / f"{job.name}.trace").write_text(json.dumps(wire.passed))


def _order(job: Job) -> list[str]:
    """Doubled runs are only then doubled runs when two of them are at the same place, or at another one."""
    names = list(PASSES)
    if job.shuffled:
        random.Random(job.seed).shuffle(names)  # noqa: S311 - a seeded order, no secret
    return names


def _run(name: str, services: Services, job: Job) -> None:
    batch, size = PASSES[name]
    PASSES[name] = (batch, min(size, job.site.batch))
    run_to_the_end(name, services, f"{job.name}-{name}", job.now)


def _log(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as stream:
        stream.write(f"{text}\n")
