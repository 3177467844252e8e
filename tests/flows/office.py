"""Closeloop at work over the sandbox on real HTTP, and what Prefect's server has on record of it."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from closeloop.adapters.clock import SimulatedClock
from closeloop.adapters.leads.csv_file import read_lead_file
from closeloop.adapters.leads.sample import COLUMNS, invent_leads
from closeloop.adapters.sendgrid.webhooks import register_webhooks
from closeloop.application.import_leads import import_leads
from closeloop.application.services import Services
from closeloop.bootstrap import build, using
from closeloop.domain.business_days import is_business_day
from config.settings import Settings
from flows.catalogue import FLOWS
from flows.gateway.app import create_app
from flows.gateway.authenticity import keep_key
from flows.gateway.serving import serve_in_thread
from tests.sandbox.conftest import Sandbox
from tests.unhurried import unhurried_playbook

HOOK = "webhook-token"
ENDED = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}
Row = dict[str, Any]


@dataclass
class Office:
    """The services of a process, the world they work in, and Prefect's records of both."""

    services: Services
    sandbox: Sandbox
    prefect: httpx.Client

    @property
    def now(self) -> datetime:
        return self.services.clock.now()

    def run(self, name: str, limit: int | None = None) -> Row:
        """Runs a flow as of now; the record of the run on the server."""
        return self.run_with(name, as_of=self.now, limit=limit)

    def run_with(self, name: str, **parameters: Any) -> Row:
        """Runs a flow with these parameters and no other; the record of the run on the server."""
        with using(self.services):
            state = FLOWS[name](**parameters, return_state=True)
        return dict(self.prefect.get(f"/flow_runs/{state.state_details.flow_run_id}").json())

    def import_rows(self, rows: Sequence[Sequence[str]]) -> None:
        """These rows, in the columns of the sample, become Leads in the CRM."""
        path = self.services.home / "leads.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([COLUMNS, *rows])
        import_leads(self.services, read_lead_file(path), path.name, self.now)

    def sleep_until_next_business_day(self) -> None:
        """Buyers read and answer meanwhile, and the gateway is told."""
        morning = self.now + timedelta(days=1)
        while not is_business_day(morning):
            morning += timedelta(days=1)
        self.sandbox.post_control("advance", {"to": morning.isoformat()})
        assert isinstance(self.services.clock, SimulatedClock)
        self.services.clock.move_to(morning)

    def task_runs(self, *flow_runs: Any) -> list[Row]:
        """Task runs of these flow runs, oldest first, once all of them are on record."""
        before: list[Row] | None = None
        for _ in range(60):
            found = self._rows("task_runs", flow_runs, sort="EXPECTED_START_TIME_ASC")
            if found == before and all(run["state_type"] in ENDED for run in found):
                return found
            before = found
            time.sleep(1.2)  # the server writes task runs down every second
        raise AssertionError(f"task runs did not come to rest: {[run['state_type'] for run in before or []]}")

    def artifacts(self, *flow_runs: Any) -> list[Row]:
        """What each run did; the standing pages, which every run writes anew, are left out."""
        return [row for row in self._rows("artifacts", flow_runs) if not (row["key"] or "").endswith("-now")]

    def logs(self, *flow_runs: Any) -> list[Row]:
        """Their log, once it is written: log lines are sent every other second."""
        chosen = {"logs": {"flow_run_id": {"any_": [str(run) for run in flow_runs]}}}
        before: list[Row] = []
        for _ in range(20):
            found = list(self.prefect.post("/logs/filter", json=chosen).json())
            if found and len(found) == len(before):
                return found
            before = found
            time.sleep(2.5)
        raise AssertionError("no log came in")

    def people(self) -> list[Row]:
        """Everybody in the CRM: first name, last name and address."""
        found: list[Row] = []
        for name in ("Lead", "Contact"):
            soql = f"SELECT FirstName, LastName, Email FROM {name}"
            found += self.sandbox.rest("GET", "query", params={"q": soql}).json()["records"]
        return found

    def mails(self) -> list[Row]:
        """Every mail that the provider took, from its own journal."""
        return [mail for entry in self.sandbox.journal("sendgrid") for mail in entry["summary"]["messages"]]

    def _rows(self, kind: str, flow_runs: Sequence[Any], **more: Any) -> list[Row]:
        chosen = {"flow_runs": {"id": {"any_": [str(run) for run in flow_runs]}}, "limit": 200, **more}
        answer = self.prefect.post(f"/{kind}/filter", json=chosen)
        assert answer.is_success, answer.text
        return list(answer.json())


def clean_rows(number: int) -> list[list[str]]:
    """So many invented leads, all different people, none of them spoiled."""
    return [[lead[column] for column in COLUMNS] for lead in invent_leads(number, seed=7)]


def settings(sandbox: Sandbox, home: Path, **changes: Any) -> Settings:
    """Those of an installation that works with this sandbox."""
    crm, mail = sandbox.salesforce, sandbox.line["sendgrid"]
    known: Row = {
        "home": home,
        "playbook": unhurried_playbook(home / "playbook.yaml"),
        "secret": SecretStr("a secret of the tests"),
        "salesforce_instance_url": crm["instance_url"],
        "salesforce_client_id": crm["client_id"],
        "salesforce_client_secret": SecretStr(crm["client_secret"]),
        "sendgrid_api_key": SecretStr(mail["api_key"]),
        "sendgrid_host": mail["host"],
    }
    return Settings(**(known | changes))


@contextmanager
def open_office(sandbox: Sandbox, prefect_api: str, home: Path) -> Iterator[Office]:
    """An installation on a sandbox as new, with its gateway, for the length of the block."""
    sandbox.post_control("reset")
    start = datetime.fromisoformat(sandbox.post_control("advance", {"hours": 0})["now"])
    services = build(settings(sandbox, home), SimulatedClock(start))
    mail = sandbox.line["sendgrid"]
    with (
        serve_in_thread(create_app(services, HOOK)) as url,
        httpx.Client(base_url=prefect_api, timeout=30, trust_env=False) as prefect,
    ):
        domain = services.playbook.sender.reply_domain
        keep_key(home, register_webhooks(mail["api_key"], mail["host"], url, HOOK, domain))
        yield Office(services, sandbox, prefect)


@pytest.fixture
def office(sandbox_process: Sandbox, prefect_api: str, tmp_path: Path) -> Iterator[Office]:
    """An installation on which nothing has happened yet."""
    with open_office(sandbox_process, prefect_api, tmp_path) as opened:
        yield opened
