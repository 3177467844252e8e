"""Each side runs in a process of its own, so that its CPU and memory are its own: a job in, a result out.

Invariant: nothing of the person's settings reaches a child, and what it prints goes to its log.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SCRUBBED = ("CLOSELOOP_", "PREFECT_", "SENDGRID_", "SALESFORCE_")
PROXIES = {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"}
GIVEN_UP_AFTER_SECONDS = 3600


class BenchFailed(Exception):
    """The benchmark cannot go on; the text says why."""


def surroundings(home: Path) -> dict[str, str]:
    """The environment of every child: no settings, no proxy, no telemetry, Prefect's files under `home`."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(SCRUBBED) and name.upper() not in PROXIES
    }
    ours = {"PYTHONPATH": str(ROOT), "DO_NOT_TRACK": "1", "NO_PROXY": "*", "NO_COLOR": "1"}
    return kept | ours | {"PREFECT_HOME": str(home / "prefect-client"), "CLOSELOOP_HOME": str(home)}


def run_child(module: str, job: dict[str, Any], home: Path) -> dict[str, Any]:
    """Runs `python -m module JOB RESULT` under `home`; raises `BenchFailed` with the end of its log."""
    task, result, log = (home / name for name in ("job.json", "result.json", "child.log"))
    task.write_text(json.dumps(job))
    with log.open("wb") as words:
        ended = subprocess.run(
            [sys.executable, "-m", module, str(task), str(result)],
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=words,
            env=surroundings(home),
            cwd=home,
            timeout=GIVEN_UP_AFTER_SECONDS,
            check=False,
        )
    if ended.returncode != 0 or not result.exists():
        raise BenchFailed(f"{module} failed (exit {ended.returncode}):\n{log.read_text()[-2000:]}")
    return dict(json.loads(result.read_text()))
