"""The Email Activity API: `GET /v3/messages` by a query, and one message with its events.

Without the paid add-on it answers 403; what happened in the last seconds is not there yet.
"""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.sendgrid.account import account_of
from sandbox.sendgrid.answers import errors
from sandbox.sendgrid.events import RECIPIENT_IP, SENDING_IP
from sandbox.sendgrid.issues import Issue
from sandbox.sendgrid.models import Mail, mail_of
from sandbox.sendgrid.readback import rows
from sandbox.sendgrid.readback.filters import ACTIVITY_STATUS, API_KEY_ID, EVENT_NAMES, Where, compiled
from sandbox.sendgrid.readback.pace import too_fast
from sandbox.sendgrid.readback.query import QueryError, parse
from sandbox.world import World

DEFAULT_LIMIT, MOST = 10, 1000


async def search(world: World, request: Request) -> Response:
    """The latest messages, or those of a query."""
    if (refused := _refused(world)) is not None:
        return refused
    given = request.query_params.get("limit", str(DEFAULT_LIMIT))
    if not given.isascii() or not given.isdigit() or not 0 < int(given[:10]) <= MOST:
        return errors(400, Issue(f"limit must be greater than 0 and less than or equal to {MOST}", "limit"))
    query = request.query_params.get("query", "").strip()
    try:
        where = compiled(parse(query), ACTIVITY_STATUS) if query else Where("1")
    except QueryError as problem:
        return errors(400, Issue(str(problem)))
    found = rows.found(world, where, ACTIVITY_STATUS, int(given))
    return JSONResponse({"messages": [_line(row) for row in found]})


async def one(world: World, request: Request) -> Response:
    """All that is known about one message."""
    if (refused := _refused(world)) is not None:
        return refused
    ids = rows.mail_ids(world, request.path_params["msg_id"])
    if not ids:
        return errors(404, Issue("message not found"))
    mail = mail_of(world, ids[0])
    (line,) = rows.found(world, Where("l.mail_id = :id", {"id": mail.id}), ACTIVITY_STATUS, 1)
    return JSONResponse(_whole(world, mail, line["status"]))


def _refused(world: World) -> Response | None:
    if not account_of(world).activity:
        return errors(403, Issue("access forbidden"))
    return too_fast(world)


def _line(row: Any) -> dict[str, Any]:
    return {
        "from_email": row["from_email"],
        "msg_id": row["msg_id"],
        "subject": row["subject"],
        "to_email": row["address"],
        "status": row["status"],
        "opens_count": row["opens"],
        "clicks_count": row["clicks"],
        "last_event_time": rows.stamp(row["last"]),
    }


def _whole(world: World, mail: Mail, status: str) -> dict[str, Any]:
    content = mail.content
    return {
        "from_email": content.sender,
        "msg_id": content.msg_id,
        "subject": mail.subject,
        "to_email": content.to,
        "status": status,
        "template_id": "",
        "asm_group_id": content.asm_group_id or 0,
        "teammate": "",
        "api_key_id": API_KEY_ID,
        "events": [_event(name, body) for name, body in rows.events_of(world, mail.id)],
        "originating_ip": RECIPIENT_IP,
        "categories": content.categories,
        "unique_args": json.dumps(content.custom_args, ensure_ascii=False),
        "outbound_ip": SENDING_IP,
        "outbound_ip_type": "shared",
    }


def _event(name: str, body: dict[str, Any]) -> dict[str, Any]:
    bounce = {"bounce": "hard", "blocked": "soft"}.get(name)
    found = {
        "event_name": EVENT_NAMES.get(name, name),
        "processed": rows.stamp(body["timestamp"]),
        "reason": body.get("reason") or body.get("response"),
        "attempt_num": int(body["attempt"]) + 1 if "attempt" in body else None,
        "url": body.get("url"),
        "bounce_type": bounce,
        "http_user_agent": body.get("useragent"),
        "mx_server": f"mx.{str(body['email']).rpartition('@')[2]}" if name == "delivered" else None,
    }
    return {key: value for key, value in found.items() if value is not None}
