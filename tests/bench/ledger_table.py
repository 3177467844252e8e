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
    screen.print(
        "beside rows that the bare database inserts per second; CPU of the workers per action", style="dim"
    )
    table = plain_table("per second", "goal", "bare", "share", "CPU ms")
    for side in found:
        workers = side["workers"]
        name = f"{NAMES[side['database']]}, {workers} worker{'s' if workers > 1 else ''}"
        reached = "" if side["actions_per_second"] >= side["goal"] else " [red]missed[/red]"
        table.add_row(
            name,
            f"{side['actions_per_second']:,.0f}",
            f"{side['goal']:,}{reached}",
            f"{side['bare_inserts_per_second']:,.0f}",
            f"{side['share_of_bare']:.0%}",
            f"{side['cpu_seconds_per_1000']:.2f}",
        )
    screen.print(table)
