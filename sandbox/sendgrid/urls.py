"""The paths of the SendGrid API. Every answer carries the rate limit headers; every path needs the key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from itertools import count

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.sendgrid import lists, models, responses, webhooks
from sandbox.sendgrid.issues import Issue
from sandbox.world import World

Handler = Callable[[World, Request], Awaitable[Response]]
TABLE: list[tuple[str, str, Handler]] = [
    ("POST", "/v3/mail/send", responses.mail_send),
    ("GET", "/v3/scopes", responses.scopes),
    ("GET", "/v3/suppression/{name}", lists.read_list),
    ("DELETE", "/v3/suppression/{name}", lists.clear_list),
    ("GET", "/v3/suppression/{name}/{email}", lists.read_entry),
    ("DELETE", "/v3/suppression/{name}/{email}", lists.clear_entry),
    ("POST", "/v3/asm/suppressions/global", lists.add_global),
    ("GET", "/v3/asm/suppressions/global/{email}", lists.read_global),
    ("DELETE", "/v3/asm/suppressions/global/{email}", lists.clear_global),
    ("POST", "/v3/user/webhooks/event/settings", webhooks.set_event_webhook),
    ("GET", "/v3/user/webhooks/event/settings/all", webhooks.event_webhooks),
    ("GET", "/v3/user/webhooks/event/settings/{id}", webhooks.event_webhook),
    ("PATCH", "/v3/user/webhooks/event/settings/{id}", webhooks.set_event_webhook),
    ("DELETE", "/v3/user/webhooks/event/settings/{id}", webhooks.event_webhook),
    ("POST", "/v3/user/webhooks/parse/settings", webhooks.set_parse_webhook),
    ("GET", "/v3/user/webhooks/parse/settings", webhooks.parse_webhooks),
    ("GET", "/v3/user/webhooks/parse/settings/{hostname}", webhooks.parse_webhook),
    ("DELETE", "/v3/user/webhooks/parse/settings/{hostname}", webhooks.parse_webhook),
]


def routes(world: World) -> list[Route]:
    """The routes of the local SendGrid over this world; its tables are made on the way."""
    models.open_tables(world)
    by_path: dict[str, dict[str, Handler]] = {}
    for method, path, handler in TABLE:
        by_path.setdefault(path, {})[method] = handler
    served = count(1)
    every = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    known = [Route(path, _endpoint(world, methods, served), methods=every) for path, methods in by_path.items()]
    return [*known, Route("/v3/{rest:path}", _endpoint(world, None, served), methods=every)]


def _endpoint(
    world: World, methods: dict[str, Handler] | None, served: count[int]
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        response = await _answer(world, methods, request)
        used = next(served) % responses.RATE_LIMIT
        response.headers["X-RateLimit-Limit"] = str(responses.RATE_LIMIT)
        response.headers["X-RateLimit-Remaining"] = str(responses.RATE_LIMIT - used)
        response.headers["X-RateLimit-Reset"] = str(int(world.clock.now().timestamp()) + 1)
        return response

    return endpoint


async def _answer(world: World, methods: dict[str, Handler] | None, request: Request) -> Response:
    handler = methods.get("GET" if request.method == "HEAD" else request.method) if methods else None
    if handler is responses.mail_send:
        return await handler(world, request)
    if (refused := responses.refused_key(world, request)) is not None:
        return refused
    if handler is None:
        return responses.errors(405 if methods else 404, Issue("method not allowed" if methods else "not found"))
    return await handler(world, request)
