"""SOQL text: every value passes through `quote`, so data never becomes part of a query."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

_ESCAPES = str.maketrans(
    {"\\": "\\\\", "'": "\\'", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
)
IDS_PER_QUERY = 400
"""An id costs 23 characters of a URL that may have 16,384."""


def quote(value: str) -> str:
    """A SOQL string literal."""
    return f"'{value.translate(_ESCAPES)}'"


def in_list(values: Iterable[str]) -> str:
    """`('a', 'b')` for an IN condition."""
    return f"({', '.join(quote(value) for value in values)})"


def chunks(values: Sequence[str], size: int = IDS_PER_QUERY) -> Iterator[Sequence[str]]:
    """Parts small enough for one query."""
    for start in range(0, len(values), size):
        yield values[start : start + size]
