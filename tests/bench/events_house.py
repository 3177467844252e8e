"""A whole house at work: sandbox, Prefect server, runner and gateway, each in a process as `up` starts them.

Invariant: when the block ends all of them are gone, and nothing of the person's settings reached any.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from closeloop.adapters.ledger import SqlLedger, open_ledger
from flows.private_server import private_server
from flows.tied_process import TiedProcess, tied
from tests.bench.child import BenchFailed, surroundings
from tests.sandbox.conftest import Sandbox, running_sandbox

TOKEN = "the-secret-part"
READY_WITHIN_SECONDS = 90.0
AT_ONCE = 200
"""Records in one call of the REST API."""


@dataclass
class House:
    """What runs, and short words for what can be done with it."""

    home: Path
    sandbox: Sandbox
    environment: dict[str, str]
    prefect_port: int
    stack: ExitStack
    server: ExitStack = field(default_factory=ExitStack)
    gateway: str = ""
    runner: TiedProcess | None = None

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.prefect_port}/api"

    @property
    def hook(self) -> str:
        return f"{self.gateway}/salesforce/outbound/{TOKEN}"

    def start_prefect(self) -> None:
        """The server, on the same port and database as before."""
        self.server = ExitStack()
        self.server.enter_context(private_server(self.home, lasting=True, port=self.prefect_port))

    def stop_prefect(self) -> None:
        self.server.close()

    def keep_runner(self) -> None:
        """Starts it, and again when it has ended: Prefect's own gives up when the server is away for long."""
        if self.runner is None or self.runner.has_ended():
            log = self.home / "logs" / "runner.log"
            begun = tied("runner", ["flows.runner_process"], log, environment=self.environment)
            self.runner = self.stack.enter_context(begun)
            self.runner.first_line()

    def ledger(self) -> SqlLedger:
        """The house's own ledger, opened by one more process; close it."""
        return open_ledger(self.home / "ledger.db")

    def make_leads(self, number: int) -> list[str]:
        """So many new Leads in the CRM; their ids."""
        made: list[str] = []
        for start in range(0, number, AT_ONCE):
            records = [_lead(n) for n in range(start, min(number, start + AT_ONCE))]
            answer = self.sandbox.rest("POST", "composite/sobjects", json={"records": records})
            made += [row["id"] for row in answer.json()]
        return made

    def flow_runs(self) -> list[dict[str, Any]]:
        """Every run for events on the server's record."""
        chosen = {"flows": {"name": {"any_": ["on_event"]}}, "limit": 200, "sort": "START_TIME_ASC"}
        with httpx.Client(base_url=self.api, timeout=30, trust_env=False) as client:
            answer = client.post("/flow_runs/filter", json=chosen)
            answer.raise_for_status()
            return list(answer.json())

    def artifact(self, key: str) -> str:
        """The latest artifact under this key."""
        with httpx.Client(base_url=self.api, timeout=30, trust_env=False) as client:
            answer = client.get(f"/artifacts/{key}/latest")
            answer.raise_for_status()
            return str(answer.json()["data"])


def _lead(number: int) -> dict[str, Any]:
    return {
        "attributes": {"type": "Lead"},
        "FirstName": "Ines",
        "LastName": f"Number {number}",
        "Company": f"Works {number}",
        "Email": f"ines@works-{number}.example",
    }


@contextmanager
def house(home: Path, *gateway_options: str, change_log: Sequence[str] = ()) -> Iterator[House]:
    """All of it, ready: deployments are there, the runner polls, the gateway accepts."""
    home.mkdir(parents=True, exist_ok=True)
    with _only(surroundings(home)), ExitStack() as stack:
        sandbox = stack.enter_context(running_sandbox())
        sandbox.post_control("org", {"change_log": list(change_log)})
        found = House(home, sandbox, {}, _free_port(), stack)
        stack.callback(found.stop_prefect)
        found.environment |= _settings(found)
        found.start_prefect()
        logs, gateway_port = home / "logs", _free_port()
        found.gateway = f"http://127.0.0.1:{gateway_port}"
        serve = ["closeloop", "gateway", "--port", str(gateway_port), *gateway_options]
        door = tied("gateway", ["flows.with_parent", *serve], logs / "gateway.log", environment=found.environment)
        stack.enter_context(door)
        found.keep_runner()
        await_true(lambda: httpx.get(f"{found.gateway}/health", trust_env=False).is_success, "the gateway answers")
        yield found


def _settings(found: House) -> dict[str, str]:
    crm, mail = found.sandbox.salesforce, found.sandbox.line["sendgrid"]
    return {
        "PREFECT_API_URL": found.api,
        "CLOSELOOP_WEBHOOK_TOKEN": TOKEN,
        "CLOSELOOP_SALESFORCE_INSTANCE_URL": crm["instance_url"],
        "CLOSELOOP_SALESFORCE_PUBSUB": crm["pubsub"],
        "CLOSELOOP_SALESFORCE_CLIENT_ID": crm["client_id"],
        "CLOSELOOP_SALESFORCE_CLIENT_SECRET": crm["client_secret"],
        "CLOSELOOP_SENDGRID_HOST": mail["host"],
        "CLOSELOOP_SENDGRID_API_KEY": mail["api_key"],
    }


def await_true(question: Callable[[], bool], what: str, within: float = READY_WITHIN_SECONDS) -> None:
    """Asks until it is so; `BenchFailed` says what never was."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        with suppress(httpx.HTTPError):
            if question():
                return
        time.sleep(0.05)
    raise BenchFailed(f"never true within {within:.0f} s: {what}")


@contextmanager
def _only(wanted: dict[str, str]) -> Iterator[None]:
    """The environment of this process, which its children are given."""
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(wanted)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def outcomes(given: House) -> dict[str, int]:
    """Outcome to number of events, as the ledger has them."""
    ledger = given.ledger()
    try:
        return ledger.crm_event_outcomes()
    finally:
        ledger.close()


def settled(given: House, total: int) -> bool:
    """Whether so many events came in and none waits any more."""
    found = outcomes(given)
    return sum(found.values()) >= total and not found.get("waiting")
