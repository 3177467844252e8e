"""What the mail API answers: every accepted request is stored, journalled and on its way before the 202."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from sandbox import agenda
from sandbox.sendgrid import conversations
from sandbox.sendgrid.account import account_of
from sandbox.sendgrid.answers import errors
from sandbox.sendgrid.issues import Issue
from sandbox.sendgrid.known import known_of
from sandbox.sendgrid.models import add_mail, next_message_id
from sandbox.sendgrid.readback.rows import index
from sandbox.sendgrid.rendering import Rendered, in_sandbox_mode, render
from sandbox.sendgrid.transit import dispatch
from sandbox.sendgrid.validation import issues_of
from sandbox.world import World

MAX_BYTES = 30 * 1024 * 1024
RATE_LIMIT = 10_000
FAULT, JOURNALLED = "sandbox.sendgrid.fault", "sandbox.sendgrid.journalled"
UNAUTHORIZED = "The provided authorization grant is invalid, expired, or revoked"
TOO_LARGE = (
    "<html>\r\n<head><title>413 Request Entity Too Large</title></head>\r\n<body>\r\n"
    "<center><h1>413 Request Entity Too "
    "Large</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)
SCOPES = tuple(
    "asm.groups.create asm.groups.delete asm.groups.read asm.groups.suppressions.create asm.groups.update"
    " email_activity.read mail.batch.create mail.batch.read mail.send messages.read suppression.create"
    " suppression.delete suppression.read suppression.update user.scheduled_sends.create"
    " user.scheduled_sends.delete user.scheduled_sends.read user.scheduled_sends.update"
    " user.webhooks.event.settings.create user.webhooks.event.settings.read user.webhooks.event.settings.update"
    " user.webhooks.event.test.create user.webhooks.parse.settings.create user.webhooks.parse.settings.read"
    " user.webhooks.parse.settings.update".split()
)


def journal(world: World, request: Request, status: int, summary: dict[str, Any]) -> None:
    """Write down a call that got an answer, with the fault that befell it, if one did."""
    fault = request.scope.get(FAULT)
    world.journal.record(
        at=world.clock.now(),
        service="sendgrid",
        method=request.method,
        path=request.url.path,
        status=status,
        summary={**summary, "fault": fault} if fault else summary,
    )
    request.scope[JOURNALLED] = True


def refused_key(world: World, request: Request) -> JSONResponse | None:
    """The 401 for a wrong or missing API key, or None when the key is right."""
    if request.headers.get("authorization") == f"Bearer {world.credentials.sendgrid_api_key}":
        return None
    return errors(401, Issue(UNAUTHORIZED))


async def mail_send(world: World, request: Request) -> Response:
    """Accept or refuse one mail send request; either way the journal knows."""
    refused, payload, size = await _payload(world, request)
    if refused is not None:
        response: Response = refused
        summary: dict[str, Any] = {"messages": [], "errors": [f"refused with {refused.status_code}"]}
    else:
        response, summary = _send(world, payload, size)
    journal(world, request, response.status_code, summary)
    return response


async def scopes(world: World, _request: Request) -> Response:
    """What the key may do: the call by which clients test a key."""
    account = account_of(world)
    missing = {"email_activity.read"} if not account.activity else set()
    missing |= {"messages.read"} if not account.logs else set()
    return JSONResponse({"scopes": [scope for scope in SCOPES if scope not in missing]})


async def _payload(world: World, request: Request) -> tuple[Response | None, Any, int]:
    """The decoded JSON body and its size, or the answer to a request that never gets as far as its content."""
    if (refused := refused_key(world, request)) is not None:
        return refused, None, 0
    if (body := await _body(request)) is None:
        return HTMLResponse(TOO_LARGE, 413), None, 0
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        return errors(415, Issue("Content-Type should be application/json.")), None, 0
    try:
        return None, orjson.loads(body), len(body)
    except ValueError:
        return errors(400, Issue("Bad Request")), None, 0


async def _body(request: Request) -> bytes | None:
    """The body, or None when it is too large. It is read to its end: a client that still writes sees no
    answer."""
    size, parts = 0, list[bytes]()
    async for part in request.stream():
        size += len(part)
        if size <= MAX_BYTES:
            parts.append(part)
    return b"".join(parts) if size <= MAX_BYTES else None


def _send(world: World, payload: Any, size: int) -> tuple[Response, dict[str, Any]]:
    found = issues_of(payload, agenda.now(world), known_of(world, payload))
    if found:
        return errors(400, *found), {"messages": [], "errors": [issue.as_json() for issue in found]}
    if in_sandbox_mode(payload):
        return Response(None, 200), {"messages": [], "sandbox_mode": True}
    with agenda.transaction(world):
        x_message_id = next_message_id(world)
        mails = render(payload, x_message_id)
        world.db.execute(
            "INSERT INTO sendgrid_received VALUES (?, ?, ?, ?)", (x_message_id, agenda.now(world), size, len(mails))
        )
        for mail in mails:
            _enqueue(world, mail)
    summary = {"x_message_id": x_message_id, "messages": [_summary(mail) for mail in mails]}
    return Response(None, 202, {"X-Message-Id": x_message_id}), summary


def _enqueue(world: World, rendered: Rendered) -> None:
    now = agenda.now(world)
    leaves_at = max(now, rendered.send_at or now)
    mail = add_mail(world, subject=rendered.subject, content=rendered.content, leaves_at=leaves_at)
    index(world, mail)
    conversations.sent(world, mail)
    dispatch(world, mail)


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
        "batch_id": content.batch_id,
        "message_id": content.x_message_id,
    }
