"""`python -m sandbox`: serves the sandbox and prints where on its first line.

Invariant: the line is printed only when the socket accepts, and nothing else is ever printed to stdout; what is
meant for people, such as lines to copy, goes to stderr. With `--with-parent` it never outlives who started it.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import shlex
import signal
import socket
import sqlite3
import sys
import threading
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import uvicorn

from sandbox.app import create_app
from sandbox.leads_file import LeadsFileError, load_leads
from sandbox.salesforce import pubsub
from sandbox.salesforce.models import org_of
from sandbox.vendors.companies import VENDORS
from sandbox.world import ClockError, World, open_world

STATE = (
    "SQLite file that keeps the CRM with its setup and the mails between runs; bulk jobs and open query cursors "
    "end with the process"
)
LEFT_WITHIN_SECONDS = 10.0


class StartError(Exception):
    """The sandbox cannot start; the text says what to do."""


def main(arguments: list[str] | None = None) -> int:
    """Serves until SIGINT or SIGTERM. Exit code 2 and one line on stderr if it cannot start."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    try:
        world = _world(options)
        listener = _listen(options.host, options.port)
    except (StartError, LeadsFileError) as error:
        sys.stderr.write(f"sandbox: {error}\n")
        return 2
    if options.with_parent:
        threading.Thread(target=_leave_with_the_parent, daemon=True).start()
    _serve(world, listener, options.exports)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sandbox", description="A local Salesforce, SendGrid and their people.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0 takes a free one")
    parser.add_argument("--leads", type=Path, metavar="FILE.csv", help="leads that the CRM holds from the start")
    parser.add_argument("--state", type=Path, metavar="FILE", help=STATE)
    parser.add_argument("--seed", type=int, default=7, help="decides how the simulated buyers behave")
    parser.add_argument("--start", metavar="ISO8601", help="the moment at which its time begins")
    parser.add_argument(
        "--exports",
        metavar="PREFIX",
        help="also print `export` lines with this prefix on stderr, for the settings of a program under trial",
    )
    parser.add_argument(
        "--with-parent",
        action="store_true",
        help="end when standard input does, which a parent holds open and loses however it ends",
    )
    parser.add_argument("--api-limit", type=int, default=100_000, metavar="CALLS", help="API calls per 24 hours")
    return parser


def _world(options: argparse.Namespace) -> World:
    try:
        world = open_world(options.seed, str(options.state or ":memory:"))
        world.api_limit = options.api_limit
        if options.start:
            world.clock.move_to(_moment(options.start))
        org_of(world)
        notes = load_leads(world, options.leads) if options.leads else []
    except ClockError as error:
        raise StartError(f"--start {options.start}: {error}") from None
    except sqlite3.Error as error:
        raise StartError(f"{options.state} cannot be used as state: {error}; give a writable SQLite file") from None
    for note in notes:
        sys.stderr.write(f"sandbox: {note}\n")
    return world


def _moment(given: str) -> datetime:
    try:
        return datetime.fromisoformat(given)
    except ValueError:
        raise ClockError("give an ISO 8601 time like 2026-01-05T08:00:00Z") from None


def _listen(host: str, port: int) -> socket.socket:
    try:
        listener = socket.create_server((host, port), backlog=2048)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise StartError(f"cannot listen on {host}:{port}: {reason}; choose another --port, or 0") from None
    # asyncio does it only for sockets whose protocol is named; without it every answer waits 40 ms for an ACK.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


class _Server(uvicorn.Server):
    """Announces itself once its socket accepts."""

    found: dict[str, Any]
    exports: str = ""
    world: World
    host: str = "127.0.0.1"
    pubsub: Any = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self.pubsub, self.found["salesforce"]["pubsub"] = await pubsub.serve(self.world, self.host)
            sys.stdout.write(json.dumps(self.found) + "\n")
            sys.stdout.flush()
            sys.stderr.write(self.exports)
            sys.stderr.flush()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self.pubsub is not None:
            await self.pubsub.stop(0)
        await super().shutdown(sockets)


def _serve(world: World, listener: socket.socket, prefix: str | None) -> None:
    config = uvicorn.Config(
        create_app(world), log_level="warning", access_log=False, lifespan="off", timeout_graceful_shutdown=3
    )
    server = _Server(config)
    server.world, server.host = world, listener.getsockname()[0]
    server.found = announcement(world, listener)
    server.exports = exports(server.found, prefix) if prefix else ""
    for number in (signal.SIGINT, signal.SIGTERM):
        # uvicorn shuts down in order and then raises the signal once more, for this handler.
        signal.signal(number, _leave)
    try:
        server.run(sockets=[listener])
    finally:
        world.db.close()


def _leave_with_the_parent() -> None:
    """Waits for the end of standard input; a shutdown that hangs is cut short, since nobody is left to do it."""
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(LEFT_WITHIN_SECONDS)
    os._exit(1)


def _leave(number: int, frame: object) -> None:
    sys.exit(0)


def announcement(world: World, listener: socket.socket) -> dict[str, Any]:
    """What a client needs to know; the first line of stdout, to which the address of the Pub/Sub API is added."""
    host, port = listener.getsockname()[:2]
    url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    known = world.credentials
    return {
        "url": url,
        "salesforce": {
            "instance_url": url,
            "access_token": known.access_token,
            "client_id": known.client_id,
            "client_secret": known.client_secret,
            "username": known.username,
            "password": known.password,
            "security_token": known.security_token,
        },
        "sendgrid": {"host": url, "api_key": known.sendgrid_api_key},
        "vendors": {"api_key": known.vendor_api_key, **{name: f"{url}/{name}" for name in VENDORS}},
        "control": f"{url}/_control",
    }


def exports(found: dict[str, Any], prefix: str) -> str:
    """Lines to copy into another terminal, and how a day passes here."""
    known, mail = found["salesforce"], found["sendgrid"]
    values = {
        "SALESFORCE_INSTANCE_URL": known["instance_url"],
        "SALESFORCE_CLIENT_ID": known["client_id"],
        "SALESFORCE_CLIENT_SECRET": known["client_secret"],
        "SENDGRID_HOST": mail["host"],
        "SENDGRID_API_KEY": mail["api_key"],
    }
    lines = [f"export {prefix}{name}={shlex.quote(value)}" for name, value in values.items()]
    lines.append(f"export SANDBOX_CONTROL={shlex.quote(found['control'])}")
    lines.append("# let a day pass, in which the buyers answer:")
    lines.append("""# curl -X POST $SANDBOX_CONTROL/advance -d '{"hours": 24}'""")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
