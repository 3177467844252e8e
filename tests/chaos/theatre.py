"""The place of a chaos run: a sandbox with faults, a ledger, a gateway that is killed too, and simulated time.

Invariant: whatever happens inside the block, every process it started has ended after it.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from closeloop.adapters.sendgrid.webhooks import register_webhooks
from closeloop.domain.business_days import is_business_day
from flows.gateway.authenticity import keep_key
from tests.bench.lead_file import write_leads
from tests.bench.org import Org, running_org
from tests.chaos import gateway
from tests.chaos.crew import kill, start
from tests.chaos.databases import ledger_at
from tests.chaos.settings import HOOK, START, Options, Site, site_at
from tests.unhurried import unhurried_playbook

REPLIES = "replies.tallyard.example"
MOST_DELIVERIES = 40
FAULTS: list[dict[str, Any]] = [
    {"kind": "reset_after_commit", "probability": 0.01},
    {"kind": "reset_before", "probability": 0.01},
    {"kind": "server_error", "status": 503, "html": True, "probability": 0.01},
    {"kind": "server_error", "status": 500, "probability": 0.005},
    {"kind": "cut_body", "probability": 0.005},
    {"kind": "lock", "per": "record", "probability": 0.002},
    {"kind": "expired_session", "probability": 0.003},
    {"kind": "duplicate_delivery", "probability": 0.5, "fresh_ids": True},
    *(
        {"kind": kind, "probability": share, "match": {"service": "sendgrid", "operation": "send"}, **more}
        for kind, share, more in (
            ("reset_after_commit", 0.04, {}),
            ("reset_before", 0.04, {}),
            ("server_error", 0.04, {"status": 503}),
            ("cut_body", 0.02, {}),
            ("busy", 0.02, {}),
        )
    ),
]
"""Beside the kills: calls fail in every way there is, and every other delivery comes twice."""


class Theatre:
    """The world around the workers."""

    def __init__(self, site: Site, org: Org, port: int, seed: int) -> None:
        self.site, self.org = site, org
        self._http = httpx.Client(base_url=f"{org.url}/_control", timeout=600, trust_env=False)
        self._port = port
        self._chance = random.Random(seed)  # noqa: S311 - a seeded order, no secret
        self.gateway_kills = 0
        self._move_to(START)
        self._gateway = start(gateway.serve, site, port)
        self._await_gateway()

    def close(self) -> None:
        kill(self._gateway)
        self._http.close()

    def storm(self, seed: int) -> None:
        self._post("faults", {"rules": FAULTS, "seed": seed})

    def calm(self) -> None:
        self._http.delete("/faults").raise_for_status()

    def register(self) -> None:
        """Point the provider's webhooks at the gateway."""
        site = self.site
        keep_key(site.home, register_webhooks(site.sendgrid_key, site.url, site.gateway, HOOK, REPLIES))

    def pass_time(self, moment: datetime, *, attack: bool) -> None:
        """Buyers act, webhooks come in; the gateway may be killed meanwhile and must not lose one of them."""
        self._move_to(moment)
        assassin = threading.Timer(self._chance.uniform(0.0, 0.4), self._attack)
        if attack and self._chance.random() < 0.5:
            assassin.start()
        waiting = self._post("advance", {"to": moment.isoformat()})["undelivered"]
        assassin.cancel()
        for _ in range(MOST_DELIVERIES):
            self._revive_gateway()
            if not waiting:
                return
            # The provider tries again at growing intervals of its own time.
            told = self._post("advance", {"hours": 0.25})
            waiting = told["undelivered"]
            self._move_to(datetime.fromisoformat(told["now"]))
        raise AssertionError(f"{waiting} webhooks were not taken")

    def next_morning(self) -> datetime:
        morning = (self.now + timedelta(days=1)).replace(hour=8, minute=0)
        while not is_business_day(morning):
            morning += timedelta(days=1)
        return morning

    def tell(self, path: str) -> Any:
        """What the control plane knows of this."""
        return self._http.get(f"/{path}").raise_for_status().json()

    def session(self) -> str:
        """A session of the judge's own, so that no fault of a worker's session is in the way."""
        return str(self._post("sessions", {"username": "judge@chaos.example", "name": "Judge"})["access_token"])

    def rest(self, path: str, token: str) -> Any:
        """A REST answer of the CRM."""
        answer = httpx.get(
            f"{self.org.url}{path}", headers={"Authorization": f"Bearer {token}"}, timeout=120, trust_env=False
        )
        return answer.raise_for_status().json()

    def _move_to(self, moment: datetime) -> None:
        self.now = moment
        fresh = self.site.clock_file.with_suffix(".new")
        fresh.write_text(moment.isoformat(), encoding="ascii")
        fresh.replace(self.site.clock_file)

    def _revive_gateway(self) -> None:
        if not self._gateway.is_alive():
            self._gateway = start(gateway.serve, self.site, self._port)
            self._await_gateway()

    def _await_gateway(self) -> None:
        for _ in range(600):
            with suppress(httpx.HTTPError):
                httpx.get(f"{self.site.gateway}/health", timeout=2, trust_env=False).raise_for_status()
                return
            self._gateway.join(0.05)
        raise AssertionError("the gateway did not start")

    def _attack(self) -> None:
        self.gateway_kills += 1
        kill(self._gateway)

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return dict(self._http.post(f"/{path}", json=body).raise_for_status().json())


@contextmanager
def open_theatre(options: Options, home: Path) -> Iterator[Theatre]:
    """Sandbox, database and gateway for the length of the block."""
    leads = home / "leads.csv"
    write_leads(leads, options.people, options.seed)
    (home / "logs").mkdir()
    unhurried_playbook(home / "playbook.yaml")  # whoever is due is written to, so that there is more to lose
    with ExitStack() as stack:
        org = stack.enter_context(running_org(leads, options.seed, home))
        ledger_url = stack.enter_context(ledger_at(options.database))
        port = gateway.free_port()
        site = site_at(org, home, f"http://127.0.0.1:{port}", ledger_url, options)
        theatre = Theatre(site, org, port, options.seed)
        stack.callback(theatre.close)
        theatre.register()
        yield theatre
