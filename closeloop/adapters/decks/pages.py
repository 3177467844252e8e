"""What stands on each page before it is a slide: texts by placeholder name, at most one block, the notes.

Pure values. A `Text` knows whether it is a claim, which may never be cut, or a label, which may.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_SPACES = re.compile(r"[ \t\r\n\u2028\u2029]+")


@dataclass(frozen=True, slots=True)
class Text:
    """One paragraph. `what` names it in a finding; `missing` is the finding when it is empty."""

    text: str
    what: str
    claim: bool = False
    level: int = 0
    missing: str | None = None


def clean(text: str) -> str:
    """One line with single spaces. Control characters stay, for the lint to find."""
    return _SPACES.sub(" ", text).strip(" ")


def sentence(text: str) -> str:
    """With a capital at the start, since a mail may use the same words inside a sentence; `iOS` stays as it is."""
    text = clean(text)
    return text if text[1:2].isupper() else text[:1].upper() + text[1:]


def label(text: str, what: str, level: int = 0, missing: str | None = None) -> Text:
    """A text that may be cut."""
    return Text(clean(text), what, level=level, missing=missing)


def claim(text: str, what: str, missing: str | None = None) -> Text:
    """A text that is shown in full or not at all, and must be there."""
    return Text(clean(text), what, claim=True, missing=missing or f"{what} is empty; fill it or leave it out")


@dataclass(frozen=True, slots=True)
class Table:
    """A table with one heading row. Columns share the width by `shares`."""

    headings: tuple[str, ...]
    shares: tuple[float, ...]
    rows: tuple[tuple[Text, ...], ...]
    alt: str
    size: float = 18.0
    """Points of its text before it shrinks."""
    strong: int | None = None
    """The column that carries the message, in bold."""


@dataclass(frozen=True, slots=True)
class Chart:
    """Two series over years, in the unit that their names say."""

    years: tuple[str, ...]
    series: tuple[tuple[str, tuple[float, ...]], ...]
    alt: str
    decimals: int = 0


@dataclass(frozen=True, slots=True)
class Timeline:
    """Steps from left to right, each a time and what happens then."""

    steps: tuple[tuple[Text, Text], ...]


Block = Table | Chart | Timeline


@dataclass(frozen=True, slots=True)
class Page:
    """One slide to be: the layout's name and what goes into its placeholders."""

    layout: str
    texts: Mapping[str, tuple[Text, ...]]
    notes: tuple[str, ...]
    block: Block | None = None
    scales: Mapping[str, float] = field(default_factory=dict)
    """How much smaller than the layout's size each placeholder's text is; 1 where it is not named."""
    block_scale: float = 1.0
