"""What a client sees of a fault that is an answer, in the shape of the interface it called.

Invariant: an answer made up here is byte for byte what the org gives where the same happens for real.
"""

from __future__ import annotations

from collections.abc import Callable

import orjson
from starlette.responses import Response

from sandbox.faults.script import Strike
from sandbox.salesforce.errors import ApiError, locked
from sandbox.salesforce.models import Org
from sandbox.salesforce.soap import Fault, envelope

_HTML = (
    "<html>\r\n<head><title>{status} {reason}</title></head>\r\n<body>\r\n"
    "<center><h1>{status} {reason}</h1></center>\r\n</body>\r\n</html>\r\n"
)
_REASONS = {
    420: "Enhance Your Calm",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Temporarily Unavailable",
}
_UNKNOWN = (
    "An unexpected error occurred. Please include this ErrorId if you contact support:"
    " 1234567890-12345 (-123456789)"
)
Shape = Callable[[ApiError], Response]
# These never get as far as the org: nothing is counted against its limits.
UNCOUNTED = frozenset({"expired_session", "revoked_session", "daily_limit", "busy", "reset_before"})


def error_of(strike: Strike) -> ApiError:
    """The refusal that a strike means."""
    match strike.kind:
        case "expired_session" | "revoked_session":
            return ApiError(401, "INVALID_SESSION_ID", "Session expired or invalid")
        case "daily_limit":
            return ApiError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        case "lock":
            return locked(int(strike.options["status"]))
        case "stale_cursor":
            return ApiError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
    status = int(strike.options["status"])
    if status == 500:
        return ApiError(500, "UNKNOWN_EXCEPTION", _UNKNOWN)
    return ApiError(
        status, "SERVER_UNAVAILABLE", "server unavailable: the server is overloaded or under maintenance"
    )


def page(strike: Strike) -> Response | None:
    """The HTML page that the servers in front of the org answer with; None where the org itself answers."""
    if strike.kind != "busy" and not strike.options.get("html"):
        return None
    status = int(strike.options["status"])
    text = _HTML.format(status=status, reason=_REASONS[status])
    return Response(text, status, media_type="text/html")


def rest(org: Org, strike: Strike) -> Response:
    """The answer of the REST API, with its limit header."""
    error = error_of(strike)
    # Whoever is told that the day is used up sees it in the header too.
    info = f"api-usage={org.limits.most}/{org.limits.most}" if strike.kind == "daily_limit" else org.limits.header()
    headers = {"Sforce-Limit-Info": info}
    return Response(orjson.dumps(error.body()), error.status, headers, "application/json;charset=UTF-8")


def soap(org: Org, strike: Strike) -> Response:
    """The answer of the SOAP API: a fault under status 500."""
    error = error_of(strike)
    message = error.message
    if error.code == "INVALID_SESSION_ID":
        message = "Invalid Session ID found in SessionHeader: Illegal Session. Session not found"
    return Response(envelope(org, Fault(error.code, message).xml()), 500, media_type="text/xml;charset=UTF-8")


def token(_org: Org, strike: Strike) -> Response:
    """The answer of the token endpoint, in OAuth's own shape."""
    error = error_of(strike)
    body = {"error": "server_error", "error_description": error.message}
    return Response(orjson.dumps(body), error.status, media_type="application/json;charset=UTF-8")
