"""The price of a cohort for people: what the calls were for, beside the least that the API's limits allow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.bench.cohort_floor import summary

WAYS = {"soap": "converted over SOAP", "apex": "converted by the org's Apex class"}
FOOTNOTE = (
    "Calls are those of the sandbox's own limit accounting. The floor is arithmetic: 1,000 rows a composite call, "
    "10,000 ids a read, 100 Leads a SOAP conversion (200 by the Apex class); activities go below it, since ten "
    "thousand rows are one bulk job."
)


def print_cohorts(screen: Console, cohorts: Sequence[dict[str, Any]]) -> None:
    """One table for each."""
    for found in cohorts:
        decks = ", decks uploaded" if found["decks_uploaded"] else ""
        title = f"{found['prospects']:,} prospects through all seven stages, {WAYS[found['convert']]}{decks}"
        screen.print(f"\n[bold]{title}[/bold]: {found['per_1000']:.1f} Salesforce calls per 1,000")
        screen.print(_proof(found), style="dim")
        screen.print(_table(found))
    if cohorts:
        screen.print(FOOTNOTE, style="dim")


def _proof(found: dict[str, Any]) -> str:
    """What the CRM holds at the end, by its own word."""
    crm, rows = found["crm"], sum(found["rows_written"].values())
    stages = " → ".join(f"{name} {number:,}" for name, number in _in_order(crm["stages_of_deals"]))
    return (
        f"{crm['leads'].get('True', 0):,} Leads converted, {sum(crm['tasks'].values()):,} activities, "
        f"{crm['roles'].get('Decision Maker', 0):,} roles named, {found['mails']:,} mails; deals: {stages}. "
        f"One call a row would be {1000 * rows / found['prospects']:,.0f} per 1,000 for the writes alone."
    )


STAGES = (
    "Prospecting",
    "Value Proposition",
    "Perception Analysis",
    "Proposal/Price Quote",
    "Closed Won",
)
"""As deals of the story pass them."""


def _in_order(stages: dict[str, int]) -> list[tuple[str, int]]:
    known = [(name, stages[name]) for name in STAGES if name in stages]
    return [*known, *((name, number) for name, number in stages.items() if name not in STAGES)]


def _table(found: dict[str, Any]) -> Table:
    table = Table(box=None, padding=(0, 0, 0, 2), header_style="dim")
    table.add_column("", min_width=38)
    for name in ("calls", "per 1,000", "floor"):
        table.add_column(name, justify="right", min_width=9)
    for purpose, calls, share, least in summary(found):
        style = "bold" if purpose == "all" else None
        table.add_row(purpose, f"{calls:,}", f"{share:.2f}", "" if least is None else f"{least:.2f}", style=style)
    return table
