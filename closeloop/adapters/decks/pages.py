"""What stands on each page before it is a slide: texts by placeholder name, at most one block, the notes.

Pure values. A `Text` knows whether it is a claim, which may never be cut, or a label, which may.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Text:
    """One paragraph. `what` names it in a finding; `missing` is the finding when it is empty."""

    text: str
    what: str
    claim: bool = False
    level: int = 0
    missing: str | None = None


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
    """Two series over years, in the currency of the deck."""

    years: tuple[str, ...]
    series: tuple[tuple[str, tuple[float, ...]], ...]
    alt: str


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
