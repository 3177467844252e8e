"""A sandbox of its own for each measurement: a process on the loopback whose CRM holds the leads from the start.

Invariant: two orgs with the same leads and seed give the same records the same ids, so that what both sides
wrote can be compared record by record.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.bench.child import BenchFailed, surroundings

STOPPED_WITHIN_SECONDS = 10


@dataclass(frozen=True)
class Org:
    """Where a sandbox is and how to sign in."""

    url: str
    client_id: str
    client_secret: str
    sendgrid_key: str

    def journal(self, service: str) -> list[dict[str, Any]]:
        """Every request the service accepted, in order."""
        return list(self._control(f"journal?service={service}"))

    def now(self) -> str:
        """The sandbox's own time, ISO 8601."""
        return str(self._control("clock")["now"])

    def limits(self) -> dict[str, Any]:
        """The org's own count of API calls: `total`, `by_caller`."""
        return dict(self._control("limits"))

    def deploy_class(self, path: str) -> None:
        """The Apex class of `config/salesforce/apex` answers at this path from now on."""
        url = f"{self.url}/_control/apexrest"
        httpx.post(url, json={"path": path}, timeout=30, trust_env=False).raise_for_status()

    def groups(self, soql: str) -> dict[str, int]:
        """Rows of a grouped count (`n`) by the value they are grouped by."""
        base, form = f"{self.url}/services", {"client_id": self.client_id, "client_secret": self.client_secret}
        with httpx.Client(timeout=120, trust_env=False) as http:
            signed = http.post(f"{base}/oauth2/token", data=form | {"grant_type": "client_credentials"})
            token = {"Authorization": f"Bearer {signed.raise_for_status().json()['access_token']}"}
            answer = http.get(f"{base}/data/v62.0/query", params={"q": soql}, headers=token).raise_for_status()
        rows = [
            {name: value for name, value in r.items() if name != "attributes"} for r in answer.json()["records"]
        ]
        return {str(next(value for name, value in row.items() if name != "n")): row["n"] for row in rows}

    def _control(self, path: str) -> Any:
        answer = httpx.get(f"{self.url}/_control/{path}", timeout=120, trust_env=False)
        return answer.raise_for_status().json()


@contextmanager
def running_org(leads: Path, seed: int, home: Path) -> Iterator[Org]:
    """A sandbox for the length of the block; raises `BenchFailed` when it does not take every lead."""
    log = home / "sandbox.log"
    command = [sys.executable, "-m", "sandbox", "--leads", str(leads), "--seed", str(seed)]
    with log.open("w") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, env=surroundings(home), cwd=home)
    try:
        line = process.stdout.readline() if process.stdout else b""
        said = log.read_text()
        if not line or said:
            raise BenchFailed(f"the sandbox did not load {leads.name}: {said[-500:] or 'no first line'}")
        yield _org(json.loads(line))
    finally:
        process.terminate()
        try:
            process.wait(STOPPED_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:  # under heavy load: the figures are worth nothing
            process.kill()
            process.wait()


def _org(told: dict[str, Any]) -> Org:
    crm = told["salesforce"]
    return Org(told["url"], crm["client_id"], crm["client_secret"], told["sendgrid"]["api_key"])
