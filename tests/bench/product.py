"""The product's side, a process of its own: the stage flows under a Prefect server, as `closeloop run` does.

`python -m tests.bench.product JOB.json RESULT.json`. Decks are drawn only when the job asks for drafts: one
costs more than all the rest of a prospect, and has a line of its own.
"""

from __future__ import annotations

import cProfile
import json
import os
import resource
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil
from pydantic import SecretStr

from closeloop.adapters.clock import SimulatedClock
from closeloop.application.results import StageResult
from closeloop.application.services import Services
from closeloop.bootstrap import build, using
from closeloop.domain.presentation_content import DeckContent, Finding
from closeloop.domain.sending_rules import ALWAYS
from config.settings import CONFIG, Settings
from flows.catalogue import FLOWS
from flows.runtime import prefect_server
from tests.bench.meter import Meter, cpu_of, peak_megabytes

PASS = ("prospecting", "preparation", "approach", "deliver")
UNTIL_DRAFTED = ("prospecting", "preparation")


class NoDrawing:
    """The deck builder of a pass without drafts: preparation decides and moves on, nothing is drawn."""

    def build_all(self, drafts: Sequence[tuple[DeckContent, Path]]) -> list[tuple[Finding, ...]]:
        return [() for _ in drafts]


def main(job: dict[str, Any]) -> dict[str, Any]:
    """Run the flows; what this process and its Prefect server used."""
    meter = Meter()
    work = services_of(job)
    with ExitStack() as stack:
        stack.enter_context(using(work))
        prefect = stack.enter_context(ExitStack())
        with meter.lap("start"):
            prefect.enter_context(prefect_server(work.home))
        (server,) = psutil.Process().children()
        server_before = cpu_of(server)
        stages = UNTIL_DRAFTED if job["drafts"] else PASS
        results = [result for stage in stages for result in _run(stage, work, meter, job["profile"])]
        peaks = {"peak_megabytes": os.getpid(), "server_peak_megabytes": server.pid}
        memory = {name: peak_megabytes(pid) for name, pid in peaks.items()}
        with meter.lap("records"):  # what Prefect still sends after the last flow is part of its price
            prefect.close()
    return memory | {
        "cpu_seconds": meter.cpu_seconds,
        "wall_seconds": meter.wall_seconds,
        "server_cpu_seconds": cpu_of_ended_children() - server_before,
        "considered": {result.stage: result.considered for result in results},
        "failures": [failure.problem for result in results for failure in result.failures]
        + [waiting.question for result in results for waiting in result.waiting],
    }


def services_of(job: dict[str, Any]) -> Services:
    """The product as it is installed, but that everybody may be written to now."""
    settings = Settings(
        home=Path(job["home"]),
        playbook=CONFIG / "playbook.yaml",
        secret=SecretStr("bench"),
        public_url=job["public_url"],
        salesforce_instance_url=job["url"],
        salesforce_client_id=job["client_id"],
        salesforce_client_secret=SecretStr(job["client_secret"]),
        sendgrid_api_key=SecretStr(job["sendgrid_key"]),
        sendgrid_host=job["url"],
    )
    work = _at_any_hour(build(settings, SimulatedClock(datetime.fromisoformat(job["now"]))))
    return work if job["drafts"] else replace(work, decks=NoDrawing())


def _at_any_hour(work: Services) -> Services:
    """Everybody is written to in one pass, wherever they live: the twin knows no hours and no colleagues."""
    rules = work.playbook.sending.model_copy(update={"window": ALWAYS, "answers": ALWAYS})
    return replace(work, playbook=work.playbook.model_copy(update={"sending": rules, "account": None}))


def _run(stage: str, work: Services, meter: Meter, profile: str | None) -> list[StageResult]:
    with meter.lap(stage), _profiled(stage, profile):
        return list(FLOWS[stage](as_of=work.clock.now()))


@contextmanager
def _profiled(stage: str, folder: str | None) -> Iterator[None]:
    if folder is None:
        yield
        return
    with cProfile.Profile() as profile:
        yield
    profile.dump_stats(Path(folder) / f"{stage}.prof")


def cpu_of_ended_children() -> float:
    """CPU seconds of every child that this process has waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(json.dumps(main(json.loads(Path(sys.argv[1]).read_text()))))
