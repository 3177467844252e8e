"""Where SendGrid reports events to: one event webhook, signed or not, set through the API.

The account has room for one, as the smallest plan has: a new setting takes the place of the old one.
"""

from __future__ import annotations

import contextlib
import json
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox import agenda
from sandbox.sendgrid import signing
from sandbox.sendgrid.answers import errors, json_object
from sandbox.sendgrid.issues import Issue
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
    """The setting of the `event` webhook, or the latest of the `parse` settings, or None."""
    row = world.db.execute(
        "SELECT settings FROM sendgrid_webhooks WHERE kind = ? OR kind LIKE ? ORDER BY rowid DESC LIMIT 1",
        (kind, f"{kind}:%"),
    ).fetchone()
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
    if request.method == "PATCH" and (old is None or given_id not in (None, EVENT_ID)):
        return errors(404, Issue("webhook not found"))
    merged = {**(old or {}), **(body or {})} if request.method == "PATCH" else body
    if merged is None or not is_url(merged.get("url")):
        return errors(400, Issue("url must be an absolute http or https URL", "url"))
    if wrong := [flag for flag in (*FLAGS, "enabled") if not isinstance(merged.get(flag, True), bool)]:
        return errors(400, Issue(f"{wrong[0]} must be a boolean", wrong[0]))
    signed = bool(old and old.get("signed")) if request.method == "PATCH" else False
    stored = {"enabled": True, **merged, "id": EVENT_ID, "signed": signed}
    _store(world, "event", stored)
    return JSONResponse(_shown(world, stored), 200 if request.method == "PATCH" else 201)


async def event_webhooks(world: World, _request: Request) -> Response:
    """All event webhooks: none or one."""
    found = setting(world, "event")
    return JSONResponse({"max_allowed": 1, "webhooks": [_shown(world, found)] if found else []})


async def event_webhook(world: World, request: Request) -> Response:
    """The event webhook with this id, or the oldest one; DELETE takes it away."""
    found = _event_webhook(world, request)
    if found is None:
        return errors(404, Issue("webhook not found"))
    if request.method == "DELETE":
        world.db.execute("DELETE FROM sendgrid_webhooks WHERE kind = 'event'")
        return Response(None, 204)
    return JSONResponse(_shown(world, found))


async def signature(world: World, request: Request) -> Response:
    """The key by which a receiver checks signatures; empty while signing is off."""
    found = _event_webhook(world, request)
    if found is None:
        return errors(404, Issue("webhook not found"))
    return JSONResponse({"id": EVENT_ID, "public_key": _shown(world, found)["public_key"]})


async def sign(world: World, request: Request) -> Response:
    """Turn the signing of event posts on or off."""
    found, body = _event_webhook(world, request), await json_object(request)
    if found is None:
        return errors(404, Issue("webhook not found"))
    if body is None or not isinstance(body.get("enabled"), bool):
        return errors(400, Issue("enabled must be a boolean", "enabled"))
    stored = {**found, "signed": body["enabled"]}
    _store(world, "event", stored)
    return JSONResponse({"id": EVENT_ID, "public_key": _shown(world, stored)["public_key"]})


async def try_out(world: World, request: Request) -> Response:
    """Post one made-up event of each kind to a URL, once, whatever comes of it."""
    body = await json_object(request)
    url = (body or {}).get("url") or (setting(world, "event") or {}).get("url")
    if not is_url(url):
        return errors(400, Issue("url must be an absolute http or https URL", "url"))
    common = {"email": "example@test.example", "timestamp": agenda.now(world), "category": ["cat facts"]}
    sample = [
        {
            **common,
            "event": event,
            "sg_event_id": f"sandbox-test-{event}",
            "sg_message_id": f"sandbox-test.{event}.0",
        }
        for event in FLAGS.values()
    ]
    content = orjson.dumps(sample) + b"\r\n"
    headers = {"Content-Type": "application/json"}
    if (setting(world, "event") or {}).get("signed"):
        headers |= signing.headers(world, signing.EVENT_KEY, content)
    # Not told: the real test endpoint answers the same whatever the receiver says.
    with contextlib.suppress(httpx.HTTPError, httpx.InvalidURL):
        async with httpx.AsyncClient(timeout=10, trust_env=False) as client:
            await client.post(str(url), content=content, headers=headers)
    return Response(None, 204)


def _event_webhook(world: World, request: Request) -> dict[str, Any] | None:
    found = setting(world, "event")
    return found if request.path_params.get("id", EVENT_ID) == EVENT_ID else None


def _shown(world: World, settings: dict[str, Any]) -> dict[str, Any]:
    key = signing.public_key(world, signing.EVENT_KEY) if settings.get("signed") else ""
    return {**{name: value for name, value in settings.items() if name != "signed"}, "public_key": key}


def _store(world: World, kind: str, settings: dict[str, Any]) -> None:
    world.db.execute("INSERT OR REPLACE INTO sendgrid_webhooks VALUES (?, ?)", (kind, json.dumps(settings)))


def is_url(value: object) -> bool:
    """Whether this is an absolute URL that can be called."""
    try:
        parts = urlsplit(value) if isinstance(value, str) else None
        return parts is not None and parts.scheme in ("http", "https") and bool(httpx.URL(str(value)).host)
    except (ValueError, httpx.InvalidURL):
        return False
