"""The sandbox under `closeloop up`: kept in the home folder, its time goes along with ours.

Invariant: its time never runs back, also not from one `up` to the next, since records in it carry that time.
"""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from closeloop.adapters.clock import SystemClock
from closeloop.adapters.leads.sample import COLUMNS, SAMPLE_SEED, invent_leads
from closeloop.cli.sandbox_control import SandboxControl
from closeloop.domain.errors import CloseloopError

if TYPE_CHECKING:
    from flows.tied_process import TiedProcess

STATE_FILE, CLOCK_FILE, LEADS_FILE = "sandbox.db", "sandbox-clock", "sandbox-leads.csv"
FIRST_LEADS = 40
TICK_SECONDS = 5.0
TOLD_OBJECTS = ("Lead", "Contact", "Opportunity", "Task")
"""Whose changes the sandbox tells over its change stream."""


class KeptSandbox:
    """A running sandbox: what it printed first, and its clock."""

    def __init__(self, child: TiedProcess, line: dict[str, Any], control: SandboxControl, home: Path) -> None:
        self._child, self.line = child, line
        self._control, self._clock_file = control, home / CLOCK_FILE
        self._ticked = 0.0

    @property
    def environment(self) -> dict[str, str]:
        """The settings with which Closeloop works on it."""
        crm, mail = self.line["salesforce"], self.line["sendgrid"]
        return {
            "CLOSELOOP_SALESFORCE_INSTANCE_URL": crm["instance_url"],
            "CLOSELOOP_SALESFORCE_PUBSUB": crm["pubsub"],
            "CLOSELOOP_SALESFORCE_CLIENT_ID": crm["client_id"],
            "CLOSELOOP_SALESFORCE_CLIENT_SECRET": crm["client_secret"],
            "CLOSELOOP_SENDGRID_API_KEY": mail["api_key"],
            "CLOSELOOP_SENDGRID_HOST": mail["host"],
        }

    def tick(self) -> None:
        """Its time catches up with ours; where somebody moved it ahead, it waits for us there.

        `CloseloopError` when it is gone: started again it would not be what was told of it.
        """
        if self._child.has_ended():
            raise CloseloopError(f"the sandbox has ended by itself: {self._child.last_words()}")
        if time.monotonic() < self._ticked + TICK_SECONDS:
            return
        self._ticked = time.monotonic()
        try:
            there, here = self._control.now(), SystemClock().now()
            if here - there > timedelta(seconds=1):
                self._control.advance(here)
            self._clock_file.write_text(max(here, there).isoformat(), encoding="ascii")
        except (httpx.HTTPError, CloseloopError):
            return  # it is busy, or gone, which is told elsewhere


@contextmanager
def kept_sandbox(home: Path, port: int) -> Iterator[KeptSandbox]:
    """The sandbox of this home, with some leads in it from the beginning; it ends with this process."""
    from flows.tied_process import tied

    options = ["--port", str(port), "--state", str(home / STATE_FILE), "--start", _begin(home).isoformat()]
    if not (home / STATE_FILE).exists():
        _write_leads(home / LEADS_FILE)
        options += ["--leads", str(home / LEADS_FILE)]
    log = home / "logs" / "sandbox.log"
    with ExitStack() as stack:
        child = stack.enter_context(tied("sandbox", ["sandbox", "--with-parent", *options], log, environment={}))
        line = json.loads(child.first_line())
        control = stack.enter_context(SandboxControl.at(line["control"]))
        control.log_changes(TOLD_OBJECTS)
        yield KeptSandbox(child, line, control, home)


def _write_leads(path: Path) -> None:
    """None of them spoiled: an org would not have taken those."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream, lineterminator="\n")
        rows.writerow(COLUMNS)
        rows.writerows(
            [[_keyed_in(lead[column]) for column in COLUMNS] for lead in invent_leads(FIRST_LEADS, SAMPLE_SEED)]
        )


def _keyed_in(value: str) -> str:
    """As a CRM has it: its number fields take no estimate and no currency."""
    return value.removeprefix("approx. ").removeprefix("$ ")


def _begin(home: Path) -> datetime:
    """Now, or where its time was, should it have been moved ahead of ours."""
    now = SystemClock().now()
    try:
        return max(now, datetime.fromisoformat((home / CLOCK_FILE).read_text(encoding="ascii")))
    except (OSError, ValueError):
        return now
