"""A quote as one HTML page that asks nobody for anything, for the screen and for one sheet of paper."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from closeloop.adapters.quotes.view import Shown


def page(quote: Shown) -> bytes:
    """The whole file; the same quote gives the same bytes."""
    return _environment().get_template("quote.html.j2").render(quote=quote, words=quote.words).encode()


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("templates", "quote"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
