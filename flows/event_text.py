"""The part of an artifact that lists the records a run was told of. Ids and links only, no people's data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

MOST_RECORDS = 500


def records_table(told: Counter[tuple[str, str, str]], link: Callable[[str], str | None]) -> str:
    """(object, record id, outcome) to the number of its events, as a table of links into the CRM."""
    rows = sorted(told.items())
    lines = [
        f"| {name} | {_linked(record_id, link(record_id))} | {outcome} | {number:,} |"
        for (name, record_id, outcome), number in rows[:MOST_RECORDS]
    ]
    rest = len(rows) - MOST_RECORDS
    more = [f"\n…and {rest:,} more; the ledger has them all."] if rest > 0 else []
    return "\n".join(
        ["## Records", "", "| object | record | outcome | events |", "|---|---|---|---|", *lines, *more, ""]
    )


def _linked(record_id: str, url: str | None) -> str:
    return f"[{record_id}]({url})" if url else f"`{record_id}`"
