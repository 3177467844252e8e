"""The Email Logs API: `POST /v3/logs` by a filter of few fields and only AND, and one message with its events.

Unlike the webhook it keeps custom arguments apart, and its first event tells of the request that was received.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.sendgrid.account import account_of
from sandbox.sendgrid.answers import errors, json_object
from sandbox.sendgrid.events import RECIPIENT_IP, RESERVED, SENDING_IP
from sandbox.sendgrid.issues import Issue
from sandbox.sendgrid.models import Mail, mail_of
from sandbox.sendgrid.readback import rows
from sandbox.sendgrid.readback.filters import API_KEY_ID, LOG_STATUS, Where, compiled
from sandbox.sendgrid.readback.messages import DEFAULT_LIMIT, MOST
from sandbox.sendgrid.readback.pace import too_fast
from sandbox.sendgrid.readback.query import Condition, Group, QueryError, Tree, parse
from sandbox.world import World

ALLOWED = {
    "sg_message_id": {"="},
    "subject": {"="},
    "to_email": {"="},
    "status": {"in"},
    "reason": {"="},
    "categories": {"in"},
    "sg_message_id_created_at": {">", "<", ">=", "<="},
}


async def search(world: World, request: Request) -> Response:
    """The latest messages, or those of a filter."""
    if (refused := _refused(world)) is not None:
        return refused
    body = await json_object(request)
    if body is None:
        return errors(400, Issue("invalid request body"))
    limit, query = body.get("limit", DEFAULT_LIMIT), body.get("query", "")
    if not isinstance(limit, int) or isinstance(limit, bool) or not 0 < limit <= MOST:
        return errors(400, Issue(f"limit must be between 1 and {MOST}", "limit"))
    try:
        where = _filter(query)
    except QueryError as problem:
        return errors(400, Issue(str(problem), "query"))
    found = rows.found(world, where, LOG_STATUS, limit)
    return JSONResponse({"messages": [_line(row) for row in found]})


async def one(world: World, request: Request) -> Response:
    """All that is known about one message."""
    if (refused := _refused(world)) is not None:
        return refused
    ids = rows.mail_ids(world, request.path_params["sg_message_id"])
    if not ids:
        return errors(404, Issue("message not found"))
    mail = mail_of(world, ids[0])
    (line,) = rows.found(world, Where("l.mail_id = :id", {"id": mail.id}), LOG_STATUS, 1)
    return JSONResponse(_whole(world, mail, line["status"]))


def _refused(world: World) -> Response | None:
    return too_fast(world) if account_of(world).logs else errors(403, Issue("access forbidden"))


def _filter(query: object) -> Where:
    if not isinstance(query, str):
        raise QueryError("invalid syntax: query must be a string")
    if not query.strip():
        return Where("1")
    tree = parse(query)
    for part in tree.parts if isinstance(tree, Group) and tree.joint == "and" else (tree,):
        _check(part)
    return compiled(tree, LOG_STATUS)


def _check(part: Tree) -> None:
    if not isinstance(part, Condition):
        raise QueryError("invalid syntax: conditions can be combined with AND only, and not be nested")
    if part.field not in ALLOWED or part.key is not None:
        raise QueryError(f"invalid syntax: '{part.field}' is not a known field")
    if part.operator not in ALLOWED[part.field] or part.negated:
        known = ", ".join(sorted(ALLOWED[part.field])).upper()
        raise QueryError(f"invalid syntax: '{part.field}' can be compared by {known} only")


def _line(row: Any) -> dict[str, Any]:
    found = {
        "from_email": row["from_email"],
        "sg_message_id": row["msg_id"],
        "subject": row["subject"],
        "to_email": row["address"],
        "status": row["status"],
        "sg_message_id_created_at": rows.stamp(row["created"]),
    }
    return {**found, "reason": row["reason"]} if row["reason"] else found


def _whole(world: World, mail: Mail, status: str) -> dict[str, Any]:
    content = mail.content
    events = [_event(mail, name, body) for name, body in rows.events_of(world, mail.id)]
    found = {
        "from_email": content.sender,
        "sg_message_id": content.msg_id,
        "subject": mail.subject,
        "to_email": content.to,
        "status": status,
        "teammate": "",
        "api_key_id": API_KEY_ID,
        "events": [*_received(world, mail), *events][-rows.MOST_EVENTS :],
        "client_ip": RECIPIENT_IP,
        "category": content.categories,
        "custom_args": content.custom_args,
        "outbound_ip": SENDING_IP,
        "outbound_ip_type": "shared",
    }
    return {**found, "asm_group_id": content.asm_group_id} if content.asm_group_id else found


def _event(mail: Mail, name: str, body: dict[str, Any]) -> dict[str, Any]:
    """The event as the webhook has it, with the custom arguments out of its top level."""
    kept = {key: value for key, value in body.items() if key in RESERVED}
    if not kept.get("sg_machine_open", True):
        del kept["sg_machine_open"]
    event = "cancel_drop" if name == "cancel_drop" else body["event"]
    return {**kept, "event": event, "custom_args": mail.content.custom_args}


def _received(world: World, mail: Mail) -> list[dict[str, Any]]:
    x_message_id = mail.content.x_message_id
    row = world.db.execute("SELECT * FROM sendgrid_received WHERE x_message_id = ?", (x_message_id,)).fetchone()
    if row is None:
        return []
    digest = hashlib.sha256(f"received|{x_message_id}".encode()).digest()[:16]
    return [
        {
            "event": "received",
            "email": mail.content.to,
            "recv_msgid": x_message_id,
            "sg_event_id": base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "timestamp": row["at"],
            "api_key_id": API_KEY_ID,
            "api_version": "3",
            "client_ip": RECIPIENT_IP,
            "protocol": "HTTP",
            "recipient_count": row["recipients"],
            "size": row["bytes"],
            "v3_payload_details": {"recipient_count": row["recipients"], "attachments_bytes": 0},
        }
    ]
