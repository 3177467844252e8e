"""`closeloop gateway`: the webhooks, in the foreground."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

import uvicorn

from closeloop.adapters.sendgrid.webhooks import register_webhooks
from closeloop.application.services import Services
from closeloop.bootstrap import change_stream, services, settings, webhook_key, webhook_token
from closeloop.cli.here import is_here
from closeloop.cli.output import side_console
from closeloop.cli.prefect_home import keep_files_in
from closeloop.domain.errors import UsageError


def serve(host: str, port: int, *, register: bool = False, stream: bool = False, warm: bool = False) -> int:
    """Serve until Ctrl-C; says first which addresses to enter at SendGrid, or enters them itself."""
    work = services()
    from flows.gateway.app import create_app

    token = webhook_token(settings(), work.home)
    with _listen(host, port) as listener:
        base = work.public_url or f"http://{host}:{listener.getsockname()[1]}"
        screen = side_console()
        if register:
            _register(base, token, work)
        done = "SendGrid now has these" if register else "Enter these at SendGrid, or use --register"
        screen.print(f"{done} (the last part is secret):", style="bold")
        screen.print(f"  event webhook   {base}/sendgrid/events/{token}", soft_wrap=True)
        screen.print(f"  inbound parse   {base}/sendgrid/inbound/{token}", soft_wrap=True)
        screen.print(
            f"and at Salesforce, as the endpoint of outbound messages:\n  {base}/salesforce/outbound/{token}",
            soft_wrap=True,
        )
        with (
            _at_work(work, warm=warm) as stored,
            _listening(work, stored, stream=stream),
            suppress(KeyboardInterrupt),
        ):
            app = create_app(work, token, webhook_key(settings()), stored)
            server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
            server.run(sockets=[listener])
    return 0


@contextmanager
def _listening(work: Services, stored: Callable[[], None], *, stream: bool) -> Iterator[None]:
    """Follows the change stream, if that is wanted."""
    if not stream:
        yield
        return
    from flows.gateway.streaming import listening

    chosen = settings()
    where = f"{chosen.salesforce_stream_topic} at {chosen.salesforce_pubsub}"
    side_console().print(f"following the changes of {where}", style="dim", soft_wrap=True)
    with listening(change_stream(chosen, work), work.ledger, stored):
        yield


@contextmanager
def _at_work(work: Services, *, warm: bool) -> Iterator[Callable[[], None]]:
    """What starts runs for events, where there is a Prefect to start them on."""
    keep_files_in(work.home)
    from prefect.settings import PREFECT_API_URL

    if PREFECT_API_URL.value() is None:
        words = "PREFECT_API_URL is not set: events are kept until a gateway is started that has it"
        side_console().print(words, style="dim", soft_wrap=True)
        yield lambda: None
        return
    from flows.gateway.dispatching import dispatching

    with ExitStack() as stack:
        started = None
        if warm:
            from flows.gateway.warm import warm_worker

            started = stack.enter_context(warm_worker(work))
        yield stack.enter_context(dispatching(work.ledger, started))


def _register(base: str, token: str, work: Services) -> None:
    """SendGrid keeps a message until we answer, so it may know the addresses before the first is served."""
    from flows.gateway.authenticity import keep_key

    chosen = settings()
    key = chosen.sendgrid_api_key
    if key is None:
        raise UsageError("SendGrid is not set up: set CLOSELOOP_SENDGRID_API_KEY, then register again")
    if work.public_url is None and not is_here(chosen.sendgrid_host):
        raise UsageError(
            "SendGrid cannot reach this machine by itself: set CLOSELOOP_PUBLIC_URL, then register again"
        )
    domain = work.playbook.sender.reply_domain
    found = register_webhooks(key.get_secret_value(), chosen.sendgrid_host, base, token, domain)
    keep_key(work.home, found)
    if found is None:
        side_console().print("SendGrid does not sign events for this account: keep the addresses secret")


def _listen(host: str, port: int) -> socket.socket:
    try:
        listener = socket.create_server((host, port))
    except (OSError, OverflowError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise UsageError(f"cannot listen on {host}:{port} ({reason}): choose another --host or --port") from None
    # uvicorn leaves Nagle on for a listener that it is given, which costs 40 ms an answer.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
