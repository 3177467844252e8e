"""`closeloop up` as a process of its own, as people start it, and what Prefect's server has on record of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import yaml

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 150.0
Row = dict[str, Any]


@dataclass
class UpProcess:
    """A running `closeloop up`."""

    process: subprocess.Popen[str]
    line: Row
    home: Path

    @property
    def api(self) -> str:
        return str(self.line["prefect_api"])

    def family(self) -> list[psutil.Process]:
        """Every process that it started, and those that these started."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def deployments(self) -> dict[str, Row]:
        """By the name of their flow."""
        flows = {row["id"]: row["name"] for row in self.ask("flows/filter")}
        return {flows[row["flow_id"]]: row for row in self.ask("deployments/filter")}

    def runs(self, flow: str, *states: str) -> list[Row]:
        """Its runs in states of these names, or all; the latest first."""
        chosen: Row = {"flows": {"name": {"any_": [flow]}}, "sort": "EXPECTED_START_TIME_DESC", "limit": 200}
        found = self.ask("flow_runs/filter", **chosen)
        return [run for run in found if not states or run["state_name"] in states]

    def ask(self, path: str, **body: Any) -> list[Row]:
        answer = httpx.post(f"{self.api}/{path}", json=body, timeout=PATIENCE_SECONDS)
        assert answer.is_success, answer.text
        return list(answer.json())

    def post(self, path: str, body: Row) -> Row:
        answer = httpx.post(f"{self.api}/{path}", json=body, timeout=PATIENCE_SECONDS)
        assert answer.is_success, answer.text
        return dict(answer.json())

    def log(self, name: str) -> str:
        return (self.home / "logs" / f"{name}.log").read_text(errors="replace")

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Its exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_SECONDS)


def until(what: Callable[[], Any], seconds: float = PATIENCE_SECONDS) -> Any:
    """What it answers as soon as that is true of anything; the last answer after so many seconds."""
    deadline = time.monotonic() + seconds
    while not (found := what()) and time.monotonic() < deadline:
        time.sleep(0.3)
    return found


def environment(home: Path, **more: str) -> dict[str, str]:
    """That of a person without any setting, whose Closeloop home is `home`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "CLOSELOOP_"))}
    return {**kept, "HOME": str(home), "CLOSELOOP_HOME": str(home), "PYTHONPATH": str(ROOT), **more}


def command(*arguments: str) -> list[str]:
    """The command line of `closeloop up`."""
    return [sys.executable, "-m", "closeloop", "up", *arguments]


@contextmanager
def running(home: Path, stages: Mapping[str, Any], **more: str) -> Iterator[UpProcess]:
    """Up and ready, on free ports, with these schedules and settings; killed at the end if it is still there."""
    home.mkdir(exist_ok=True)
    schedules = home / "schedules.yaml"
    schedules.write_text(yaml.safe_dump({"stages": dict(stages)}))
    ports = ["--port", "0", "--gateway-port", "0"]
    with (home / "stderr.txt").open("w") as errors:
        process = subprocess.Popen(
            command("--json", *ports),
            env=environment(home, CLOSELOOP_SCHEDULES=str(schedules), **more),
            cwd=home,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        assert first, (home / "stderr.txt").read_text()
        yield UpProcess(process, json.loads(first), home)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(30)
        if process.stdout:
            process.stdout.close()
