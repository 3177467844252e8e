"""Stands before the handlers of the SendGrid API and lets the fault script strike their calls.

Invariant: every strike is in the journal, and a call is either carried out once or not at all: the fault decides
only what the client learns of it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from sandbox import agenda
from sandbox.faults import wire as broken
from sandbox.faults.script import Strike, Subject, script_of
from sandbox.sendgrid.answers import RATE_HEADERS, errors
from sandbox.sendgrid.issues import Issue
from sandbox.sendgrid.responses import FAULT, JOURNALLED, RATE_LIMIT, UNAUTHORIZED, journal
from sandbox.world import World

Endpoint = Callable[[Request], Awaitable[Response]]
CARRIED_OUT = frozenset({"slow", "cut_body", "reset_after_commit"})
REFUSED = frozenset(
    {"expired_session", "revoked_session", "forbidden", "daily_limit", "server_error", "busy", "reset_before"}
)
BUSY_SECONDS = 60
OPERATIONS = (
    ("/v3/mail/send", "send"),
    ("/v3/mail/batch", "schedule"),
    ("/v3/user/scheduled_sends", "schedule"),
    ("/v3/suppression", "suppress"),
    ("/v3/asm", "suppress"),
    ("/v3/messages", "read_back"),
    ("/v3/logs", "read_back"),
)
HTML = (
    "<html>\r\n<head><title>{status} {reason}</title></head>\r\n<body>\r\n"
    "<center><h1>{status} {reason}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)
REASONS = {500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Temporarily Unavailable"}


def struck(world: World, handler: Endpoint) -> Endpoint:
    """The handler, for calls that may be struck."""

    async def endpoint(request: Request) -> Response:
        script = script_of(world)
        strike = script.strike(subject_of(request)) if script.counts else None
        if strike is None:
            return await handler(request)
        request.scope[FAULT] = strike.entry()
        if strike.kind in CARRIED_OUT:
            return await _after(world, request, strike, handler)
        return await _instead(world, request, strike)

    return endpoint


def subject_of(request: Request) -> Subject:
    """The call in the words of a fault script."""
    path = request.url.path
    operation = next((name for start, name in OPERATIONS if path.startswith(start)), "configure")
    parts = [(operation, None)]
    return Subject("call", CARRIED_OUT | REFUSED, request.method, path, parts, service="sendgrid")


async def _after(world: World, request: Request, strike: Strike, handler: Endpoint) -> Response:
    """The call is carried out; its answer is late, cut or lost."""
    response = await handler(request)
    if not request.scope.get(JOURNALLED):
        journal(world, request, response.status_code, {"messages": []})
    return await broken.spoiled(response, strike)


async def _instead(world: World, request: Request, strike: Strike) -> Response:
    """Nothing of the call is carried out; a client that still writes is heard to the end, or it sees no answer."""
    async for _part in request.stream():
        pass
    response = _refusal(world, strike)
    status = response.status_code if response is not None else 0
    journal(world, request, status, {"messages": [], "errors": [f"fault: {strike.kind}"]})
    return response if response is not None else broken.reset_connection()


def _refusal(world: World, strike: Strike) -> Response | None:
    match strike.kind:
        case "expired_session" | "revoked_session":
            return errors(401, Issue(UNAUTHORIZED))
        case "forbidden" | "daily_limit":
            return errors(403, Issue("access forbidden"))
        case "busy":
            return _busy(world)
        case "server_error":
            return _broken(int(strike.options["status"]), html=bool(strike.options["html"]))
    return None


def _busy(world: World) -> Response:
    """Too many requests: nothing is left until the time that the third header names."""
    response = errors(429, Issue("too many requests"))
    for header, value in zip(RATE_HEADERS, (RATE_LIMIT, 0, agenda.now(world) + BUSY_SECONDS), strict=True):
        response.headers[header] = str(value)
    return response


def _broken(status: int, *, html: bool) -> Response:
    if html:
        return Response(HTML.format(status=status, reason=REASONS[status]), status, media_type="text/html")
    words = {500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable"}[status]
    return errors(status, Issue(words))
