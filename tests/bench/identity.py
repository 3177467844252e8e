"""What finding doubles costs: 100,000 dirty leads held against each other and against the org, seconds and memory.

Invariant: the doubles were planted, so a fast search that finds nothing fails the bench.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.console import Console

from tests.bench.child import BenchFailed, run_child
from tests.bench.table import plain_table

GOAL_SECONDS, GOAL_MEGABYTES = 60, 1000
LEAST_RECALL, LEAST_PRECISION = 0.90, 0.98


def measure_identity(leads: int, seed: int, home: Path) -> dict[str, Any]:
    """Runs the search in a process of its own; raises `BenchFailed` when it lost what was planted."""
    folder = home / "identity"
    folder.mkdir()
    found = run_child("tests.bench.identity_child", {"leads": leads, "seed": seed}, folder)
    if found["recall"] < LEAST_RECALL or found["precision"] < LEAST_PRECISION:
        raise BenchFailed(
            f"of {found['planted']:,} planted doubles {found['recall']:.1%} were found, and "
            f"{found['precision']:.1%} of what was found is right"
        )
    return found | {"goal_seconds": GOAL_SECONDS, "goal_megabytes": GOAL_MEGABYTES}


def print_identity(screen: Console, found: dict[str, Any]) -> None:
    """One line of figures, one of what was found."""
    met = found["wall_seconds"] <= GOAL_SECONDS and found["peak_megabytes"] <= GOAL_MEGABYTES
    missed = "" if met else ", [red]missed[/red]"
    screen.print(
        f"[bold]{found['leads']:,} leads de-duplicated[/bold] in {found['wall_seconds']:.1f} s with "
        f"{found['peak_megabytes']:,.0f} MB (goal {GOAL_SECONDS} s, {GOAL_MEGABYTES:,} MB{missed})"
    )
    table = plain_table("CPU, s", "reading", "search", "pairs", "planted", "found", "right", "asked")
    shares = (f"{found['recall']:.1%}", f"{found['precision']:.1%}", f"{found['asked']:,}")
    seconds = (f"{found['reading_seconds']:.1f}", f"{found['wall_seconds'] - found['reading_seconds']:.1f}")
    table.add_row(
        "leads",
        f"{found['cpu_seconds']:.1f}",
        *seconds,
        f"{found['compared']:,}",
        f"{found['planted']:,}",
        *shares,
    )
    screen.print(table)
