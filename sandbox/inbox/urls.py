"""The pages of `/_inbox`. No script, and nothing loaded from anywhere: the policy header sees to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from sandbox.buyers import models as buyers
from sandbox.inbox import reading
from sandbox.sendgrid import models as sendgrid
from sandbox.world import World

PAGE = 100
PEOPLE = 200
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
    "time": say_time,
    "initials": initials,
    "hue": hue,
    "segment": lambda text: quote(text, safe="@"),
}


def export(world: World) -> str:
    """All mails and threads as one HTML file that needs nothing but a browser."""
    return _render("export.html", world, threads=reading.threads(world), search="")


def routes(world: World) -> list[Route]:
    """The routes of the inbox; the tables it reads are made on the way."""
    sendgrid.open_tables(world)
    buyers.open_tables(world)
    pages: list[tuple[str, Callable[[World, Request], str]]] = [
        ("/_inbox", _mails),
        ("/_inbox/people", _people),
        ("/_inbox/people/{address:path}", _thread),
        ("/_inbox/mails/{id:int}", _mail),
        ("/_inbox/export", lambda world, _request: export(world)),
    ]
    return [Route(path, _endpoint(world, page)) for path, page in pages]


def _endpoint(world: World, page: Callable[[World, Request], str]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            body, status = page(world, request), 200
        except LookupError as problem:
            body, status = _render("missing.html", world, problem=str(problem), search=""), 404
        return HTMLResponse(
            body, status, headers={"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer"}
        )

    return endpoint


def _mails(world: World, request: Request) -> str:
    search = request.query_params.get("q", "").strip()
    total = reading.count_mails(world, search)
    number = request.query_params.get("page", "1")
    page = min(max(1, int(number) if number.isdecimal() else 1), max(1, -(-total // PAGE)))
    lines = reading.newest(world, search, (page - 1) * PAGE, PAGE)
    links = {name: urlencode({"q": search, "page": page + step}) for name, step in (("newer", -1), ("older", 1))}
    more = {"newer": page > 1, "older": page * PAGE < total}
    return _render("mails.html", world, lines=lines, total=total, search=search, links=links, more=more)


def _people(world: World, request: Request) -> str:
    search = request.query_params.get("q", "").strip()
    return _render("people.html", world, threads=reading.threads(world, search, PEOPLE), search=search)


def _thread(world: World, request: Request) -> str:
    return _render("thread.html", world, thread=reading.thread(world, request.path_params["address"]), search="")


def _mail(world: World, request: Request) -> str:
    return _render("mail.html", world, line=reading.one_mail(world, request.path_params["id"]), search="")


def _render(template: str, world: World, **values: object) -> str:
    counts = {
        "mails": reading.count_mails(world, ""),
        "people": world.db.execute("SELECT COUNT(DISTINCT address) FROM sendgrid_mails").fetchone()[0],
        "replies": world.db.execute("SELECT COUNT(*) FROM sendgrid_outbox WHERE target = 'parse'").fetchone()[0],
    }
    return ENVIRONMENT.get_template(template).render(now=world.clock.now(), counts=counts, policy=POLICY, **values)
