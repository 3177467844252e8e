"""What tailored presentations cost, beside a bare python-pptx loop that fills the same layouts and chart.

Invariant: every deck that is counted passed its lint, has ten slides or more with one native chart, and keeps every
text inside its box when rpptx lays it out; a fast loop that draws less fails the bench.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.console import Console

from tests.bench.child import BenchFailed, run_child
from tests.bench.table import plain_table

GOAL_SECONDS, GOAL_DECKS = 20, 200


def measure_decks(decks: int, home: Path) -> dict[str, Any]:
    """The product and the bare loop, one after the other, each deck about another company."""
    folder = home / "decks"
    folder.mkdir()
    found = run_child("tests.bench.decks_child", {"decks": decks}, folder)
    if found["problems"]:
        raise BenchFailed(f"{len(found['problems'])} of {decks} decks may not be shown: {found['problems'][:3]}")
    return found | {"goal_seconds": GOAL_SECONDS * decks / GOAL_DECKS}


def print_decks(screen: Console, found: dict[str, Any]) -> None:
    """The time against the goal, then the product beside the bare loop."""
    missed = ", [red]missed[/red]" if found["wall_seconds"] > found["goal_seconds"] else ""
    slides = f"{found['fewest_slides']} to {found['most_slides']} slides"
    screen.print(
        f"[bold]{found['decks']:,} tailored decks[/bold], {slides} "
        f"and a native chart each, in {found['wall_seconds']:.1f} s (goal {found['goal_seconds']:.0f} s{missed})"
    )
    table = plain_table("CPU, ms a deck", "KB a deck", "ratio of CPU")
    ours, bare = found["cpu_seconds"] / found["decks"], found["bare_cpu_seconds"] / found["decks"]
    table.add_row("linted .pptx and HTML", f"{ours * 1000:.1f}", f"{found['kilobytes']:.0f}", f"{ours / bare:.2f}")
    table.add_row("bare python-pptx loop", f"{bare * 1000:.1f}", f"{found['bare_kilobytes']:.0f}", "1.00")
    screen.print(table)
