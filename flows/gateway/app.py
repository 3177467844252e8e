"""The gateway's routes. A 2xx means stored; anything else makes the sender try again, and nothing is lost."""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from closeloop.adapters.sendgrid.events import event_signals, reply_signal
from closeloop.application.forgotten import as_kept
from closeloop.application.on_event import urgent
from closeloop.application.services import Services
from closeloop.domain.errors import LedgerUnavailable
from closeloop.domain.signals import Signal
from closeloop.domain.threads import header, ids_in, prospect_of_ids
from closeloop.domain.tokens import read_token
from flows.gateway.authenticity import Authenticity
from flows.gateway.inbound_form import NoMail, read_mail
from flows.gateway.links import Links, opted_out
from flows.gateway.salesforce import OutboundMessages

EVENTS_LIMIT = 2 * 1024 * 1024
INBOUND_LIMIT = 30 * 1024 * 1024
BELIEVED_DATE = timedelta(days=4)
"""A reply's own Date is believed when it is that near to the present."""

Handler = Callable[[Request], Awaitable[Response]]


def _nobody_waits() -> None:
    """Where runs start by their schedules only."""


def create_app(
    services: Services,
    webhook_token: str,
    webhook_key: str | None = None,
    stored: Callable[[], None] = _nobody_waits,
) -> Starlette:
    """The gateway over these services' ledger; `webhook_key` verifies that event posts are SendGrid's own.

    `stored` is called after something came in that a run should take up at once.
    """
    gateway = _Gateway(services, webhook_token, Authenticity(services.home, webhook_key), stored)
    return Starlette(
        routes=[
            Route("/health", gateway.health),
            Route("/sendgrid/events/{token}", gateway.events, methods=["POST"]),
            Route("/sendgrid/inbound/{token}", gateway.inbound, methods=["POST"]),
            *OutboundMessages(services, webhook_token, stored).routes(),
            *Links(services).routes(),
        ]
    )


class _Gateway:
    def __init__(
        self, services: Services, webhook_token: str, authenticity: Authenticity, stored: Callable[[], None]
    ) -> None:
        self._services = services
        self._stored = stored
        self._token = webhook_token
        self._authenticity = authenticity

    async def health(self, request: Request) -> Response:
        return JSONResponse({"ok": True})

    async def events(self, request: Request) -> Response:
        refused = self._refused(request, EVENTS_LIMIT)
        if refused is not None:
            return refused
        body = await request.body()
        problem = self._authenticity.problem(body, request.headers)
        if problem is not None:
            return PlainTextResponse(f"{problem}\n", status_code=403)
        try:
            events = json.loads(body)
        except (ValueError, RecursionError):
            return PlainTextResponse("the body is not JSON\n", status_code=400)
        if not isinstance(events, list):
            return PlainTextResponse("the body is not a list of events\n", status_code=400)
        return await self._store(event_signals([event for event in events if isinstance(event, dict)]))

    async def inbound(self, request: Request) -> Response:
        refused = self._refused(request, INBOUND_LIMIT)
        if refused is not None:
            return refused
        try:
            fields = await read_mail(request, INBOUND_LIMIT)
        except NoMail as problem:
            return PlainTextResponse(f"{problem}\n", status_code=400)
        return await self._store([self._reply(fields)])

    def _reply(self, fields: dict[str, str]) -> Signal:
        now = self._services.clock.now()
        signal = reply_signal(fields, now, lambda token: read_token(token, self._services.secret))
        if signal.prospect_key is None:
            signal = signal.model_copy(update={"prospect_key": self._answered(fields.get("headers", ""))})
        if signal.prospect_key and _is_opt_out(signal):
            return opted_out(self._services, signal.prospect_key, now)
        written = _date(fields.get("headers", ""))
        near = written is not None and abs(written - now) <= BELIEVED_DATE
        return signal.model_copy(update={"occurred_at": written}) if near else signal

    def _answered(self, headers: str) -> str | None:
        """Whose mail a reply without our token answers, by the ids of ours in its headers."""
        ids = (*ids_in(header(headers, "References")), *ids_in(header(headers, "In-Reply-To")))
        return prospect_of_ids(ids, self._services.secret)

    async def _store(self, signals: list[Signal]) -> Response:
        try:
            new = await run_in_threadpool(self._keep, signals)
        except LedgerUnavailable:
            return _not_now()
        return JSONResponse({"stored": new})

    def _keep(self, signals: list[Signal]) -> int:
        kept, now = as_kept(self._services, signals), self._services.clock.now()
        new = self._services.ledger.receive(kept, now)
        if new and self._services.ledger.receive_crm_events(urgent(kept, now), now):
            self._stored()
        return new

    def _refused(self, request: Request, limit: int) -> Response | None:
        if not hmac.compare_digest(request.path_params["token"].encode(), self._token.encode()):
            return PlainTextResponse("unknown webhook address\n", status_code=404)
        length = request.headers.get("content-length", "")
        if not length.isdigit():
            return PlainTextResponse("a Content-Length is needed\n", status_code=411)
        if int(length) > limit:
            return PlainTextResponse(f"at most {limit} bytes\n", status_code=413)
        return None


def _is_opt_out(signal: Signal) -> bool:
    """Sent to the address that List-Unsubscribe names: whatever it says, it is an opt-out."""
    recipients = str(signal.payload.get("to", "")).lower().split(", ")
    return any(address.startswith("unsubscribe+") for address in recipients)


def _not_now() -> Response:
    return PlainTextResponse("cannot store this now: send it again\n", status_code=503)


def _date(headers: str) -> datetime | None:
    """The Date header in UTC, or None when there is none that can be read and has an offset."""
    for line in headers.splitlines():
        name, _, value = line.partition(":")
        if name.strip().lower() == "date":
            return _parsed(value.strip())
    return None


def _parsed(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
        return found.astimezone(UTC) if found.tzinfo else None
    except (ValueError, OverflowError):
        return None
