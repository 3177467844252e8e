"""What the mail API answers: every accepted request is stored, journalled and on its way before the 202."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from sandbox import agenda
from sandbox.sendgrid.issues import Issue
from sandbox.sendgrid.models import add_mail, next_message_id
from sandbox.sendgrid.rendering import Rendered, in_sandbox_mode, render
from sandbox.sendgrid.transit import dispatch
from sandbox.sendgrid.validation import issues_of
from sandbox.world import World

MAX_BYTES = 30 * 1024 * 1024
RATE_LIMIT = 10_000
UNAUTHORIZED = "The provided authorization grant is invalid, expired, or revoked"
SEND_PATH = "/v3/mail/send"
TOO_LARGE = (
    "<html>\r\n<head><title>413 Request Entity Too Large</title></head>\r\n<body>\r\n"
    "<center><h1>413 Request Entity Too "
    "Large</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)
SCOPES = (
    "mail.send",
    "suppression.read",
    "suppression.update",
    "asm.groups.read",
    "user.webhooks.event.settings.read",
    "user.webhooks.event.settings.update",
    "user.webhooks.parse.settings.read",
    "user.webhooks.parse.settings.update",
)


def errors(status: int, *issues: Issue) -> JSONResponse:
    """An error answer in the API's shape."""
    return JSONResponse({"errors": [issue.as_json() for issue in issues]}, status)


def refused_key(world: World, request: Request) -> JSONResponse | None:
    """The 401 for a wrong or missing API key, or None when the key is right."""
    if request.headers.get("authorization") == f"Bearer {world.credentials.sendgrid_api_key}":
        return None
    return errors(401, Issue(UNAUTHORIZED))


async def mail_send(world: World, request: Request) -> Response:
    """Accept or refuse one mail send request; either way the journal knows."""
    response, summary = _send(world, await _payload(world, request))
    world.journal.record(
        at=world.clock.now(),
        service="sendgrid",
        method="POST",
        path=SEND_PATH,
        status=response.status_code,
        summary=summary,
    )
    return response


async def scopes(_world: World, _request: Request) -> Response:
    """What the key may do: the call by which clients test a key."""
    return JSONResponse({"scopes": list(SCOPES)})


async def _payload(world: World, request: Request) -> Response | Any:
    """The decoded JSON body, or the answer to a request that never gets as far as its content."""
    if (refused := refused_key(world, request)) is not None:
        return refused
    if (body := await _body(request)) is None:
        return HTMLResponse(TOO_LARGE, 413)
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        return errors(415, Issue("Content-Type should be application/json."))
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return errors(400, Issue("Bad Request"))


async def _body(request: Request) -> bytes | None:
    """The body, or None when it is too large. It is read to its end: a client that still writes sees no
    answer."""
    size, parts = 0, list[bytes]()
    async for part in request.stream():
        size += len(part)
        if size <= MAX_BYTES:
            parts.append(part)
    return b"".join(parts) if size <= MAX_BYTES else None


def _send(world: World, payload: Response | Any) -> tuple[Response, dict[str, Any]]:
    if isinstance(payload, Response):
        return payload, {"messages": [], "errors": [f"refused with {payload.status_code}"]}
    found = issues_of(payload, agenda.now(world))
    if found:
        return errors(400, *found), {"messages": [], "errors": [issue.as_json() for issue in found]}
    with agenda.transaction(world):
        x_message_id = next_message_id(world)
        headers = {"X-Message-Id": x_message_id}
        if in_sandbox_mode(payload):
            return Response(None, 200, headers), {"messages": [], "sandbox_mode": True}
        mails = render(payload, x_message_id)
        for mail in mails:
            _enqueue(world, mail)
    summary = {"x_message_id": x_message_id, "messages": [_summary(mail) for mail in mails]}
    return Response(None, 202, headers), summary


def _enqueue(world: World, mail: Rendered) -> None:
    now = agenda.now(world)
    leaves_at = max(now, mail.send_at or now)
    dispatch(world, add_mail(world, subject=mail.subject, content=mail.content, leaves_at=leaves_at))


def _summary(mail: Rendered) -> dict[str, Any]:
    content = mail.content
    return {
        "to": content.to,
        "kind": content.kind,
        "from": content.sender,
        "reply_to": content.reply_to,
        "subject": mail.subject,
        "text_sha256": hashlib.sha256(content.text.encode()).hexdigest(),
        "custom_args": content.custom_args,
        "categories": content.categories,
        "send_at": mail.send_at,
        "message_id": content.x_message_id,
    }
