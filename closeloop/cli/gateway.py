"""`closeloop gateway`: the webhooks, in the foreground."""

from __future__ import annotations

import socket
from contextlib import suppress

import uvicorn

from closeloop.bootstrap import services, settings, webhook_token
from closeloop.cli.output import side_console
from closeloop.domain.errors import UsageError


def serve(host: str, port: int) -> int:
    """Serve until Ctrl-C; says first which addresses to enter at SendGrid."""
    work = services()
    from flows.gateway.app import create_app

    token = webhook_token(settings(), work.home)
    with _listen(host, port) as listener:
        base = work.public_url or f"http://{host}:{listener.getsockname()[1]}"
        screen = side_console()
        screen.print("Enter these at SendGrid (the last part is secret):", style="bold")
        screen.print(f"  event webhook   {base}/sendgrid/events/{token}", soft_wrap=True)
        screen.print(f"  inbound parse   {base}/sendgrid/inbound/{token}", soft_wrap=True)
        server = uvicorn.Server(uvicorn.Config(create_app(work, token), log_level="warning", lifespan="off"))
        with suppress(KeyboardInterrupt):
            server.run(sockets=[listener])
    return 0


def _listen(host: str, port: int) -> socket.socket:
    try:
        listener = socket.create_server((host, port))
    except (OSError, OverflowError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise UsageError(f"cannot listen on {host}:{port} ({reason}): choose another --host or --port") from None
    # uvicorn leaves Nagle on for a listener that it is given, which costs 40 ms an answer.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
