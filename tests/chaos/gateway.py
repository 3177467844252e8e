"""The gateway of a chaos run: a process of its own that may be killed, and answers again at the same address."""

from __future__ import annotations

import signal
import socket
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import uvicorn

from flows.gateway.app import create_app
from tests.chaos.settings import HOOK, Site
from tests.chaos.worker import services_of


class HouseClock:
    """The simulated time of the house, read from where the harness writes it."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def now(self) -> datetime:
        return datetime.fromisoformat(self._file.read_text(encoding="ascii"))


def serve(site: Site, port: int) -> None:
    """Until it is ended or killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    clock = HouseClock(site.clock_file)
    services = services_of(site.model_copy(update={"planted": False}), clock.now())
    services = replace(services, clock=clock)
    listener = socket.create_server(("127.0.0.1", port))
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    app = create_app(services, HOOK)
    uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False, lifespan="off")).run([listener])


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
