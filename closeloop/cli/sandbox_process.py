"""The sandbox as a process of its own: this command becomes it, or the demo starts and stops it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from closeloop.adapters.clock import SystemClock
from closeloop.domain.errors import CloseloopError

STOP_WITHIN_SECONDS = 10


@dataclass(frozen=True)
class SandboxAddress:
    """What the sandbox prints on its first line, as far as we need it."""

    instance_url: str
    client_id: str
    client_secret: str
    sendgrid_host: str
    sendgrid_key: str
    control: str
    url: str


def become_sandbox(
    *, host: str, port: int, leads: Path | None, state: Path | None, seed: int, now: bool = False
) -> int:
    """Replace this process by the sandbox; returns only when that fails."""
    options = ["--host", host, "--port", str(port), "--seed", str(seed)]
    options += ["--exports", "CLOSELOOP_"]
    options += ["--start", SystemClock().now().isoformat()] if now else []
    options += ["--leads", str(leads)] if leads else []
    options += ["--state", str(state)] if state else []
    os.execv(sys.executable, [sys.executable, "-m", "sandbox", *options])  # noqa: S606 - no shell is wanted


@contextmanager
def running_sandbox(seed: int, log: Path) -> Iterator[SandboxAddress]:
    """A sandbox for the length of the block."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as errors:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-m", "sandbox", "--seed", str(seed), "--with-parent"],
            stdin=subprocess.PIPE,  # nobody writes to it: it closes when this process is gone, even by a SIGKILL
            stdout=subprocess.PIPE,
            stderr=errors,
        )
        try:
            yield _read_address(process, log)
        finally:
            process.terminate()
            process.wait(STOP_WITHIN_SECONDS)


def _read_address(process: subprocess.Popen[bytes], log: Path) -> SandboxAddress:
    line = process.stdout.readline() if process.stdout else b""
    if not line:
        raise CloseloopError(f"the sandbox did not start; its last words are in {log}")
    found = json.loads(line)
    return SandboxAddress(
        instance_url=found["salesforce"]["instance_url"],
        client_id=found["salesforce"]["client_id"],
        client_secret=found["salesforce"]["client_secret"],
        sendgrid_host=found["sendgrid"]["host"],
        sendgrid_key=found["sendgrid"]["api_key"],
        control=found["control"],
        url=found["url"],
    )
