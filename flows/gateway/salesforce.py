"""The route of Salesforce's outbound messages: stored first, acknowledged then, and never acknowledged otherwise.

Invariant: only who knows the secret address and is the org we work with gets anything into the inbox. What is not
acknowledged, Salesforce sends again for 24 hours.
"""

from __future__ import annotations

import hmac
import math
from collections.abc import Callable
from datetime import datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from closeloop.adapters.salesforce.outbound_messages import ACK, NoMessage, OutboundMessage, read_message
from closeloop.application.services import Services
from closeloop.domain.errors import LedgerUnavailable
from flows.gateway.pace import Pace

BODY_LIMIT = 4 * 1024 * 1024
"""A message of 100 notifications with every field of a Lead stays under 2 MB."""
AT_ONCE, PER_SECOND = 200, 50.0


class OutboundMessages:
    """The routes over these services' inbox; `stored` is called after something new came in."""

    def __init__(
        self,
        services: Services,
        token: str,
        stored: Callable[[], None],
        pace: Pace | None = None,
    ) -> None:
        self._services, self._token, self._stored = services, token, stored
        self._pace = pace or Pace(AT_ONCE, PER_SECOND)

    def routes(self) -> list[Route]:
        """All of them."""
        return [Route("/salesforce/outbound/{token}", self.take, methods=["POST"])]

    async def take(self, request: Request) -> Response:
        """Stores a message and acknowledges it, also one that is here already."""
        refused = self._refused(request)
        if refused is not None:
            return refused
        body = await _whole(request)
        if body is None:
            return _no(413, f"at most {BODY_LIMIT} bytes")
        now = self._services.clock.now()
        try:
            message = read_message(body, now)
        except NoMessage as problem:
            return _no(400, str(problem))
        return await run_in_threadpool(self._keep, message, now)

    def _keep(self, message: OutboundMessage, now: datetime) -> Response:
        ours = self._services.crm.our_org()
        if ours is None:
            return _no(503, "cannot ask Salesforce which org is ours: send it again")
        if message.org != ours:
            return _no(403, f"this message is from another org than the one we work with, which is {ours}")
        try:
            new = self._services.ledger.receive_crm_events(message.events, now)
        except LedgerUnavailable:
            return _no(503, "cannot store this now: send it again")
        if new:
            self._stored()
        return Response(ACK, media_type="text/xml")

    def _refused(self, request: Request) -> Response | None:
        if not hmac.compare_digest(request.path_params["token"].encode(), self._token.encode()):
            return _no(404, "unknown webhook address")
        wait = self._pace.seconds_to_wait(request.client.host if request.client else "")
        if wait:
            return _no(429, "too many requests: come again later", {"Retry-After": str(math.ceil(wait))})
        length = request.headers.get("content-length", "")
        if length and (not length.isdigit() or int(length) > BODY_LIMIT):
            return _no(413, f"at most {BODY_LIMIT} bytes")
        return None


async def _whole(request: Request) -> bytes | None:
    """The body; None as soon as it is longer than allowed, whatever its header says."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > BODY_LIMIT:
            return None
        parts.append(part)
    return b"".join(parts)


def _no(status: int, words: str, headers: dict[str, str] | None = None) -> Response:
    return PlainTextResponse(f"{words}\n", status_code=status, headers=headers)
