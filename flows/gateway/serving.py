"""Serving the gateway: in a thread for as long as a command runs, or in the foreground for a machine."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette

READY_WITHIN_SECONDS = 10.0


@contextmanager
def serve_in_thread(app: Starlette) -> Iterator[str]:
    """Serves on a free loopback port inside the block; yields the address once it accepts."""
    listener = socket.create_server(("127.0.0.1", 0))
    # uvicorn leaves Nagle on for a listener that it is given, which costs 40 ms an answer.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        _await_start(server)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=READY_WITHIN_SECONDS)


def _await_start(server: uvicorn.Server) -> None:
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    while not server.started:
        if time.monotonic() > deadline:
            raise RuntimeError("the gateway did not start")
        time.sleep(0.01)
