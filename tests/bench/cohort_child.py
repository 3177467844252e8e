"""The cohort's process: the product's flows under a Prefect server, and a count of the CRM calls behind each wish.

`python -m tests.bench.cohort_child JOB.json RESULT.json`. Decks are drawn only when the job asks for them.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from closeloop.adapters.clock import SimulatedClock
from closeloop.application.services import Services
from closeloop.bootstrap import build, using
from closeloop.domain.prospect import Prospect
from config.settings import CONFIG, Settings
from flows.catalogue import start
from flows.runtime import prefect_server
from tests.bench.cohort_story import live_through
from tests.bench.meter import Meter
from tests.bench.product import NoDrawing

DESCRIBED = ("Lead", "Opportunity", "Contact", "Account", "Task")


class CountedCrm:
    """The product's CRM adapter; notes how many API calls each method of the port took."""

    def __init__(self, crm: Any) -> None:
        self._crm = crm
        self.calls: Counter[str] = Counter()
        self.looked_at = 0
        """Records read right before sends."""

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._crm, name)
        return self._counted(name, found) if callable(found) else found

    def look(self, prospects: Sequence[Prospect]) -> Any:
        self.looked_at += sum(2 if person.crm.opportunity else 1 for person in prospects)
        return self._counted("look", self._crm.look)(prospects)

    def _counted(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*given: Any, **named: Any) -> Any:
            before = self._crm.calls_made()
            try:
                return method(*given, **named)
            finally:
                self.calls[name] += self._crm.calls_made() - before

        return counted


def main(job: dict[str, Any]) -> dict[str, Any]:
    """Live through the story; what the product counted and where everybody is at its end."""
    meter = Meter()
    work, crm = services_of(job)
    failures: list[str] = []

    def run(name: str, now: datetime) -> None:
        for result in start(name, now):
            failures.extend(f"{result.stage}: {failure.problem}" for failure in result.failures)

    with ExitStack() as stack:
        stack.enter_context(using(work))
        stack.enter_context(prefect_server(work.home))
        with meter.lap("story"):
            describe(crm)
            live_through(work, work.clock.now(), mover(work, job["control"]), run)
    return outcome_of(work, crm) | {"failures": failures, "wall_seconds": meter.wall_seconds["story"]}


def describe(crm: CountedCrm) -> None:
    """What a process asks the org once: first, so that it is in no other figure."""
    for name in DESCRIBED:
        crm.writable(name, ())


def mover(work: Services, control: str) -> Callable[[datetime], None]:
    """Moves the product's clock and the sandbox's together."""

    def move_to(moment: datetime) -> None:
        answer = httpx.post(f"{control}/clock", json={"now": moment.isoformat()}, timeout=60, trust_env=False)
        answer.raise_for_status()
        assert isinstance(work.clock, SimulatedClock)
        work.clock.move_to(moment)

    return move_to


def outcome_of(work: Services, crm: CountedCrm) -> dict[str, Any]:
    """The product's own account of it, to be held against the sandbox's."""
    people = list(work.ledger.all_prospects())
    return {
        "calls_by_wish": dict(crm.calls),
        "looked_at": crm.looked_at,
        "standing": dict(Counter(f"{person.stage.value}, {person.standing.value}" for person in people)),
        "mails": sum(person.mails for person in people),
    }


def services_of(job: dict[str, Any]) -> tuple[Services, CountedCrm]:
    """The product as it is installed; only its CRM port is counted and, unless wanted, nothing is drawn."""
    settings = Settings(
        home=Path(job["home"]),
        playbook=CONFIG / "playbook.yaml",
        secret=SecretStr("bench"),
        public_url=job["public_url"],
        salesforce_instance_url=job["url"],
        salesforce_client_id=job["client_id"],
        salesforce_client_secret=SecretStr(job["client_secret"]),
        salesforce_convert=job["convert"],
        salesforce_upload_decks=job["decks"],
        quote_formats="html",
        sendgrid_api_key=SecretStr(job["sendgrid_key"]),
        sendgrid_host=job["url"],
    )
    work = build(settings, SimulatedClock(datetime.fromisoformat(job["now"])))
    crm = CountedCrm(work.crm)
    counted = replace(work, crm=crm)
    return (counted if job["decks"] else replace(counted, decks=NoDrawing())), crm


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(json.dumps(main(json.loads(Path(sys.argv[1]).read_text()))))
