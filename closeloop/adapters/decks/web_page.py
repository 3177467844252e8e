"""A deck as one HTML file: the same pages in the colours and fonts of the same master, with the speaker's notes.

Nothing is loaded from anywhere, and a policy in the page forbids it; the only script is ours. Arrow keys turn the
pages, `n` shows the notes, printing gives one slide a sheet; without scripts the slides stand below each other.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from closeloop.adapters.decks.pages import Chart, Page
from closeloop.adapters.decks.slots import Master
from closeloop.adapters.decks.web_chart import chart_svg
from closeloop.adapters.decks.words import Words

_HUNDREDTH = 9.6
"""Points: a hundredth of the width of a slide, the unit of the style sheet."""
_PLAIN_FONTS = '"Leelawadee UI","Noto Sans Thai",Loma,sans-serif'


def web_page(pages: tuple[Page, ...], master: Master, words: Words, author: str) -> bytes:
    """The whole file. The same pages give the same bytes."""
    script = _script()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    page = (
        _environment()
        .get_template("deck.html.j2")
        .render(
            pages=pages,
            words=words,
            author=author,
            title=pages[0].texts["title"][0].text,
            look=Markup(_look(master)),  # noqa: S704 - names and values are checked by `_look`
            script=Markup(script),  # noqa: S704 - our own file
            script_hash=Markup(f"sha256-{digest}"),  # noqa: S704 - base64
        )
    )
    return page.encode()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("templates", "deck"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"slug": _slug, "size": _size, "chart": _chart, "cqw": _cqw}
    return environment


@cache
def _script() -> str:
    loader = _environment().loader
    assert loader is not None  # noqa: S101 - given just above
    return loader.get_source(_environment(), "deck.js")[0]


def _slug(layout: str) -> str:
    return layout.lower().replace(" ", "-")


def _size(page: Page, name: str) -> Markup:
    """Text that had to shrink on the slide is as much smaller here."""
    scale = page.scales.get(name, 1.0)
    return Markup(f' style="zoom:{scale:g}"') if scale < 1 else Markup("")  # noqa: S704 - a number


def _cqw(points: float) -> str:
    return f"{points / _HUNDREDTH:.3g}cqw"


def _chart(chart: Chart) -> Markup:
    return Markup(chart_svg(chart))  # noqa: S704 - escapes what it is given


def _look(master: Master) -> str:
    """The theme as variables of the style sheet; a colour is six hexadecimal digits, a font has no quotes."""
    colours = "".join(f"--{name}:#{value};" for name, value in _colours(master.colours).items())
    fonts = [font for font in (*master.fonts, master.thai_font) if font and not set(font) & set("\"'\\<>{};")]
    named = ",".join(dict.fromkeys(f'"{font}"' for font in fonts))
    return (
        "{" + f"{colours}--font:{named},{_PLAIN_FONTS};--muted:color-mix(in srgb,var(--dk1) 75%,var(--lt1));"
        "--hair:color-mix(in srgb,var(--dk1) 25%,var(--lt1))}"
    )


def _colours(given: Mapping[str, str]) -> dict[str, str]:
    return {name: str(escape(value)) for name, value in given.items()}
