"""The wire: reads requests, checks session and limits, runs them in one transaction, writes answers and the
journal.

Invariant: what one request did is committed before its answer leaves, and nothing of it if the answer is a
500.
"""

from __future__ import annotations

import gzip
import logging
import re
import zlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import orjson
from starlette.requests import Request as Wire
from starlette.responses import Response

from sandbox.faults.script import Strike
from sandbox.salesforce.call import Call
from sandbox.salesforce.errors import ApiError, not_found, unreadable
from sandbox.salesforce.models import Org, org_of
from sandbox.salesforce.rest.metadata import versions
from sandbox.salesforce.rest.request import Answer, Dispatch, Request
from sandbox.world import World

Endpoint = Callable[[Wire], Awaitable[Response]]
_log = logging.getLogger(__name__)
_LONGEST_ADDRESS = 16_384
_LEAST_GZIPPED = 1024
# Where the scope of a request keeps the fault that strikes it.
STRIKE = "sandbox.strike"
_SOAP_SESSION = re.compile(rb"<(?:\w+:)?sessionId>\s*([^<\s]+)\s*<")
_UNKNOWN = (
    "An unexpected error occurred. Please include this ErrorId if you contact support:"
    " 1234567890-12345 (-123456789)"
)


def rest_endpoint(world: World, dispatch: Dispatch) -> Endpoint:
    """The handler of everything below a version."""
    org = org_of(world)

    async def endpoint(wire: Wire) -> Response:
        content = await wire.body()
        call = org.call(token_of(wire.headers, b""))
        call.version = wire.path_params["version"]
        before = org.limits.used
        answer = _answer(org, call, wire, content, dispatch)
        record(org, wire, call, answer.status, org.limits.used - before)
        return _respond(org, wire, answer)

    return endpoint


def _answer(org: Org, call: Call, wire: Wire, content: bytes, dispatch: Dispatch) -> Answer:
    try:
        request = _request(org, call, wire, content, dispatch)
        org.limits.spend(1, call.username)
        with org.store.transaction():
            return dispatch(request)
    except ApiError as error:
        return Answer(error.status, error.body())
    except Exception:  # noqa: BLE001 - whatever breaks, the client gets an answer and the log the reason
        _log.exception("the sandbox's Salesforce failed on %s %s", wire.method, wire.url.path)
        call.undo()
        return Answer(500, ApiError(500, "UNKNOWN_EXCEPTION", _UNKNOWN).body())


def _request(org: Org, call: Call, wire: Wire, content: bytes, dispatch: Dispatch) -> Request:
    if len(str(wire.url)) > _LONGEST_ADDRESS:
        raise ApiError(414, "URI_TOO_LONG", f"The address is longer than {_LONGEST_ADDRESS} bytes")
    version = wire.path_params["version"]
    if re.fullmatch(r"\d+\.0", version) is None:
        raise not_found()
    _check_session(org, wire.headers)
    content = unpacked(wire.headers, content)
    if content and not _readable(wire):
        raise ApiError(415, "UNSUPPORTED_MEDIA_TYPE", "Content-Type must be application/json")
    return Request(
        org=org,
        call=call,
        method=wire.method,
        version=version,
        path=wire.path_params.get("path", "").strip("/"),
        query=wire.query_params,
        headers=wire.headers,
        dispatch=dispatch,
        content=content,
    )


def _readable(wire: Wire) -> bool:
    """Whether the body is JSON, or one of the forms that bulk jobs take."""
    kind = wire.headers.get("content-type", "").lower()
    path = wire.path_params.get("path", "").lower()
    return "json" in kind or (path.startswith("jobs/") and kind.startswith(("text/csv", "multipart/form-data")))


def _check_session(org: Org, headers: Mapping[str, str]) -> None:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if token and scheme.lower() not in ("bearer", "oauth"):
        raise ApiError(401, "INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE")
    if not org.sessions.valid(token_of(headers, b"")):
        raise ApiError(401, "INVALID_SESSION_ID", "Session expired or invalid")


def token_of(headers: Mapping[str, str], content: bytes) -> str:
    """The session id that a call carries: in its header, or in the envelope of a SOAP call."""
    token = headers.get("authorization", "").partition(" ")[2].strip()
    found = None if token else _SOAP_SESSION.search(content)
    return found.group(1).decode("ascii", "replace") if found else token


def unpacked(headers: Mapping[str, str], content: bytes) -> bytes:
    """The body as it was before `Content-Encoding: gzip`."""
    if headers.get("content-encoding", "").lower() != "gzip":
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error):
        raise unreadable("The body is not valid gzip") from None


def record(org: Org, wire: Wire, call: Call, status: int, calls: int) -> None:
    """Writes one journal entry for a request that reached this Salesforce, with the faults that struck it."""
    summary: dict[str, Any] = {"calls": calls, "operations": call.operations}
    strike = wire.scope.get(STRIKE)
    if isinstance(strike, Strike):
        summary["fault"] = strike.entry()
        strike.journalled = True
    if call.strikes:
        summary["record_faults"] = call.strikes
    if call.username != org.sessions.integration.username:
        summary["user"] = call.username
    org.world.journal.record(
        at=org.world.clock.now(),
        service="salesforce",
        method=wire.method,
        path=wire.url.path,
        status=status,
        summary=summary,
    )


def _respond(org: Org, wire: Wire, answer: Answer) -> Response:
    headers = {"Sforce-Limit-Info": org.limits.header(), **answer.headers}
    if answer.raw is not None:
        return Response(answer.raw, answer.status, headers)
    if answer.status == 204:
        return Response(None, 204, headers)
    pretty = wire.headers.get("x-prettyprint", "0") not in ("", "0", "false")
    return packed(wire, to_json(answer.body, pretty=pretty), answer.status, headers)


def to_json(body: Any, *, pretty: bool) -> bytes:
    """JSON as bytes, indented for people when asked."""
    return orjson.dumps(body, option=orjson.OPT_INDENT_2 if pretty else None)


def packed(wire: Wire, content: bytes, status: int, headers: dict[str, str]) -> Response:
    """A JSON response, gzipped when the client takes it and it is worth it."""
    headers = {"Content-Type": "application/json;charset=UTF-8", **headers}
    if len(content) >= _LEAST_GZIPPED and "gzip" in wire.headers.get("accept-encoding", ""):
        headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        content = gzip.compress(content, compresslevel=1, mtime=0)
    return Response(content, status, headers)


def versions_endpoint(world: World) -> Endpoint:
    """The list of versions, which needs no session."""

    async def endpoint(wire: Wire) -> Response:
        return packed(wire, to_json(versions(), pretty=False), 200, {})

    return endpoint
