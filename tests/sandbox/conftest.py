"""A real sandbox process for the tests, and the unmodified clients that talk to it.

Invariant: each test finds the sandbox as it was at its start; nothing but 127.0.0.1 is ever reached.
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
from urllib.parse import urlsplit, urlunsplit

import pytest
import requests
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceError

# simple-salesforce finds its objects at run time; to a type checker `client.Lead` might be a bulk handler.
Client = Any
ROOT = Path(__file__).parents[2]


class ToLocal(requests.adapters.HTTPAdapter):
    """Sends what a client addresses to https://anything to the sandbox instead."""

    def __init__(self, netloc: str) -> None:
        self._netloc = netloc
        super().__init__()

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        split = urlsplit(str(request.url))
        request.url = urlunsplit(("http", self._netloc, split.path, split.query, ""))
        more["timeout"] = (3, 30)
        return super().send(request, *args, **more)


def content(caught: pytest.ExceptionInfo[SalesforceError]) -> Any:
    """The error body that a client's exception carries."""
    return caught.value.content


@dataclass
class Sandbox:
    """A running sandbox: its first line, and short ways to talk to it."""

    line: dict[str, Any]
    process: subprocess.Popen[str]

    @property
    def url(self) -> str:
        return str(self.line["url"])

    @property
    def control(self) -> str:
        return str(self.line["control"])

    @property
    def salesforce(self) -> dict[str, str]:
        return dict(self.line["salesforce"])

    def session(self) -> requests.Session:
        """A requests session whose https:// goes to this sandbox."""
        session = requests.Session()
        session.trust_env = False
        session.mount("https://", ToLocal(urlsplit(self.url).netloc))
        return session

    def client(self, **credentials: Any) -> Client:
        """An unmodified simple-salesforce client; with no credentials, by session id."""
        known = self.salesforce
        chosen = credentials or {"session_id": known["access_token"], "instance_url": known["instance_url"]}
        return Salesforce(session=self.session(), **chosen)

    def rest(self, method: str, path: str, **more: Any) -> requests.Response:
        """A raw REST call below /services/data/v66.0."""
        headers = {"Authorization": f"Bearer {self.salesforce['access_token']}", **more.pop("headers", {})}
        url = f"{self.url}/services/data/v66.0/{path}"
        return requests.request(method, url, headers=headers, timeout=30, **more)

    def convert(self, lead_id: str) -> requests.Response:
        """A raw SOAP call that converts one Lead; over REST there is none."""
        envelope = (
            '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Header><SessionHeader><sessionId>'
            f"{self.salesforce['access_token']}</sessionId></SessionHeader></e:Header><e:Body><convertLead>"
            f"<leadConverts><leadId>{lead_id}</leadId><convertedStatus>Closed - Converted</convertedStatus>"
            "</leadConverts></convertLead></e:Body></e:Envelope>"
        )
        return requests.post(f"{self.url}/services/Soap/u/59.0", data=envelope, timeout=10)

    def journal(self, service: str) -> list[dict[str, Any]]:
        """What the sandbox recorded of one service."""
        answer = requests.get(f"{self.control}/journal", params={"service": service}, timeout=30)
        return list(answer.json())

    def post_control(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """A control-plane call that must succeed."""
        answer = requests.post(f"{self.control}/{path}", json=body or {}, timeout=60)
        assert answer.ok, answer.text
        return dict(answer.json())


@contextmanager
def running_sandbox(*arguments: str) -> Iterator[Sandbox]:
    """Starts `python -m sandbox`, waits for its first line, and ends it as a user would."""
    command = [sys.executable, "-m", "sandbox", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Sandbox(json.loads(process.stdout.readline()), process)
        finally:
            process.terminate()
            process.wait(timeout=10)


@pytest.fixture(scope="session")
def sandbox_process() -> Iterator[Sandbox]:
    """One sandbox for the whole test session."""
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(sandbox_process: Sandbox) -> Sandbox:
    """The sandbox, reset to its beginning."""
    sandbox_process.post_control("reset")
    return sandbox_process


@pytest.fixture
def sf(sandbox: Sandbox) -> Client:
    """An unmodified simple-salesforce client on a sandbox that has just been reset."""
    return sandbox.client()
