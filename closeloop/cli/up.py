"""`closeloop up`: everything at once, on one screen, until Ctrl-C.

Invariant: whatever it started has ended when it has, also when it was killed; what was being worked on then is
taken up again by the next start.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import httpx

from closeloop.adapters.home import prepare_home
from closeloop.adapters.salesforce.connection import sign_in_way
from closeloop.bootstrap import salesforce_login, settings
from closeloop.cli.here import is_here
from closeloop.cli.output import side_console
from closeloop.cli.prefect_home import keep_files_in, require_answer
from closeloop.cli.up_home import Ports, alone_in, kept_credentials, note_who, write_environment
from closeloop.cli.up_sandbox import KeptSandbox, kept_sandbox
from closeloop.cli.up_view import Up, print_stopped, print_up
from closeloop.cli.up_watch import Part, Prefect, stay
from closeloop.domain.errors import CloseloopError, UsageError
from config.settings import Settings

if TYPE_CHECKING:
    from flows.private_server import PrivateServer
    from flows.tied_process import TiedProcess

PREFECT_PORT, GATEWAY_PORT, SANDBOX_PORT = 4200, 8080, 8090
ANSWERS_WITHIN_SECONDS = 60.0
RUNS_END_SECONDS = 12.0
"""Longer than the runner gives the runs that are at work."""


@dataclass(frozen=True)
class UpOptions:
    """What a person may choose; ports that are left out are the usual ones or the next that are free."""

    host: str = "127.0.0.1"
    port: int | None = None
    gateway_port: int | None = None
    as_json: bool = False


@dataclass
class _Started:
    """What is up by now."""

    home: Path
    parts: list[Part] = field(default_factory=list)
    sandbox: KeptSandbox | None = None
    server: PrivateServer | None = None
    """Prefect's, when it was started here."""
    environment: dict[str, str] = field(default_factory=dict)


def up(options: UpOptions) -> int:
    """Start all of it, say where it is, and stay until Ctrl-C."""
    chosen = settings()
    home = prepare_home(chosen.home)
    with_sandbox = needs_sandbox(chosen)
    with alone_in(home):
        _stop_when_terminated()
        try:
            with ExitStack() as stack:
                _run(options, home, stack, with_sandbox=with_sandbox)
        except KeyboardInterrupt:
            print_stopped()
    return 0


def _run(options: UpOptions, home: Path, stack: ExitStack, *, with_sandbox: bool) -> None:
    ports, started = Ports(home, options.host), _Started(home)
    if with_sandbox:
        _say("starting the sandbox, since no Salesforce is set …")
        started.sandbox = stack.enter_context(kept_sandbox(home, ports.take("sandbox", None, SANDBOX_PORT)))
        started.environment |= started.sandbox.environment
    found = _start(options, ports, started, stack)
    note_who(home, f"Prefect at {found.prefect_ui}")
    print_up(found, as_json=options.as_json)
    stay(started.parts, started.sandbox, Prefect(found.prefect_api, started.server))


def needs_sandbox(chosen: Settings) -> bool:
    """True when no Salesforce is set; `UsageError` when what is set is not enough to work with."""
    named = (chosen.salesforce_instance_url, chosen.salesforce_domain, chosen.salesforce_session_id)
    if not any(named):
        if chosen.sendgrid_api_key is not None:
            raise UsageError(
                "SendGrid is set and Salesforce is not: set CLOSELOOP_SALESFORCE_INSTANCE_URL and its credentials "
                "as well, or unset CLOSELOOP_SENDGRID_API_KEY to work on the sandbox"
            )
        return True
    sign_in_way(salesforce_login(chosen))
    if chosen.sendgrid_api_key is None:
        raise UsageError(
            "Salesforce is set and SendGrid is not: set CLOSELOOP_SENDGRID_API_KEY to a key with the Mail Send "
            "permission, or unset the Salesforce settings to work on the sandbox"
        )
    return False


def _start(options: UpOptions, ports: Ports, started: _Started, stack: ExitStack) -> Up:
    from flows.private_server import reached_at

    port = ports.take("gateway", options.gateway_port, GATEWAY_PORT)
    gateway = f"http://{reached_at(options.host)}:{port}"
    _say("starting Prefect …")
    api, ui = stack.enter_context(_prefect(options, ports, started))
    started.environment |= {"CLOSELOOP_HOME": str(started.home), "PREFECT_API_URL": api}
    started.environment["CLOSELOOP_DESK_URL"] = os.environ.get("CLOSELOOP_DESK_URL") or ui
    if started.sandbox:
        started.environment["CLOSELOOP_PUBLIC_URL"] = gateway
    stack.callback(_prepare_put_back())
    _say("starting the gateway and the runner …")
    door = Part(partial(_gateway, started, options.host, port), stack)
    runner = Part(partial(_runner, started), stack)
    started.parts += [door, runner]
    _await_answer(f"{gateway}/health", door.child)
    runner.child.first_line()
    file = write_environment(started.home, _for_another_terminal(started.environment))
    line = started.sandbox.line if started.sandbox else None
    return Up(prefect_api=api, prefect_ui=ui, gateway=gateway, sandbox=line, home=started.home, environment=file)


def _gateway(started: _Started, host: str, port: int, stack: ExitStack) -> TiedProcess:
    from flows.tied_process import tied

    # Of the sandbox we know that it can reach us; a real SendGrid is told by a person, with `gateway --register`.
    register = ["--register"] if started.sandbox else []
    # Changes of the CRM are followed, and worked on at once in the gateway itself.
    options = ["--host", host, "--port", str(port), "--stream", "--warm", *register]
    serve = ["flows.with_parent", "closeloop", "gateway", *options]
    log = started.home / "logs" / "gateway.log"
    return stack.enter_context(tied("gateway", serve, log, environment=started.environment))


def _runner(started: _Started, stack: ExitStack) -> TiedProcess:
    from flows.tied_process import tied

    log = started.home / "logs" / "runner.log"
    return stack.enter_context(
        tied("runner", ["flows.runner_process"], log, environment=started.environment, patience=RUNS_END_SECONDS)
    )


@contextmanager
def _prefect(options: UpOptions, ports: Ports, started: _Started) -> Iterator[tuple[str, str]]:
    """The API and the UI of the server that PREFECT_API_URL names, else of one of our own."""
    home = started.home
    keep_files_in(home)
    from prefect.settings import PREFECT_API_URL, PREFECT_UI_URL

    from flows.private_server import ServerDidNotStart
    from flows.runtime import prefect_server

    def note(server: PrivateServer) -> None:
        started.server = server

    own = PREFECT_API_URL.value() is None
    port = ports.take("prefect", options.port, PREFECT_PORT) if own else None
    if own and options.port is None and port != PREFECT_PORT:
        _say(f"Prefect is at port {port}, since {PREFECT_PORT} is or was in use")
    auth = kept_credentials(home) if own and not _is_loopback(options.host) else None
    try:
        with prefect_server(home, lasting=True, port=port, host=options.host, auth=auth, watched=note) as api:
            require_answer(api)
            yield api, PREFECT_UI_URL.value() or api.removesuffix("/api")
    except ServerDidNotStart as problem:
        raise CloseloopError(str(problem)) from None


def _is_loopback(host: str) -> bool:
    return is_here(f"http://[{host}]" if ":" in host else f"http://{host}")


def _for_another_terminal(environment: dict[str, str]) -> dict[str, str]:
    known = {name: os.environ[name] for name in ("PREFECT_API_AUTH_STRING",) if name in os.environ}
    return environment | known


def _await_answer(address: str, child: TiedProcess) -> None:
    deadline = time.monotonic() + ANSWERS_WITHIN_SECONDS
    with httpx.Client(trust_env=False, timeout=2) as client:
        while time.monotonic() < deadline and not child.has_ended():
            with suppress(httpx.HTTPError):
                if client.get(address).is_success:
                    return
            time.sleep(0.05)
    raise CloseloopError(f"the {child.name} did not start: {child.last_words()}")


def _prepare_put_back() -> Callable[[], None]:
    """What records runs that were cut short as waiting, not as at work; loaded now, since the disk may change."""
    import asyncio

    from prefect.client.orchestration import get_client

    from flows.stranded import STRANDED, put_back

    async def put() -> None:
        async with get_client() as client:
            await put_back(client, STRANDED)

    def at_the_end() -> None:
        with suppress(Exception):  # the next start does it, should the server be gone by now
            asyncio.run(put())

    return at_the_end


def _stop_when_terminated() -> None:
    """Whoever ends this process in order gets the same end as from Ctrl-C, also from a shell's background."""

    def leave(number: int, frame: FrameType | None) -> Any:
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, leave)


def _say(what: str) -> None:
    side_console().print(what, style="dim", soft_wrap=True)
