"""The paths of the SendGrid API. Every answer carries the rate limit headers; every path needs the key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from itertools import count

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.sendgrid import (
    control,
    groups,
    lists,
    parse_settings,
    policies,
    responses,
    scheduled,
    tables,
    webhooks,
)
from sandbox.sendgrid.answers import RATE_HEADERS, errors
from sandbox.sendgrid.faults import struck
from sandbox.sendgrid.issues import Issue
from sandbox.sendgrid.readback import logs, messages
from sandbox.world import World

Handler = Callable[[World, Request], Awaitable[Response]]
EVENT, PARSE = "/v3/user/webhooks/event", "/v3/user/webhooks/parse"
POLICIES, STOPS = "/v3/user/webhooks/security/policies", "/v3/user/scheduled_sends"
GROUP = "/v3/asm/groups/{group_id:int}"
TABLE: list[tuple[str, str, Handler]] = [
    ("POST", "/v3/mail/send", responses.mail_send),
    ("POST", "/v3/mail/batch", scheduled.create_batch),
    ("GET", "/v3/mail/batch/{batch_id}", scheduled.validate_batch),
    ("POST", STOPS, scheduled.stop),
    ("GET", STOPS, scheduled.list_stops),
    ("GET", STOPS + "/{batch_id}", scheduled.read_stop),
    ("PATCH", STOPS + "/{batch_id}", scheduled.change_stop),
    ("DELETE", STOPS + "/{batch_id}", scheduled.remove_stop),
    ("GET", "/v3/messages", messages.search),
    ("GET", "/v3/messages/{msg_id}", messages.one),
    ("POST", "/v3/logs", logs.search),
    ("GET", "/v3/logs/{sg_message_id}", logs.one),
    ("GET", "/v3/scopes", responses.scopes),
    ("GET", "/v3/suppression/{name}", lists.read_list),
    ("DELETE", "/v3/suppression/{name}", lists.clear_list),
    ("GET", "/v3/suppression/{name}/{email}", lists.read_entry),
    ("DELETE", "/v3/suppression/{name}/{email}", lists.clear_entry),
    ("POST", "/v3/asm/suppressions/global", lists.add_global),
    ("GET", "/v3/asm/suppressions/global/{email}", lists.read_global),
    ("DELETE", "/v3/asm/suppressions/global/{email}", lists.clear_global),
    ("GET", "/v3/asm/suppressions", groups.all_members),
    ("GET", "/v3/asm/suppressions/{email}", groups.groups_of),
    ("POST", "/v3/asm/groups", groups.create),
    ("GET", "/v3/asm/groups", groups.list_groups),
    ("GET", GROUP, groups.read),
    ("PATCH", GROUP, groups.change),
    ("DELETE", GROUP, groups.delete),
    ("POST", GROUP + "/suppressions", groups.add_members),
    ("GET", GROUP + "/suppressions", groups.list_members),
    ("POST", GROUP + "/suppressions/search", groups.search_members),
    ("DELETE", GROUP + "/suppressions/{email}", groups.remove_member),
    ("POST", EVENT + "/settings", webhooks.set_event_webhook),
    ("GET", EVENT + "/settings", webhooks.event_webhook),
    ("GET", EVENT + "/settings/all", webhooks.event_webhooks),
    ("GET", EVENT + "/settings/signed", webhooks.signature),
    ("PATCH", EVENT + "/settings/signed", webhooks.sign),
    ("GET", EVENT + "/settings/signed/{id}", webhooks.signature),
    ("PATCH", EVENT + "/settings/signed/{id}", webhooks.sign),
    ("POST", EVENT + "/test", webhooks.try_out),
    ("PATCH", EVENT + "/settings", webhooks.set_event_webhook),
    ("GET", EVENT + "/settings/{id}", webhooks.event_webhook),
    ("PATCH", EVENT + "/settings/{id}", webhooks.set_event_webhook),
    ("DELETE", EVENT + "/settings/{id}", webhooks.event_webhook),
    ("POST", PARSE + "/settings", parse_settings.create),
    ("GET", PARSE + "/settings", parse_settings.list_all),
    ("GET", PARSE + "/settings/{hostname}", parse_settings.read),
    ("PATCH", PARSE + "/settings/{hostname}", parse_settings.change),
    ("DELETE", PARSE + "/settings/{hostname}", parse_settings.read),
    ("POST", POLICIES, policies.create),
    ("GET", POLICIES, policies.list_policies),
    ("GET", POLICIES + "/{id}", policies.read),
    ("PATCH", POLICIES + "/{id}", policies.change),
    ("DELETE", POLICIES + "/{id}", policies.delete),
]


def routes(world: World) -> list[Route]:
    """The routes of the local SendGrid over this world; its tables are made on the way."""
    tables.open_tables(world)
    by_path: dict[str, dict[str, Handler]] = {}
    for method, path, handler in TABLE:
        by_path.setdefault(path, {})[method] = handler
    served = count(1)
    every = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    known = [Route(path, _endpoint(world, methods, served), methods=every) for path, methods in by_path.items()]
    rest = Route("/v3/{rest:path}", _endpoint(world, None, served), methods=every)
    return [*known, rest, *control.routes(world)]


def _endpoint(
    world: World, methods: dict[str, Handler] | None, served: count[int]
) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        return await _answer(world, methods, request)

    behind_faults = struck(world, answer)

    async def endpoint(request: Request) -> Response:
        response = await behind_faults(request)
        used = next(served) % responses.RATE_LIMIT
        reset = int(world.clock.now().timestamp()) + 1
        left = responses.RATE_LIMIT - used
        for header, value in zip(RATE_HEADERS, (responses.RATE_LIMIT, left, reset), strict=True):
            response.headers.setdefault(header, str(value))
        return response

    return endpoint


async def _answer(world: World, methods: dict[str, Handler] | None, request: Request) -> Response:
    handler = methods.get("GET" if request.method == "HEAD" else request.method) if methods else None
    if handler is responses.mail_send:
        return await handler(world, request)
    if (refused := responses.refused_key(world, request)) is not None:
        return refused
    if handler is None:
        return errors(405 if methods else 404, Issue("method not allowed" if methods else "not found"))
    return await handler(world, request)
