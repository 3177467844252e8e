"""What the calls of a cohort were for, and how many the API's limits demand at least. Pure arithmetic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

PURPOSES = {
    "describing the objects, once a process": ("writable", "ready"),
    "pull: new and changed Leads": ("changed_leads", "changed_between", "count_leads"),
    "pull: changed deals": ("news",),
    "last look before each send": ("look",),
    "conversion": ("convert",),
    "contact roles": ("contact_roles",),
    "fields: read back before writing": ("read", "read_together"),
    "fields: write": ("update",),
    "activities": ("create_tasks",),
    "decks as files": ("put_files",),
}
REST = "other"
ROWS_PER_CALL = 1000
"""One composite call: five collections of 200 records."""
IDS_PER_CALL = 10_000
"""One composite call: five retrieves, or pages of a query, of 2,000 records."""
LEADS_PER_CONVERSION = {"soap": 100, "apex": 200}


def by_purpose(calls: Mapping[str, int]) -> dict[str, int]:
    """The product's calls under the words of the table; none is left out."""
    named = {method: purpose for purpose, methods in PURPOSES.items() for method in methods}
    found: Counter[str] = Counter()
    for method, number in calls.items():
        found[named.get(method, REST)] += number
    return {purpose: found[purpose] for purpose in [*PURPOSES, REST] if found[purpose]}


def floor(rows: Mapping[tuple[str, str], int], looked_at: int, prospects: int, convert: str) -> dict[str, float]:
    """Calls per 1,000 prospects at least, were every call full; `rows` as written, each read once before."""
    fields = sum(number for (op, name), number in rows.items() if op == "update" and name != ROLE)
    calls = {
        "pull: new and changed Leads": 1 / IDS_PER_CALL * prospects,
        "last look before each send": looked_at / IDS_PER_CALL,
        "conversion": rows["convert", "Lead"] / LEADS_PER_CONVERSION[convert.partition(":")[0]],
        "contact roles": rows["update", ROLE] / ROWS_PER_CALL,
        "fields: read back before writing": fields / IDS_PER_CALL,
        "fields: write": fields / ROWS_PER_CALL,
        "activities": rows["create", "Task"] / ROWS_PER_CALL,
    }
    per_thousand = {purpose: 1000 * number / prospects for purpose, number in calls.items()}
    return per_thousand | {"all": sum(per_thousand.values())}


ROLE = "OpportunityContactRole"


def summary(found: Mapping[str, Any]) -> list[tuple[str, int, float, float | None]]:
    """Purpose, calls, calls per 1,000, floor per 1,000; the last row is the whole."""
    lines = []
    for purpose, calls in found["purposes"].items():
        least = found["floor"].get(purpose)
        lines.append((purpose, calls, 1000 * calls / found["prospects"], least))
    return [*lines, ("all", found["calls"], found["per_1000"], found["floor"]["all"])]
