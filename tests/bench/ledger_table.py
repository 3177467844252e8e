"""The ledger's figures for people: one row a database, the goal beside what was reached."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from tests.bench.table import plain_table

NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def print_ledger(screen: Console, found: list[dict[str, Any]]) -> None:
    """Nothing when the ledger was left out."""
    if not found:
        return
    screen.print(f"\n[bold]Claimed and recorded[/bold]: {found[0]['actions']:,} actions in batches of 1,000")
    screen.print("a second, beside the rows that the bare database inserts in one", style="dim")
    table = plain_table("per second", "goal", "bare", "share")
    for side in found:
        workers = side["workers"]
        name = f"{NAMES[side['database']]}, {workers} worker{'s' if workers > 1 else ''}"
        missed = side["goal"] and side["actions_per_second"] < side["goal"]
        goal = f"{side['goal']:,}{' [red]missed[/red]' if missed else ''}" if side["goal"] else "–"
        table.add_row(
            name,
            f"{side['actions_per_second']:,.0f}",
            goal,
            f"{side['bare_inserts_per_second']:,.0f}",
            f"{side['share_of_bare']:.0%}",
        )
    screen.print(table)
