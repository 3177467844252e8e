"""Starts, watches and stops a Prefect server, on the loopback unless told otherwise, with its files in one folder.

Invariant: when the context ends the child and whatever it started are gone, its port is free, and nothing
of it was written to the terminal; its words are in `logs/prefect-server.log`.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx

from flows import empty_database

HEALTHY_WITHIN_SECONDS = 60.0
STOPPED_WITHIN_SECONDS = 8.0
LOOPBACK = "127.0.0.1"

_HERE = str(Path(__file__).resolve().parents[1])  # where the child finds `flows`, however this process did

# What a server that lives for one command does without: nothing is scheduled, triggered, paused or cleaned
# up there.
_IDLE_SERVICES = (
    "CANCELLATION_CLEANUP",
    "CLEANUP_RECONCILER",
    "EVENT_LOGGER",
    "FOREMAN",
    "LATE_RUNS",
    "PAUSE_EXPIRATIONS",
    "REPOSSESSOR",
    "SCHEDULER",
    "TRIGGERS",
)


class ServerDidNotStart(RuntimeError):
    """Prefect's server ended or stayed silent; the text holds the end of its log and what to do."""


@dataclass(slots=True)
class PrivateServer:
    """A running server: its API address, the page for people, and its process."""

    api_url: str
    ui_url: str
    log: Path
    process: subprocess.Popen[bytes]
    _start: Callable[[], subprocess.Popen[bytes]]

    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def last_words(self) -> str:
        """The end of its log, and where the rest is."""
        return _tail(self.log, lines=1)

    def restart(self) -> None:
        """The same server, on the same port and database, once it answers; raises ServerDidNotStart."""
        _stop(self.process)
        self.process = self._start()
        _await_health(self.api_url, self.process, self.log)


@contextlib.contextmanager
def private_server(home: Path, *, lasting: bool, port: int | None, host: str = LOOPBACK) -> Iterator[PrivateServer]:
    """A server that answers, with its database at `home/prefect/prefect.db`; raises ServerDidNotStart.

    A `lasting` server runs every service, the scheduler too, and heeds the PREFECT_SERVER_ settings of the
    environment.
    """
    folder = home / "prefect"
    log = home / "logs" / "prefect-server.log"
    for needed in (folder, log.parent):
        needed.mkdir(parents=True, exist_ok=True)
    chosen = port or _free_port()
    start = partial(_start, _environment(folder, lasting=lasting), chosen, host, log)
    address = f"http://{reached_at(host)}:{chosen}"
    server = PrivateServer(f"{address}/api", address, log, start(), start)
    try:
        _await_health(server.api_url, server.process, log)
        empty_database.keep(folder / "prefect.db")
        yield server
    finally:
        _stop(server.process)


def reached_at(host: str) -> str:
    """Where this machine reaches a server that listens on `host`; one on every address listens here too."""
    if host in {"", "0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        return LOOPBACK
    return f"[{host}]" if ":" in host else host


def _start(environment: Mapping[str, str], port: int, host: str, log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "flows.server_process", str(port), host],
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C is for the command, which stops the server after its flows
        )


def _environment(folder: Path, *, lasting: bool) -> dict[str, str]:
    """The settings of the server process; a private one must not inherit another server's database."""
    ours = {
        "PREFECT_HOME": str(folder),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PYTHONPATH": os.pathsep.join(filter(None, [_HERE, os.environ.get("PYTHONPATH")])),
        "PREFECT_SERVER_UI_API_URL": "/api",
        "PREFECT_SERVER_UI_V2_ENABLED": "false",  # it calls a tracking host even with the analytics off
    }
    if lasting:
        inherited = {**ours, **os.environ, "PREFECT_HOME": str(folder), "PYTHONPATH": ours["PYTHONPATH"]}
    else:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
        inherited = {**kept, **ours, **_thrift()}
    elsewhere = (
        "PREFECT_SERVER_DATABASE_CONNECTION_URL" in inherited or "PREFECT_API_DATABASE_CONNECTION_URL" in inherited
    )
    if not elsewhere and empty_database.seed(folder / "prefect.db"):
        inherited["PREFECT_SERVER_DATABASE_MIGRATE_ON_START"] = "false"
        inherited["PREFECT_SERVER_API_BLOCKS_REGISTER_ON_START"] = "false"
    return inherited


def _thrift() -> dict[str, str]:
    off = {f"PREFECT_SERVER_SERVICES_{service}_ENABLED": "false" for service in _IDLE_SERVICES}
    return off | {
        "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "50",
        # Whole seconds: Prefect cuts a fraction off, and a recorder that waits zero seconds spins on a whole core.
        "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
        "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_BATCH_SIZE": "100",
        "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_FLUSH_INTERVAL": "1",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await_health(api_url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + HEALTHY_WITHIN_SECONDS
    with httpx.Client(trust_env=False, timeout=2) as client:
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise ServerDidNotStart(
                    f"Prefect's server ended at once (exit {process.returncode}).\n{_tail(log)}"
                )
            with contextlib.suppress(httpx.HTTPError):
                if client.get(f"{api_url}/health").status_code == httpx.codes.OK:
                    return
            time.sleep(0.05)
    raise ServerDidNotStart(f"Prefect's server did not answer within {HEALTHY_WITHIN_SECONDS:.0f} s.\n{_tail(log)}")


def _tail(log: Path, lines: int = 15) -> str:
    last = log.read_text(errors="replace").splitlines()[-lines:]
    return "\n".join([*last, f"The whole log is {log}."])


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Asks the group to end, then makes it."""
    if process.stdin:
        process.stdin.close()
    for attempt in (signal.SIGINT, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, attempt)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOPPED_WITHIN_SECONDS)
            break
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)  # whatever the server left behind in its group
