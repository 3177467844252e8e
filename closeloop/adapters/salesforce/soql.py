"""SOQL text: every value passes through one of these functions, so data never becomes part of a query."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TypeVar

_ESCAPES = str.maketrans(
    {"\\": "\\\\", "'": "\\'", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
)
V = TypeVar("V")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:?\d\d)")
IDS_PER_QUERY = 400
"""An id costs 23 characters of a URL that may have 16,384."""


def quote(value: str) -> str:
    """A SOQL string literal."""
    return f"'{value.translate(_ESCAPES)}'"


def in_list(values: Iterable[str]) -> str:
    """`('a', 'b')` for an IN condition."""
    return f"({', '.join(quote(value) for value in values)})"


def moment(value: str | datetime) -> str:
    """A SOQL datetime of an aware datetime or of one as Salesforce writes it; `ValueError` for anything else."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if _MOMENT.fullmatch(value) is None:
        raise ValueError(f"{value!r} is no moment as Salesforce writes it, such as 2026-01-05T08:00:00.000+0000")
    return value.replace("+0000", "Z")


def whole(value: int) -> str:
    """A SOQL whole number, for LIMIT."""
    return str(int(value))


def behind(cursor: str) -> str:
    """The condition for what lies behind a cursor `moment|id`: later, or at the same moment with a larger id."""
    modstamp, _, record_id = cursor.partition("|")
    later = f"SystemModstamp > {moment(modstamp)}"
    return f"{later} OR (SystemModstamp = {moment(modstamp)} AND Id > {quote(record_id)})"


def up_to(cursor: str) -> str:
    """The condition for the cursor itself and what lies before it; the exact contrary of `behind`."""
    modstamp, _, record_id = cursor.partition("|")
    before = f"SystemModstamp < {moment(modstamp)}"
    return f"{before} OR (SystemModstamp = {moment(modstamp)} AND Id <= {quote(record_id)})"


def chunks(values: Sequence[V], size: int = IDS_PER_QUERY) -> Iterator[Sequence[V]]:
    """Parts small enough for one query."""
    for start in range(0, len(values), size):
        yield values[start : start + size]
