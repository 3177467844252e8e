"""The suppression endpoints: what a client reads and takes off SendGrid's lists."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.sendgrid.issues import Issue, is_address
from sandbox.sendgrid.responses import errors
from sandbox.sendgrid.suppression import LISTS, entries, lift, suppress
from sandbox.world import World

PAGE = 500


async def read_list(world: World, request: Request) -> Response:
    """One page of a list, by time and offset."""
    name = request.path_params["name"]
    if name not in LISTS:
        return errors(404, Issue("not found"))
    try:
        since, until, limit, offset = (
            int(request.query_params.get(key, default))
            for key, default in (("start_time", 0), ("end_time", 2**62), ("limit", PAGE), ("offset", 0))
        )
    except ValueError:
        return errors(400, Issue("start_time, end_time, limit and offset must be integers"))
    if not 0 < limit <= PAGE:
        return errors(400, Issue("limit must be between 1 and 500", "limit"))
    rows = [row for row in entries(world, name) if since <= int(str(row["created"])) <= until]
    return JSONResponse(rows[offset : offset + limit])


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


async def json_object(request: Request) -> dict[str, Any] | None:
    """The JSON object of the body, or None when it is anything else."""
    try:
        body = json.loads(await request.body())
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None
