"""The links in our mails: the opt-out, and the way on to a page.

Invariants: only a POST opts out, at once, for ever and without a login, since scanners follow every link with GET;
nobody is led anywhere but where a link that we have signed leads.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from datetime import datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from closeloop.application.forgotten import as_kept
from closeloop.application.services import Services
from closeloop.domain.errors import LedgerUnavailable
from closeloop.domain.links import Link, read_link
from closeloop.domain.signals import Signal, SignalKind
from closeloop.domain.tokens import read_token
from flows.gateway.pages import CONFIRM, DONE, NOT_OURS, Words, page

QUIET = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
"""The address of such a page is a key: no cache, page or search engine is to learn it."""
SAFE = QUIET | {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'"}
AGENT_CHARACTERS = 300


class Links:
    """The routes of the links over these services' ledger."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def routes(self) -> list[Route]:
        """All of them."""
        return [
            Route("/unsubscribe/{token}", self.confirm, methods=["GET"]),
            Route("/unsubscribe/{token}", self.unsubscribe, methods=["POST"]),
            Route("/go/{token}", self.follow, methods=["GET"]),
        ]

    async def confirm(self, request: Request) -> Response:
        """Shows a button and changes nothing."""
        if self._prospect(request) is None:
            return self._page(NOT_OURS, request, 404)
        return self._page(CONFIRM, request)

    async def unsubscribe(self, request: Request) -> Response:
        """One-click opt-out (RFC 8058): acts at once, needs no login, never redirects."""
        key = self._prospect(request)
        if key is None:
            return self._page(NOT_OURS, request, 404)
        try:
            await run_in_threadpool(self._opt_out, key)
        except LedgerUnavailable:
            return PlainTextResponse("cannot store this now: send it again\n", status_code=503)
        return self._page(DONE, request)

    async def follow(self, request: Request) -> Response:
        """Leads on. A HEAD is a machine's; a click that cannot be stored keeps nobody from the page."""
        link = read_link(request.path_params["token"], self._services.secret)
        if link is None:
            return self._page(NOT_OURS, request, 404)
        if request.method == "GET":
            agent = request.headers.get("user-agent", "")
            with suppress(LedgerUnavailable):
                await run_in_threadpool(self._clicked, link, agent)
        return RedirectResponse(link.url, status_code=302, headers=QUIET)

    def _prospect(self, request: Request) -> str | None:
        return read_token(request.path_params["token"], self._services.secret)

    def _page(self, words: dict[str, Words], request: Request, status: int = 200) -> Response:
        text = page(words, self._services.playbook.sender, request.headers.get("accept-language", ""))
        return HTMLResponse(text, status_code=status, headers=SAFE)

    def _opt_out(self, key: str) -> None:
        now = self._services.clock.now()
        self._services.ledger.receive(as_kept(self._services, [opted_out(self._services, key, now)]), now)

    def _clicked(self, link: Link, agent: str) -> None:
        now = self._services.clock.now()
        self._services.ledger.receive(as_kept(self._services, [click(link, agent, now)]), now)


def opted_out(services: Services, key: str, now: datetime) -> Signal:
    """The opt-out of this prospect; once a day, since somebody who came back by choice may leave again."""
    prospect = services.ledger.prospects([key]).get(key)
    return Signal(
        id=f"opt-out:{key}:{now:%Y-%m-%d}",
        source="gateway",
        kind=SignalKind.UNSUBSCRIBED,
        occurred_at=now,
        prospect_key=key,
        address=prospect.email if prospect else None,
    )


def click(link: Link, agent: str, now: datetime) -> Signal:
    """A click as SendGrid would tell it, so that the same rules tell people from scanners."""
    parts = link.action_key.split(":")
    mark = hashlib.sha256(f"{link.action_key}\n{link.url}\n{agent}\n{now.isoformat()}".encode()).hexdigest()[:32]
    agent = "".join(letter for letter in agent if letter.isprintable())[:AGENT_CHARACTERS]
    return Signal(
        id=f"click:{mark}",
        source="gateway",
        kind=SignalKind.CLICKED,
        occurred_at=now,
        prospect_key=parts[1] if len(parts) > 2 else None,
        action_key=link.action_key,
        payload={"event": "click", "url": link.url, "useragent": agent},
    )
