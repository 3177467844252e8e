"""The report as one HTML file: charts are inline SVG, nothing is loaded from anywhere, nothing is executed.

Invariant: whatever stands in a record is shown as text. A link leads to a web page or a file beside the
report, never to a script.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from types import MappingProxyType
from urllib.parse import quote, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined

from closeloop.adapters.report import words
from closeloop.domain.endings import Why
from closeloop.domain.errors import UsageError
from closeloop.domain.figures import Figures, stage_name
from closeloop.domain.stage import Stage

SHOWN = 10
"""Rows of a table before the rest is folded away."""
MOST = 200
"""Rows of a table at all: a report is read, the JSON is complete."""
CRM_BASE, FILES_BASE = "crm_base", "files_base"


def render_report(
    figures: Figures, links: Mapping[str, str], previews: Mapping[str, str] = MappingProxyType({})
) -> str:
    """The whole page.

    `links` may hold `crm_base` (records link to `<crm_base>/<record id>`), `files_base` (where the paths of
    decks start, seen from the report; beside it by default), and any other name: those are shown in the head
    of the page, as `inbox` or `prefect_ui`. A link that is neither a web address nor a relative path is a
    `UsageError`. `previews` holds pictures of decks, by the path of the deck, as data addresses.
    """
    for name, url in links.items():
        _refuse_unsafe(name, url)
    named = [(name, url) for name, url in links.items() if name not in {CRM_BASE, FILES_BASE} and url]
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            figures=figures,
            headline=words.headline(figures),
            links={CRM_BASE: links.get(CRM_BASE, ""), FILES_BASE: links.get(FILES_BASE, "")},
            named_links=named,
            previews=previews,
            every_stage=tuple(Stage),
            shown=SHOWN,
            most=MOST,
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("templates", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    sentences = {name: item for name, item in vars(words).items() if name.startswith(("say_", "tell_"))}
    environment.filters |= sentences | {
        "money": words.money,
        "money_short": words.money_short,
        "percent": words.percent,
        "plural": words.plural,
        "hours": words.hours,
        "count": _count,
        "short": _short,
        "day": _day,
        "stage": stage_name,
        "words": _words,
        "because": _because,
        "named": _named,
        "record": _record_url,
        "file": _file_url,
    }
    return environment


def _refuse_unsafe(name: str, url: str) -> None:
    parts = urlsplit(url)
    is_web = parts.scheme in {"http", "https"} and bool(parts.netloc)
    is_beside = not parts.scheme and not parts.netloc and not re.search(r"[\x00-\x20\\]", url)
    if not (is_web or is_beside):
        raise UsageError(f"the link {name!r} must be an http(s) address or a relative path, not {url!r}")


def _count(number: int) -> str:
    return f"{number:,}"


def _short(number: float) -> str:
    return f"{number:,.1f}".removesuffix(".0")


def _day(day: date) -> str:
    return f"{day:%-d %B %Y}"


def _words(name: str) -> str:
    return name.replace("_", " ")


def _named(counts: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """Label values as a person writes them: `objection: price`, `not now`."""
    return [(str(name).replace("objection_", "objection: ").replace("_", " "), n) for name, n in counts]


def _because(counts: Iterable[tuple[Why, int]]) -> list[tuple[str, int]]:
    """Why deals ended, as a person says it."""
    return [(why.in_words, number) for why, number in counts]


def _record_url(base: str, record_id: str) -> str:
    return f"{base.rstrip('/')}/{quote(record_id, safe='')}"


def _file_url(path: str, links: Mapping[str, str]) -> str:
    base = links[FILES_BASE]
    start = f"{base.rstrip('/')}/" if base else ""
    # quoting the colon too, no path can pass for a scheme
    return start + quote(path.replace("\\", "/").lstrip("/"))
