"""Where inbound mail goes: one URL for each host name, with the form in which it is posted.

A setting for a host name that has one takes the old one's place. Mail to a host name without a setting goes to the
latest setting: the sandbox has no other mail server that could take it.
"""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.sendgrid.answers import errors, json_object
from sandbox.sendgrid.issues import Issue
from sandbox.sendgrid.webhooks import is_url, setting
from sandbox.world import World

SWITCHES = ("spam_check", "send_raw")


def parse_for(world: World, recipients: list[str]) -> dict[str, Any] | None:
    """The setting for mail to these addresses, or None when there is none at all."""
    for address in recipients:
        if (found := _of(world, address.rpartition("@")[2])) is not None:
            return found
    return setting(world, "parse")


async def create(world: World, request: Request) -> Response:
    """Say where mail to a host name goes."""
    body = await json_object(request)
    if body is None or not is_url(body.get("url")):
        return errors(400, Issue("url must be an absolute http or https URL", "url"))
    if not isinstance(body.get("hostname"), str) or not body["hostname"]:
        return errors(400, Issue("hostname must be a string at least one character in length", "hostname"))
    return _stored(world, {"spam_check": False, "send_raw": False, "security_policy": None} | body, 201)


async def change(world: World, request: Request) -> Response:
    """Change the setting of a host name."""
    found, body = _of(world, request.path_params["hostname"]), await json_object(request)
    if found is None:
        return errors(404, Issue("not found"))
    merged = {**found, **(body or {}), "hostname": found["hostname"]}
    if body is None or not is_url(merged["url"]):
        return errors(400, Issue("url must be an absolute http or https URL", "url"))
    return _stored(world, merged, 200)


async def list_all(world: World, _request: Request) -> Response:
    """All settings."""
    rows = world.db.execute("SELECT settings FROM sendgrid_webhooks WHERE kind LIKE 'parse:%' ORDER BY rowid")
    return JSONResponse({"result": [json.loads(row["settings"]) for row in rows]})


async def read(world: World, request: Request) -> Response:
    """The setting of a host name; DELETE takes it away."""
    found = _of(world, request.path_params["hostname"])
    if found is None:
        return errors(404, Issue("not found"))
    if request.method == "DELETE":
        world.db.execute("DELETE FROM sendgrid_webhooks WHERE kind = ?", (_kind(found["hostname"]),))
        return Response(None, 204)
    return JSONResponse(found)


def _stored(world: World, given: dict[str, Any], status: int) -> Response:
    if wrong := [name for name in SWITCHES if not isinstance(given.get(name), bool)]:
        return errors(400, Issue(f"{wrong[0]} must be a boolean", wrong[0]))
    policy = given.get("security_policy")
    known = policy is None or (
        isinstance(policy, str)
        and world.db.execute("SELECT 1 FROM sendgrid_policies WHERE id = ?", (policy,)).fetchone() is not None
    )
    if not known:
        return errors(400, Issue("security_policy must be the id of a security policy", "security_policy"))
    kept = {name: given[name] for name in ("url", "hostname", *SWITCHES, "security_policy")}
    kind = _kind(kept["hostname"])
    world.db.execute("INSERT OR REPLACE INTO sendgrid_webhooks VALUES (?, ?)", (kind, json.dumps(kept)))
    return JSONResponse(kept, status)


def _of(world: World, hostname: str) -> dict[str, Any] | None:
    row = world.db.execute("SELECT settings FROM sendgrid_webhooks WHERE kind = ?", (_kind(hostname),)).fetchone()
    found: dict[str, Any] | None = json.loads(row["settings"]) if row else None
    return found


def _kind(hostname: str) -> str:
    return f"parse:{hostname.casefold()}"
