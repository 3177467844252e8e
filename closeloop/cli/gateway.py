"""`closeloop gateway`: the webhooks, in the foreground."""

from __future__ import annotations

import uvicorn

from closeloop.bootstrap import services, settings, webhook_token
from closeloop.cli.output import side_console
from closeloop.domain.errors import UsageError


def serve(host: str, port: int) -> int:
    """Serve until Ctrl-C; says first which addresses to enter at SendGrid."""
    from flows.gateway.app import create_app

    work = services()
    token = webhook_token(settings(), work.home)
    base = settings().public_url or f"http://{host}:{port}"
    screen = side_console()
    screen.print("Enter these at SendGrid (the last part is secret):", style="bold")
    screen.print(f"  event webhook   {base}/sendgrid/events/{token}")
    screen.print(f"  inbound parse   {base}/sendgrid/inbound/{token}")
    try:
        uvicorn.run(create_app(work, token), host=host, port=port, log_level="warning", lifespan="off")
    except SystemExit:
        raise UsageError(f"cannot listen on {host}:{port}: is it in use? Choose another --port.") from None
    return 0
