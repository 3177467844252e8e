"""A server that answers what a test wrote down for it: an answer for each request, or a connection that breaks."""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@dataclass(frozen=True)
class Answer:
    """What one request gets."""

    status: int
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)


class Hangup:
    """The request is read to its end, then the connection is closed without a word."""


HANGUP = Hangup()


@dataclass
class ScriptedServer:
    """Answers in order; asks for nothing more than was written down."""

    url: str
    answers: deque[Answer | Hangup] = field(default_factory=deque)
    bodies: list[bytes] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    """`POST /path` of each request."""
    sessions: list[str | None] = field(default_factory=list)
    """The Authorization header of each request."""

    def then(self, *answers: Answer | Hangup) -> None:
        self.answers.extend(answers)


@contextmanager
def scripted_server() -> Iterator[ScriptedServer]:
    """Listens on a free loopback port inside the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    script = ScriptedServer(f"http://127.0.0.1:{server.server_address[1]}")
    server.RequestHandlerClass = _handler(script)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def _handler(script: ScriptedServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            script.bodies.append(self.rfile.read(int(self.headers.get("Content-Length", 0))))
            script.asked.append(f"{self.command} {self.path}")
            script.sessions.append(self.headers.get("Authorization"))
            answer = script.answers.popleft()
            if isinstance(answer, Hangup):
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in {"Content-Length": str(len(answer.body.encode())), **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body.encode())

        do_GET = do_POST = do_PATCH = do_PUT = _answer  # noqa: N815 - names of the base class

        def log_message(self, format: str, *args: object) -> None:
            """Silent."""

    return Handler


def closed_port() -> int:
    """A loopback port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
