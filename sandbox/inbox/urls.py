"""The pages of `/_inbox`. No script, and nothing loaded from anywhere: the policy header sees to it.

Every list is cut into pages and found by words, state and stage, so that a hundred thousand mails are no other
than ten.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from sandbox.buyers import models as buyers
from sandbox.buyers.personas import STAGES
from sandbox.inbox import reading, source, threads, timeline
from sandbox.sendgrid import tables as sendgrid
from sandbox.world import World

PAGE, THREADS = 100, 50
"""Mails, and threads, on a page."""
VIEWS = ("html", "text", "headers", "source")
FRAME_CHARACTERS = 62
"""Of a line of a mail in its frame, where the screen is not a narrow one."""
# Mails in frames inherit this, so a picture or script in a mail cannot phone home.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; frame-src 'self' data:"
ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def say_time(at: datetime) -> str:
    """A time as the pages write it."""
    return f"{at:%a} {at.day} {at:%b %Y, %H:%M}"


def initials(name: str) -> str:
    """One or two letters for a person's disc."""
    words = [word for word in name.replace("@", " ").split() if word[0].isalnum()]
    return "".join(word[0] for word in words[:2]).upper() or "?"


def hue(address: str) -> int:
    """A colour angle that stays with the address."""
    return sum(address.encode()) * 47 % 360


def frame_height(text: str) -> int:
    """Pixels in which the HTML of a mail with this text fits: a frame without scripts cannot say how tall it is."""
    rows = sum(1 + len(line) // FRAME_CHARACTERS for line in text.splitlines())
    return min(max(240, 20 * rows + 70), 1600)


ENVIRONMENT.filters |= {
    "frame_height": frame_height,
    "quiet": source.quiet,
    "time": say_time,
    "initials": initials,
    "hue": hue,
    "segment": lambda text: quote(text, safe="@"),
    "sentence": lambda text: text.replace("_", " ").capitalize(),
}


def export(world: World) -> str:
    """All mails and threads as one HTML file that needs nothing but a browser."""
    return _render("export.html", world, threads=threads.people(world, reading.Filter()))


def routes(world: World) -> list[Route]:
    """The routes of the inbox; the tables it reads are made on the way."""
    sendgrid.open_tables(world)
    buyers.open_tables(world)
    pages: list[tuple[str, Callable[[World, Request], str]]] = [
        ("/_inbox", _mails),
        ("/_inbox/people", _people),
        ("/_inbox/people/{address:path}", _thread),
        ("/_inbox/conversations", _conversations),
        ("/_inbox/conversations/{number:int}", _conversation),
        ("/_inbox/mails/{id:int}", _mail),
        ("/_inbox/export", lambda world, _request: export(world)),
    ]

    async def eml(request: Request) -> Response:
        try:
            line = reading.one_mail(world, request.path_params["id"])
        except LookupError:
            return Response("there is no such mail\n", 404)
        name = {"Content-Disposition": f'attachment; filename="mail-{line.mail.id}.eml"'}
        return Response(source.as_eml(line.mail), media_type="message/rfc822", headers=name)

    download = Route("/_inbox/mails/{id:int}.eml", eml)
    return [download, *(Route(path, _endpoint(world, page)) for path, page in pages)]


def _endpoint(world: World, page: Callable[[World, Request], str]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            body, status = page(world, request), 200
        except LookupError as problem:
            body, status = _render("missing.html", world, problem=str(problem)), 404
        return HTMLResponse(
            body, status, headers={"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer"}
        )

    return endpoint


@dataclass(frozen=True)
class Page:
    """Where in a list a person is, and the links to what comes before and after."""

    wanted: reading.Filter
    total: int
    size: int
    number: int

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.size

    @property
    def last(self) -> int:
        return max(1, -(-self.total // self.size))

    def link(self, **changed: object) -> str:
        """The query of this list with something changed; another filter starts at its first page."""
        found = {"q": self.wanted.words, "state": self.wanted.state, "stage": self.wanted.stage, **changed}
        return "?" + urlencode({name: value for name, value in found.items() if value})


def _page(request: Request, count: Callable[[reading.Filter], int], size: int) -> Page:
    words = request.query_params.get("q", "").strip()[:200]
    wanted = reading.Filter(
        words, request.query_params.get("state", ""), request.query_params.get("stage", "")[:40]
    )
    total, given = count(wanted), request.query_params.get("page", "1")
    number = int(given[:9]) if given.isascii() and given.isdigit() else 1
    return Page(wanted, total, size, min(max(1, number), max(1, -(-total // size))))


def _mails(world: World, request: Request) -> str:
    page = _page(request, lambda wanted: reading.count_mails(world, wanted), PAGE)
    lines = reading.newest(world, page.wanted, page.offset, page.size)
    return _render("mails.html", world, lines=lines, page=page)


def _people(world: World, request: Request) -> str:
    page = _page(request, lambda wanted: threads.count_people(world, wanted), THREADS)
    found = threads.people(world, page.wanted, page.offset, page.size)
    return _render("people.html", world, threads=found, page=page)


def _conversations(world: World, request: Request) -> str:
    page = _page(request, lambda wanted: threads.count_conversations(world, wanted), THREADS)
    found = threads.conversations(world, page.wanted, page.offset, page.size)
    return _render("conversations.html", world, threads=found, page=page)


def _thread(world: World, request: Request) -> str:
    return _render("thread.html", world, thread=threads.thread(world, request.path_params["address"]), whole=False)


def _conversation(world: World, request: Request) -> str:
    found = threads.conversation(world, request.path_params["number"])
    return _render("thread.html", world, thread=found, whole=True)


def _mail(world: World, request: Request) -> str:
    line = reading.one_mail(world, request.path_params["id"])
    views = [view for view in VIEWS if view not in ("html", "text") or getattr(line.mail.content, view)]
    asked = request.query_params.get("view", "")
    return _render(
        "mail.html",
        world,
        line=line,
        views=views,
        view=asked if asked in views else views[0],
        moments=timeline.timeline(world, line.mail),
        conversation=threads.conversation_of(world, line.mail.id),
        source=source.as_eml(line.mail).decode("utf-8", "replace") if asked == "source" else "",
    )


def _render(template: str, world: World, **values: object) -> str:
    counts = {
        "mails": reading.count_mails(world),
        "people": world.db.execute("SELECT COUNT(DISTINCT address) FROM sendgrid_mails").fetchone()[0],
        "replies": world.db.execute("SELECT COUNT(*) FROM sendgrid_outbox WHERE target = 'parse'").fetchone()[0],
    }
    shared = {"now": world.clock.now(), "counts": counts, "policy": POLICY, "states": list(reading.STATES)}
    return ENVIRONMENT.get_template(template).render({**shared, "stages": STAGES, "page": None, **values})
