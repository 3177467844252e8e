"""The suppression endpoints: what a client reads and takes off SendGrid's lists."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.sendgrid.answers import errors, json_object
from sandbox.sendgrid.issues import Issue, is_address
from sandbox.sendgrid.suppression import LISTS, Span, entries, lift, suppress
from sandbox.world import World

PAGE = 500


async def read_list(world: World, request: Request) -> Response:
    """One page of a list, by time and offset."""
    name = request.path_params["name"]
    if name not in LISTS:
        return errors(404, Issue("not found"))
    span = _span(request)
    return span if isinstance(span, Response) else JSONResponse(entries(world, name, span=span))


def _span(request: Request) -> Span | Response:
    given = {}
    for name, default in (("start_time", 0), ("end_time", 2**62), ("limit", PAGE), ("offset", 0)):
        value = request.query_params.get(name, str(default))
        if not value.isascii() or not value.isdigit() or len(value) > 19:
            return errors(400, Issue(f"{name} must be an integer", name))
        given[name] = min(int(value), 2**62)
    if not 0 < given["limit"] <= PAGE:
        return errors(400, Issue(f"limit must be between 1 and {PAGE}", "limit"))
    return Span(**given)


async def clear_list(world: World, request: Request) -> Response:
    """Take the named addresses, or all of them, off a list."""
    name = request.path_params["name"]
    body = await json_object(request)
    if name not in LISTS:
        return errors(404, Issue("not found"))
    if body is not None and body.get("delete_all") is True:
        lift(world, name, None)
    elif body is not None and isinstance(body.get("emails"), list):
        lift(world, name, [str(email) for email in body["emails"]])
    else:
        return errors(400, Issue('send {"delete_all": true} or {"emails": [...]}'))
    return Response(None, 204)


async def read_entry(world: World, request: Request) -> Response:
    """One address's entry in an array, empty when it is not on the list."""
    name = request.path_params["name"]
    if name not in LISTS:
        return errors(404, Issue("not found"))
    return JSONResponse(entries(world, name, request.path_params["email"]))


async def clear_entry(world: World, request: Request) -> Response:
    """Take one address off a list."""
    name = request.path_params["name"]
    if name not in LISTS or not lift(world, name, [request.path_params["email"]]):
        return errors(404, Issue("resource not found"))
    return Response(None, 204)


async def add_global(world: World, request: Request) -> Response:
    """Unsubscribe addresses from everything."""
    body = await json_object(request)
    emails = body.get("recipient_emails") if body else None
    if not isinstance(emails, list) or not emails or not all(is_address(email) for email in emails):
        return errors(400, Issue("recipient_emails must be an array of valid addresses", "recipient_emails"))
    for email in emails:
        suppress(world, "unsubscribes", email)
    return JSONResponse({"recipient_emails": emails}, 201)


async def read_global(world: World, request: Request) -> Response:
    """The address when it is unsubscribed from everything, else an empty object."""
    found = entries(world, "unsubscribes", request.path_params["email"])
    return JSONResponse({"recipient_email": found[0]["email"]} if found else {})


async def clear_global(world: World, request: Request) -> Response:
    """Let an address get mail again."""
    lift(world, "unsubscribes", [request.path_params["email"]])
    return Response(None, 204)
