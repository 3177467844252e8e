"""Gives a command a Prefect to run its flows on: the one it is pointed at, or one of its own for that time.

Invariant: a flow that ended inside the context has its records on the server when the context has closed,
and the environment and settings of this process are then as they were. Nothing of Prefect reaches the
terminal.
"""

import gc
import os
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
from prefect.context import _temporary_global_settings_context, get_settings_context
from prefect.events.worker import EventsWorker
from prefect.logging.handlers import APILogWorker
from prefect.settings import (
    PREFECT_API_AUTH_STRING,
    PREFECT_API_URL,
    PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
    PREFECT_HOME,
    PREFECT_LOCAL_STORAGE_PATH,
    PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW,
    PREFECT_UI_URL,
    temporary_settings,
)
from prefect.settings.legacy import Setting

from flows.prefect_log import prefect_lines_in
from flows.private_server import LOOPBACK, PrivateServer, private_server

DRAINED_WITHIN_SECONDS = 20.0
LONGER_THAN_A_FLUSH_SECONDS = 1.1
"""The private server writes task runs down every second."""


@contextmanager
def prefect_server(
    home: Path,
    *,
    quiet: bool = True,
    lasting: bool = False,
    port: int | None = None,
    host: str = LOOPBACK,
    auth: str | None = None,
    watched: Callable[[PrivateServer], None] | None = None,
) -> Iterator[str]:
    """Yields the address of an API that answers; raises `ServerDidNotStart` with the end of its log.

    With PREFECT_API_URL set, that server is used as it is. Otherwise one is started on the loopback with
    its database and logs under `home`, and stopped at the end. A `lasting` one runs the scheduler and all
    other services and keeps the heartbeats of flow runs; one for a single command leaves both out, which
    saves a second a flow run. With `auth`, as `user:password`, whoever asks it must know them; this process and
    those that it starts do. `watched` is told of a server that was started here, so that it can be started again.
    """
    with ExitStack() as stack:
        if quiet:
            stack.enter_context(prefect_lines_in(home / "logs" / "prefect.log"))
        if existing := PREFECT_API_URL.value():
            yield existing
            return
        stack.enter_context(_environment(_credentials(auth)))
        server = stack.enter_context(private_server(home, lasting=lasting, port=port, host=host))
        if watched:
            watched(server)
        stack.enter_context(
            _environment({"PREFECT_API_URL": server.api_url, "NO_PROXY": _without_loopback_proxy()})
        )
        stack.enter_context(_settings(server, home, lasting=lasting, auth=auth))
        # What is imported by now stays: without it, each collection walks half a million fewer objects.
        gc.collect()
        gc.freeze()
        patience = DRAINED_WITHIN_SECONDS
        try:
            yield server.api_url
        except KeyboardInterrupt:
            patience = 1.0  # whoever presses Ctrl-C wants the prompt more than the last records
            raise
        finally:
            _drain(server.api_url, patience)


@contextmanager
def _settings(server: PrivateServer, home: Path, *, lasting: bool, auth: str | None) -> Iterator[None]:
    """Points the Prefect that this process has imported, in every thread, at the server."""
    changes: dict[Setting, Any] = {
        PREFECT_API_URL: server.api_url,
        PREFECT_UI_URL: server.ui_url,
        PREFECT_HOME: home / "prefect",
        PREFECT_LOCAL_STORAGE_PATH: home / "prefect" / "storage",
        PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW: "ignore",
    }
    if auth:
        changes[PREFECT_API_AUTH_STRING] = auth
    if not lasting:
        # Each sync flow run would wait a second for its heartbeat thread to look up; no variable can say
        # this.
        changes[PREFECT_FLOWS_HEARTBEAT_FREQUENCY] = None
    with temporary_settings(changes), _temporary_global_settings_context(get_settings_context()):
        yield


@contextmanager
def _environment(changes: Mapping[str, str]) -> Iterator[None]:
    """Sets variables for the processes that this one starts."""
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _credentials(auth: str | None) -> dict[str, str]:
    return {"PREFECT_SERVER_API_AUTH_STRING": auth, "PREFECT_API_AUTH_STRING": auth} if auth else {}


def _without_loopback_proxy() -> str:
    """A company's proxy cannot reach our loopback."""
    named = os.environ.get("NO_PROXY", os.environ.get("no_proxy", ""))
    return ",".join(dict.fromkeys(filter(None, [*named.split(","), "127.0.0.1", "localhost"])))


def _drain(api_url: str, patience: float) -> None:
    """Sends what this process still holds, then lets the server write it down."""
    with ThreadPoolExecutor(
        1
    ) as other_thread:  # the caller may be inside an event loop, where draining does not wait
        other_thread.submit(APILogWorker.drain_all, timeout=min(5.0, patience)).result()
        other_thread.submit(EventsWorker.drain_all, timeout=patience).result()
    _await_records(api_url, patience)


def _await_records(api_url: str, patience: float) -> None:
    """Waits until the server's task runs have all ended and no more of them appear."""
    deadline = time.monotonic() + patience
    before: tuple[int, int] | None = None
    with httpx.Client(trust_env=False, timeout=5) as client:
        while time.monotonic() < deadline:
            try:
                now = (
                    _count(client, api_url, None),
                    _count(client, api_url, ["PENDING", "RUNNING", "SCHEDULED"]),
                )
            except httpx.HTTPError:
                return  # the server is gone, and its records with it; the ledger has ours
            if now == before and now[1] == 0:
                return
            before = now
            time.sleep(LONGER_THAN_A_FLUSH_SECONDS)


def _count(client: httpx.Client, api_url: str, states: list[str] | None) -> int:
    chosen = {"task_runs": {"state": {"type": {"any_": states}}}} if states else {}
    answer = client.post(f"{api_url}/task_runs/count", json=chosen)
    answer.raise_for_status()
    return int(answer.json())
