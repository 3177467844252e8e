"""What a page gives away about the technology behind it, by a small table of our own.

Invariant: only what stands in the page or its headers counts; nothing is guessed from the company.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import yaml

from closeloop.domain.record import Record


class Fingerprint(Record):
    """One technology and the signs of it; any one is enough."""

    name: str
    html: tuple[str, ...] = ()
    headers: dict[str, str] = {}
    """Header to a word in it; an empty word: that it is there."""

    def shows(self, html: str, headers: Mapping[str, str]) -> bool:
        """Both in lower case."""
        return any(word in html for word in self.html) or any(
            name in headers and word in headers[name] for name, word in self.headers.items()
        )


@cache
def _table() -> tuple[Fingerprint, ...]:
    text = files(__package__).joinpath("technologies.yaml").read_text(encoding="utf-8")
    return tuple(Fingerprint.model_validate(rule) for rule in yaml.safe_load(text))


def technologies(html: str, headers: Mapping[str, str]) -> list[str]:
    """Names in the order of the alphabet."""
    page, known = html.lower(), {name.lower(): value.lower() for name, value in headers.items()}
    return sorted(rule.name for rule in _table() if rule.shows(page, known))
