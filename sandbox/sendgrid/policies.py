"""Security policies: the newer way to have inbound parse posts signed.

A policy is attached to a parse setting by its id; its key is its own. OAuth is not offered.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.sendgrid import signing
from sandbox.sendgrid.answers import errors, json_object
from sandbox.sendgrid.issues import Issue
from sandbox.world import World


def signs(world: World, policy_id: str | None) -> bool:
    """Whether posts under this policy are signed."""
    found = _of(world, policy_id) if policy_id else None
    return found is not None and bool(found["signature"])


def key_name(policy_id: str) -> str:
    """The name under which the policy's key is found."""
    return f"policy {policy_id}"


async def create(world: World, request: Request) -> Response:
    """A new policy."""
    body = await json_object(request)
    if (wrong := _wrong(body, whole=True)) is not None or body is None:
        return errors(400, wrong or Issue("Bad Request"))
    row = world.db.execute(
        "SELECT COUNT(*) AS n, COALESCE(MAX(rowid), 0) AS last FROM sendgrid_policies"
    ).fetchone()
    digest = hashlib.sha256(f"{world.seed}|policy|{row['last']}".encode()).hexdigest()
    policy = {"id": digest[:32], "name": body["name"], "signature": _enabled(body)}
    _store(world, policy)
    return JSONResponse({"policy": _shown(world, policy)}, 201)


async def list_policies(world: World, _request: Request) -> Response:
    """All policies."""
    rows = world.db.execute("SELECT settings FROM sendgrid_policies ORDER BY rowid").fetchall()
    return JSONResponse({"policies": [_shown(world, json.loads(row["settings"])) for row in rows]})


async def read(world: World, request: Request) -> Response:
    """One policy."""
    policy = _of(world, request.path_params["id"])
    return _missing() if policy is None else JSONResponse({"policy": _shown(world, policy)})


async def change(world: World, request: Request) -> Response:
    """Change a policy's name or switch."""
    policy, body = _of(world, request.path_params["id"]), await json_object(request)
    if policy is None:
        return _missing()
    if (wrong := _wrong(body, whole=False)) is not None or body is None:
        return errors(400, wrong or Issue("Bad Request"))
    signature = _enabled(body) if "signature" in body else policy["signature"]
    changed = {**policy, "name": body.get("name", policy["name"]), "signature": signature}
    _store(world, changed)
    return JSONResponse({"policy": _shown(world, changed)})


async def delete(world: World, request: Request) -> Response:
    """Delete a policy; parse settings that name it are no longer signed."""
    if _of(world, request.path_params["id"]) is None:
        return _missing()
    world.db.execute("DELETE FROM sendgrid_policies WHERE id = ?", (request.path_params["id"],))
    return Response(None, 204)


def _wrong(body: dict[str, Any] | None, *, whole: bool) -> Issue | None:
    if body is None:
        return Issue("Bad Request")
    if (whole or "name" in body) and (not isinstance(body.get("name"), str) or not body["name"]):
        return Issue("name must be a string at least one character in length", "name")
    if body.get("oauth") is not None:
        return Issue("the sandbox offers no OAuth; use signature", "oauth")
    signature = body.get("signature", {})
    if not isinstance(signature, dict) or not isinstance(signature.get("enabled", False), bool):
        return Issue("signature.enabled must be a boolean", "signature.enabled")
    return None


def _enabled(body: dict[str, Any]) -> bool:
    return bool(body.get("signature", {}).get("enabled", False))


def _shown(world: World, policy: dict[str, Any]) -> dict[str, Any]:
    shown = {"id": policy["id"], "name": policy["name"]}
    key = signing.public_key(world, key_name(policy["id"]))
    return {**shown, "signature": {"public_key": key}} if policy["signature"] else shown


def _of(world: World, policy_id: str) -> dict[str, Any] | None:
    row = world.db.execute("SELECT settings FROM sendgrid_policies WHERE id = ?", (policy_id,)).fetchone()
    found: dict[str, Any] | None = json.loads(row["settings"]) if row else None
    return found


def _store(world: World, policy: dict[str, Any]) -> None:
    world.db.execute("INSERT OR REPLACE INTO sendgrid_policies VALUES (?, ?)", (policy["id"], json.dumps(policy)))


def _missing() -> Response:
    return errors(404, Issue("policy not found"))
