"""How every path of the API reads a JSON body and says no.

Whatever the bytes, reading never raises; an error has always the API's shape.
"""

from __future__ import annotations

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse

from sandbox.sendgrid.issues import Issue

RATE_HEADERS = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")


def errors(status: int, *issues: Issue) -> JSONResponse:
    """An error answer in the API's shape."""
    return JSONResponse({"errors": [issue.as_json() for issue in issues]}, status)


async def json_body(request: Request) -> Any:
    """The JSON value of the body, or None; text that no database can hold (half a character) is no JSON here."""
    try:
        return orjson.loads(await request.body())
    except ValueError:
        return None


async def json_object(request: Request) -> dict[str, Any] | None:
    """The JSON object of the body, or None when it is anything else."""
    body = await json_body(request)
    return body if isinstance(body, dict) else None
