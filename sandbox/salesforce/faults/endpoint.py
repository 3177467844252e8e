"""Stands before a handler of the Salesforce API and lets the fault script strike its calls.

Invariant: every strike is in the journal, and a call is either carried out once or not at all: the fault
decides only what the client learns of it.
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request as Wire
from starlette.responses import Response

from sandbox.faults import wire as broken
from sandbox.faults.script import Strike, Subject, script_of
from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.faults import answers, subjects
from sandbox.salesforce.models import Org, org_of
from sandbox.salesforce.responses import STRIKE, Endpoint, record, token_of
from sandbox.world import World

Reader = Callable[[Org, Wire, bytes], Subject]
Shape = Callable[[Org, Strike], Response]
_CARRIED_OUT = frozenset({"slow", "cut_body", "reset_after_commit"})


def rest(world: World, handler: Endpoint) -> Endpoint:
    """A handler of REST calls that may be struck."""
    return _struck(
        world, handler, lambda org, wire, body: subjects.of_rest(org.store.schema, wire, body), answers.rest
    )


def soap(world: World, handler: Endpoint) -> Endpoint:
    """A handler of SOAP calls that may be struck."""
    return _struck(world, handler, lambda _, wire, body: subjects.of_soap(wire, body), answers.soap)


def token(world: World, handler: Endpoint) -> Endpoint:
    """The token endpoint, which may be struck."""
    return _struck(world, handler, lambda _, wire, __: subjects.of_token(wire), answers.token)


def _struck(world: World, handler: Endpoint, read: Reader, shape: Shape) -> Endpoint:
    org = org_of(world)

    async def endpoint(wire: Wire) -> Response:
        content = await wire.body()
        script = script_of(world)
        strike = script.strike(read(org, wire, content)) if script.counts else None
        if strike is None:
            return await handler(wire)
        if strike.kind in _CARRIED_OUT:
            return await _after(org, wire, strike, handler)
        return _instead(org, wire, strike, content, shape)

    return endpoint


async def _after(org: Org, wire: Wire, strike: Strike, handler: Endpoint) -> Response:
    """The call is carried out; its answer is late, cut or lost."""
    wire.scope[STRIKE] = strike
    response = await handler(wire)
    if not strike.journalled:
        record(org, wire, org.call(), response.status_code, 0)
    return await broken.spoiled(response, strike)


def _instead(org: Org, wire: Wire, strike: Strike, content: bytes, shape: Shape) -> Response:
    """Nothing of the call is carried out."""
    wire.scope[STRIKE] = strike
    calls = 0
    if strike.kind == "reset_before":
        record(org, wire, org.call(), 0, calls)
        return broken.reset_connection()
    if strike.kind == "expired_session":
        org.sessions.revoke(token_of(wire.headers, content))
    if strike.kind == "stale_cursor":
        org.cursors.pop(subjects.cursor_of(wire), None)
    response = answers.page(strike)
    if response is None:
        calls = _counted(org, wire, strike, content)
        response = shape(org, strike)
    record(org, wire, org.call(), response.status_code, calls)
    return response


def _counted(org: Org, wire: Wire, strike: Strike, content: bytes) -> int:
    """What the struck call costs: one, if it came from a session and got as far as the org."""
    session = token_of(wire.headers, content)
    if strike.kind in answers.UNCOUNTED or not org.sessions.valid(session):
        return 0
    try:
        org.limits.spend(1, org.caller(session))
    except ApiError:
        return 0
    return 1
