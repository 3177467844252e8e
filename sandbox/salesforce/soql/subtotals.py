"""GROUP BY ROLLUP and GROUP BY CUBE: the groups, their subtotals and the grand total in one answer.

Invariant: subtotals follow the groups that they add up; in a subtotal the fields that it runs over are null.
"""

from __future__ import annotations

from itertools import combinations

from sandbox.salesforce.soql.aggregation import GROUPING, Aggregation


def sql(plan: Aggregation, way: str, source: str) -> tuple[str, int]:
    """One statement over all sets of groups, and how many times it repeats the values bound by `source`."""
    groups = plan.groups
    kept = _sets(groups, way)
    parts = [_part(plan, each, source) for each in kept]
    # Sorted by each field in turn, its subtotal last.
    keys = ", ".join(f"flag{at}, key{at} NULLS FIRST" for at in range(len(groups)))
    columns = ", ".join(f"column{at}" for at in range(len(plan.columns)))
    return f"SELECT {columns} FROM ({' UNION ALL '.join(parts)}) ORDER BY {keys}", len(kept)


def _sets(groups: list[str], way: str) -> list[tuple[str, ...]]:
    counts = range(len(groups), -1, -1)
    if way == "ROLLUP":
        return [tuple(groups[:count]) for count in counts]
    return [each for count in counts for each in combinations(groups, count)]


def _part(plan: Aggregation, kept: tuple[str, ...], source: str) -> str:
    absent = [group for group in plan.groups if group not in kept]
    shown = [f"{_shown(column, absent)} AS column{at}" for at, (column, _, _) in enumerate(plan.columns)]
    for at, group in enumerate(plan.groups):
        shown += [f"{int(group in absent)} AS flag{at}", f"{_shown(group, absent)} AS key{at}"]
    grouped = f" GROUP BY {', '.join(kept)}" if kept else ""
    return f"SELECT {', '.join(shown)}{source}{grouped}"


def _shown(column: str, absent: list[str]) -> str:
    if column.startswith(GROUPING):
        return str(int(column.removeprefix(GROUPING) in absent))
    return "NULL" if column in absent else column
