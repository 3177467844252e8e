"""Unsubscribe groups and who left them: `/v3/asm/groups` and `/v3/asm/suppressions`.

Whoever is on a group's list gets no mail of that group; deleting a group forgets its list.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.sendgrid.answers import errors, json_body, json_object
from sandbox.sendgrid.issues import Issue, is_address
from sandbox.sendgrid.known import is_group
from sandbox.sendgrid.models import address_key
from sandbox.sendgrid.suppression import lift, suppress
from sandbox.world import World

NAME, DESCRIPTION = 30, 100


async def create(world: World, request: Request) -> Response:
    """A new group."""
    body = await json_object(request)
    if body is None or (wrong := list(_wrong(body, whole=True))):
        return errors(400, *(wrong if body is not None else [Issue("Bad Request")]))
    cursor = world.db.execute(
        "INSERT INTO sendgrid_groups (name, description, is_default) VALUES (?, ?, ?)",
        (body["name"], body["description"], int(body.get("is_default") or False)),
    )
    group_id = cursor.lastrowid or 0
    _only_default(world, group_id, body)
    return JSONResponse(_shown(_row(world, group_id)), 201)


async def list_groups(world: World, request: Request) -> Response:
    """All groups, or those whose ids are asked for."""
    asked = request.query_params.getlist("id")
    rows = world.db.execute("SELECT * FROM sendgrid_groups ORDER BY id").fetchall()
    shown = [row for row in rows if not asked or str(row["id"]) in asked]
    return JSONResponse([{**_shown(row), "unsubscribes": _left(world, row["id"])} for row in shown])


async def read(world: World, request: Request) -> Response:
    """One group with how many left it."""
    row = _row(world, request.path_params["group_id"])
    if row is None:
        return _missing()
    return JSONResponse({**_shown(row), "unsubscribes": _left(world, row["id"])})


async def change(world: World, request: Request) -> Response:
    """Change a group's name, description or default; answers 201, as the real one does."""
    group_id, body = request.path_params["group_id"], await json_object(request)
    if (row := _row(world, group_id)) is None:
        return _missing()
    if body is None or (wrong := list(_wrong(body, whole=False))):
        return errors(400, *(wrong if body is not None else [Issue("Bad Request")]))
    world.db.execute(
        "UPDATE sendgrid_groups SET name = ?, description = ?, is_default = ? WHERE id = ?",
        (
            body.get("name", row["name"]),
            body.get("description", row["description"]),
            int(body.get("is_default", row["is_default"]) or False),
            group_id,
        ),
    )
    _only_default(world, group_id, body)
    return JSONResponse(_shown(_row(world, group_id)), 201)


async def delete(world: World, request: Request) -> Response:
    """Delete a group and forget who left it."""
    group_id = request.path_params["group_id"]
    if not is_group(world, group_id):
        return _missing()
    world.db.execute("DELETE FROM sendgrid_groups WHERE id = ?", (group_id,))
    lift(world, f"group:{group_id}", None)
    return Response(None, 204)


async def add_members(world: World, request: Request) -> Response:
    """Take addresses off the mail of a group."""
    group_id, emails = request.path_params["group_id"], await _emails(request)
    if not is_group(world, group_id):
        return _missing()
    if isinstance(emails, Response):
        return emails
    for email in emails:
        suppress(world, f"group:{group_id}", email)
    return JSONResponse({"recipient_emails": emails}, 201)


async def list_members(world: World, request: Request) -> Response:
    """Who left a group."""
    group_id = request.path_params["group_id"]
    return (
        JSONResponse([row["email"] for row in _members(world, group_id)])
        if is_group(world, group_id)
        else _missing()
    )


async def search_members(world: World, request: Request) -> Response:
    """Which of the given addresses left a group."""
    group_id, emails = request.path_params["group_id"], await _emails(request)
    if not is_group(world, group_id):
        return _missing()
    if isinstance(emails, Response):
        return emails
    asked = {address_key(email) for email in emails}
    return JSONResponse([row["email"] for row in _members(world, group_id) if row["address"] in asked])


async def remove_member(world: World, request: Request) -> Response:
    """Let an address get the mail of a group again."""
    group_id = request.path_params["group_id"]
    if not is_group(world, group_id):
        return _missing()
    lift(world, f"group:{group_id}", [request.path_params["email"]])
    return Response(None, 204)


async def all_members(world: World, _request: Request) -> Response:
    """Who left which group."""
    found = []
    for group in world.db.execute("SELECT * FROM sendgrid_groups ORDER BY id").fetchall():
        for row in _members(world, group["id"]):
            named = {"email": row["email"], "group_id": group["id"], "group_name": group["name"]}
            found.append({**named, "created_at": row["created"]})
    return JSONResponse(found)


async def groups_of(world: World, request: Request) -> Response:
    """All groups, and for each whether this address left it."""
    address = address_key(request.path_params["email"])
    rows = world.db.execute("SELECT list FROM sendgrid_suppressions WHERE address = ?", (address,)).fetchall()
    left = {row["list"] for row in rows}
    groups = world.db.execute("SELECT * FROM sendgrid_groups ORDER BY id").fetchall()
    shown = [{**_shown(group), "suppressed": f"group:{group['id']}" in left} for group in groups]
    return JSONResponse({"suppressions": shown})


def _wrong(body: dict[str, Any], *, whole: bool) -> Iterator[Issue]:
    for field, most in (("name", NAME), ("description", DESCRIPTION)):
        value = body.get(field)
        if value is None and not whole and field not in body:
            continue
        if not isinstance(value, str) or not 0 < len(value) <= most:
            yield Issue(f"{field} must be a string of 1 to {most} characters", field)
    if not isinstance(body.get("is_default") or False, bool):
        yield Issue("is_default must be a boolean", "is_default")


async def _emails(request: Request) -> list[str] | Response:
    body = await json_body(request)
    emails = body.get("recipient_emails") if isinstance(body, dict) else None
    if isinstance(emails, list) and emails and all(is_address(email) for email in emails):
        return [str(email) for email in emails]
    return errors(400, Issue("recipient_emails must be an array of valid addresses", "recipient_emails"))


def _only_default(world: World, group_id: int, body: dict[str, Any]) -> None:
    if body.get("is_default"):
        world.db.execute("UPDATE sendgrid_groups SET is_default = 0 WHERE id != ?", (group_id,))


def _row(world: World, group_id: int) -> sqlite3.Row | None:
    if not is_group(world, group_id):
        return None
    found: sqlite3.Row = world.db.execute("SELECT * FROM sendgrid_groups WHERE id = ?", (group_id,)).fetchone()
    return found


def _shown(row: sqlite3.Row | None) -> dict[str, Any]:
    return {**dict(row), "is_default": bool(row["is_default"])} if row is not None else {}


def _members(world: World, group_id: int) -> list[sqlite3.Row]:
    return world.db.execute(
        "SELECT email, address, created FROM sendgrid_suppressions WHERE list = ? ORDER BY created, address",
        (f"group:{group_id}",),
    ).fetchall()


def _left(world: World, group_id: int) -> int:
    return len(_members(world, group_id))


def _missing() -> Response:
    return errors(404, Issue("group not found"))
