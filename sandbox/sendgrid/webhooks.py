"""Where SendGrid reports to: one event webhook and one inbound parse address, set through the API.

The account has room for one of each, as the smallest plan has: a new setting takes the place of the old
one.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.sendgrid.issues import Issue
from sandbox.sendgrid.lists import json_object
from sandbox.sendgrid.responses import errors
from sandbox.world import World

EVENT_ID = "sandbox-event-webhook"
FLAGS = {
    "processed": "processed",
    "dropped": "dropped",
    "delivered": "delivered",
    "bounce": "bounce",
    "deferred": "deferred",
    "open": "open",
    "click": "click",
    "spam_report": "spamreport",
    "unsubscribe": "unsubscribe",
    "group_unsubscribe": "group_unsubscribe",
    "group_resubscribe": "group_resubscribe",
}


def setting(world: World, kind: str) -> dict[str, Any] | None:
    """The setting of the `event` or `parse` webhook, or None."""
    row = world.db.execute("SELECT settings FROM sendgrid_webhooks WHERE kind = ?", (kind,)).fetchone()
    found: dict[str, Any] | None = json.loads(row["settings"]) if row else None
    return found


def wanted_events(settings: dict[str, Any]) -> set[str]:
    """The names of the events the webhook asked for; all of them when it named none."""
    named = [flag for flag in FLAGS if flag in settings]
    return {event for flag, event in FLAGS.items() if not named or settings.get(flag) is True}


async def set_event_webhook(world: World, request: Request) -> Response:
    """Create the event webhook, or replace or change it."""
    body = await json_object(request)
    old = setting(world, "event")
    given_id = request.path_params.get("id")
    if given_id is not None and (old is None or given_id != EVENT_ID):
        return errors(404, Issue("webhook not found"))
    merged = {**(old or {}), **(body or {})} if request.method == "PATCH" else body
    if merged is None or not _is_url(merged.get("url")):
        return errors(400, Issue("url must be an absolute http or https URL", "url"))
    if wrong := [flag for flag in (*FLAGS, "enabled") if not isinstance(merged.get(flag, True), bool)]:
        return errors(400, Issue(f"{wrong[0]} must be a boolean", wrong[0]))
    stored = {"enabled": True, **merged, "id": EVENT_ID}
    _store(world, "event", stored)
    return JSONResponse(stored, 200 if request.method == "PATCH" else 201)


async def event_webhooks(world: World, _request: Request) -> Response:
    """All event webhooks: none or one."""
    found = setting(world, "event")
    return JSONResponse({"max_allowed": 1, "webhooks": [found] if found else []})


async def event_webhook(world: World, request: Request) -> Response:
    """The event webhook with this id; DELETE takes it away."""
    found = setting(world, "event")
    if found is None or request.path_params["id"] != EVENT_ID:
        return errors(404, Issue("webhook not found"))
    if request.method == "DELETE":
        world.db.execute("DELETE FROM sendgrid_webhooks WHERE kind = 'event'")
        return Response(None, 204)
    return JSONResponse(found)


async def set_parse_webhook(world: World, request: Request) -> Response:
    """Say where replies to a host name go. The sandbox hands every reply there, whatever its host name."""
    body = await json_object(request)
    if body is None or not _is_url(body.get("url")):
        return errors(400, Issue("url must be an absolute http or https URL", "url"))
    if not isinstance(body.get("hostname"), str) or not body["hostname"]:
        return errors(400, Issue("hostname must be a string at least one character in length", "hostname"))
    if body.get("send_raw"):
        return errors(400, Issue("the sandbox posts parsed fields only; leave send_raw out", "send_raw"))
    stored = {"url": body["url"], "hostname": body["hostname"], "spam_check": False, "send_raw": False}
    _store(world, "parse", stored)
    return JSONResponse(stored, 201)


async def parse_webhooks(world: World, _request: Request) -> Response:
    """All inbound parse settings: none or one."""
    found = setting(world, "parse")
    return JSONResponse({"result": [found] if found else []})


async def parse_webhook(world: World, request: Request) -> Response:
    """The inbound parse setting of a host name; DELETE takes it away."""
    found = setting(world, "parse")
    if found is None or request.path_params["hostname"] != found["hostname"]:
        return errors(404, Issue("not found"))
    if request.method == "DELETE":
        world.db.execute("DELETE FROM sendgrid_webhooks WHERE kind = 'parse'")
        return Response(None, 204)
    return JSONResponse(found)


def _store(world: World, kind: str, settings: dict[str, Any]) -> None:
    world.db.execute("INSERT OR REPLACE INTO sendgrid_webhooks VALUES (?, ?)", (kind, json.dumps(settings)))


def _is_url(value: object) -> bool:
    parts = urlsplit(value) if isinstance(value, str) else None
    return parts is not None and parts.scheme in ("http", "https") and bool(parts.netloc)
