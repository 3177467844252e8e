"""Real servers for the mail tests: the mail half of the sandbox and a webhook receiver, each on a free
port."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes, policy
from typing import Any

import httpx
import uvicorn
from sendgrid import SendGridAPIClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import control
from sandbox.inbox import urls as inbox
from sandbox.sendgrid import urls as sendgrid
from sandbox.world import World, open_world


@contextmanager
def serve(app: Starlette) -> Iterator[str]:
    """The URL of the app, served by uvicorn in a thread until the block ends."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.005)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(5)


def parts_of(content_type: str, body: bytes) -> dict[str, bytes]:
    """The parts of a multipart form by name, as the bytes that came: a charset is nothing to guess here."""
    whole = message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body, policy=policy.HTTP)
    found = {}
    for part in whole.iter_parts():
        content = part.get_payload(decode=True)
        found[str(part.get_param("name", header="content-disposition"))] = bytes(content) if content else b""
    return found


@dataclass
class Receiver:
    """A product's webhook endpoint: takes what comes, or refuses while `status` says so."""

    url: str = ""
    status: int = 204
    event_batches: list[list[dict[str, Any]]] = field(default_factory=list)
    event_bodies: list[bytes] = field(default_factory=list)
    replies: list[dict[str, str]] = field(default_factory=list)
    content_types: list[str] = field(default_factory=list)
    calls_back: str = ""
    answers: list[int] = field(default_factory=list)
    opt_outs: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    event_headers: list[dict[str, str]] = field(default_factory=list)
    forms: list[dict[str, bytes]] = field(default_factory=list)
    reply_headers: list[dict[str, str]] = field(default_factory=list)
    reply_bodies: list[bytes] = field(default_factory=list)
    visits: list[tuple[str, str]] = field(default_factory=list)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [event for batch in self.event_batches for event in batch]

    async def take_events(self, request: Request) -> Response:
        if self.status < 300:
            self.event_bodies.append(await request.body())
            self.event_batches.append(await request.json())
            self.event_headers.append(dict(request.headers))
        if self.calls_back:
            async with httpx.AsyncClient() as client:
                self.answers.append((await client.get(self.calls_back)).status_code)
        return Response(None, self.status)

    async def take_reply(self, request: Request) -> Response:
        if self.status < 300:
            self.content_types.append(request.headers["content-type"])
            self.reply_headers.append(dict(request.headers))
            self.reply_bodies.append(await request.body())
            self.forms.append(parts_of(request.headers["content-type"], self.reply_bodies[-1]))
            self.replies.append({name: value.decode(errors="replace") for name, value in self.forms[-1].items()})
        return Response(None, self.status)

    async def take_opt_out(self, request: Request) -> Response:
        fields = {name: str(value) for name, value in (await request.form()).items()}
        if self.status < 300:
            self.opt_outs.append((request.url.path, fields))
        return Response(None, self.status)

    async def take_visit(self, request: Request) -> Response:
        self.visits.append((request.headers["user-agent"], request.url.path))
        return Response("a page with a button")

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/events", self.take_events, methods=["POST"]),
                Route("/replies", self.take_reply, methods=["POST"]),
                Route("/u/{token}", self.take_opt_out, methods=["POST"]),
                Route("/u/{token}", self.take_visit, methods=["GET", "HEAD"]),
            ]
        )


@dataclass
class MailSandbox:
    """The served mail half of a sandbox, with what a test needs to talk to it."""

    url: str
    world: World

    def client(self, key: str | None = None) -> SendGridAPIClient:
        return SendGridAPIClient(key or self.world.credentials.sendgrid_api_key, host=self.url)

    def post(self, path: str, body: object) -> httpx.Response:
        return httpx.post(self.url + path, json=body, headers=self.key_header(), timeout=60)

    def get(self, path: str) -> httpx.Response:
        return httpx.get(self.url + path, headers=self.key_header(), timeout=60)

    def key_header(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.world.credentials.sendgrid_api_key}"}

    def send(self, *to: str, stage: str = "approach", **more: Any) -> httpx.Response:
        response = self.post("/v3/mail/send", mail_to(*to, stage=stage, **more))
        assert response.status_code == 202, response.text
        return response

    def advance(self, hours: float) -> dict[str, Any]:
        response = self.post("/_control/advance", {"hours": hours})
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def acts(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = self.get("/_control/acts").json()
        return listed

    def register(self, receiver: Receiver) -> None:
        sg = self.client()
        flags = dict.fromkeys(
            "processed delivered deferred open click bounce dropped spam_report unsubscribe"
            " group_unsubscribe".split(),
            True,
        )
        event = {"enabled": True, "url": f"{receiver.url}/events", **flags}
        assert sg.client.user.webhooks.event.settings.post(request_body=event).status_code == 201
        parse = {"hostname": "replies.seller.example", "url": f"{receiver.url}/replies"}
        assert sg.client.user.webhooks.parse.settings.post(request_body=parse).status_code == 201

    def now(self) -> datetime:
        return datetime.fromisoformat(self.get("/_control/clock").json()["now"])


def mail_to(*to: str, stage: str = "approach", **more: Any) -> dict[str, Any]:
    """A mail send request to some people, one personalization each."""
    payload: dict[str, Any] = {
        "personalizations": [
            {"to": [{"email": email}], "custom_args": {"action_key": f"{stage}:{email}"}} for email in to
        ],
        "from": {"email": "nora@seller.example", "name": "Nora Lund"},
        "reply_to": {"email": "r-token@replies.seller.example"},
        "subject": "An idea for your warehouse",
        "content": [
            {"type": "text/plain", "value": "Hello,\nshall we talk?\nhttps://seller.example/idea"},
            {
                "type": "text/html",
                "value": '<p>Hello, <a href="https://seller.example/idea">shall we talk?</a></p>',
            },
        ],
        "categories": ["closeloop", stage],
    }
    return {**payload, **more}


@contextmanager
def mail_sandbox(seed: int = 7) -> Iterator[MailSandbox]:
    """The mail half of a fresh sandbox: SendGrid, buyers, control plane and inbox."""
    world = open_world(seed)
    routes = [*sendgrid.routes(world), *control.routes(world), *inbox.routes(world)]
    with serve(Starlette(routes=routes)) as url:
        yield MailSandbox(url, world)


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A webhook receiver on a free port."""
    receiver = Receiver()
    with serve(receiver.app()) as url:
        receiver.url = url
        yield receiver
