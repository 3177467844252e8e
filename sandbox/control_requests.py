"""How the control plane reads a request and refuses a bad one.

Invariant: whatever is sent, the answer is JSON, and a refusal says in one line what to send instead.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.world import ClockError

Handler = Callable[[Request], Awaitable[object]]


class ControlError(ValueError):
    """A control request that cannot be carried out; its text tells the caller what to send."""


def endpoint(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """The handler's result as JSON, or the reason of its refusal with status 400."""

    async def answer(request: Request) -> Response:
        try:
            return JSONResponse(await handler(request))
        except (ControlError, ClockError) as problem:
            return JSONResponse({"error": str(problem)}, 400)

    return answer


async def fields(request: Request, known: set[str]) -> dict[str, Any]:
    """The body as an object with no field but the known ones."""
    try:
        body = orjson.loads(await request.body())
    except ValueError as problem:
        raise ControlError(f"the body must be a JSON object: {problem}") from problem
    if not isinstance(body, dict):
        raise ControlError("the body must be a JSON object")
    if unknown := sorted(set(body) - known):
        raise ControlError(f"unknown field {unknown[0]!r}; known are {', '.join(sorted(known))}")
    return body
