"""The switch to a real org: the contract suites run over the org the environment names, and leave it as it was.

A second sandbox with a company's own records, whose clock runs, stands for the real org.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Event, Thread
from typing import Any

import pytest
import requests

from tests.contract.real_org import real_login
from tests.real_org_settings import PREFIX, REAL_ORG
from tests.sandbox.conftest import ROOT, Sandbox, running_sandbox

pytestmark = pytest.mark.long

SUITES = ("test_crm.py", "test_crm_attachments.py", "test_salesforce_adapter.py", "test_salesforce_writes.py")
SOME = (
    "salesforce and (importing_twice or created_once or makes_account_contact or only_what_changed "
    "or uploaded_once or member_once or opt_out_and_a_new_owner) or calls_we_count"
)
"""Enough to see each kind of record made, found and deleted; all of it runs with the command in CONTRIBUTING.md."""


@contextmanager
def time_passes(sandbox: Sandbox) -> Iterator[None]:
    """A real org's clock does not wait for anybody."""
    stop = Event()

    def tick() -> None:
        while not stop.wait(0.4):
            now = datetime.fromisoformat(sandbox.post_control("advance", {"hours": 0})["now"])
            sandbox.post_control("clock", {"now": (now + timedelta(seconds=1)).isoformat()})

    ticking = Thread(target=tick)
    ticking.start()
    try:
        yield
    finally:
        stop.set()
        ticking.join()


def snapshot(sandbox: Sandbox) -> Any:
    return requests.get(f"{sandbox.control}/snapshot", timeout=30).json()


def a_company_works_there(sandbox: Sandbox) -> None:
    people = [
        {"attributes": {"type": "Lead"}, "LastName": "Moreau", "Company": "Mills", "Email": "m1@north.example"},
        {"attributes": {"type": "Contact"}, "LastName": "Duval", "Email": "m2@north.example"},
        {"attributes": {"type": "Task"}, "Subject": "Email: a question", "Closeloop_Key__c": "task:log:1"},
    ]
    answer = sandbox.rest("POST", "composite/sobjects", json={"allOrNone": True, "records": people})
    assert all(result["success"] for result in answer.json()), answer.text


def run_suites(sandbox: Sandbox, *chosen: str) -> subprocess.CompletedProcess[str]:
    known = sandbox.salesforce
    names = {f"{PREFIX}{name.upper()}": known[name] for name in ("instance_url", "client_id", "client_secret")}
    suites = [f"tests/contract/{name}" for name in SUITES]
    command = [sys.executable, "-m", "pytest", *suites, "-rs", "-p", "no:xdist", *chosen]
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, **names}, capture_output=True, text=True, timeout=280, check=False
    )


def test_the_suites_run_over_the_org_that_is_named_and_leave_it_as_it_was() -> None:
    with running_sandbox() as company, time_passes(company):
        a_company_works_there(company)
        before, calls = snapshot(company), len(company.journal("salesforce"))
        run = run_suites(company, "-k", SOME)
        assert run.returncode == 0, run.stdout[-3000:]
        assert re.search(r"\b7 passed, 1 skipped", run.stdout), run.stdout[-300:]
        assert "needs the sandbox's control plane" in run.stdout
        assert len(company.journal("salesforce")) > calls + 50
        assert snapshot(company) == before


def test_a_variable_nobody_knows_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(REAL_ORG, "pasword", "x")
    with pytest.raises(AssertionError, match=f"no such setting: {PREFIX}PASWORD"):
        real_login()
