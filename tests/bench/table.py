"""The figures for people: one short table a question, product beside twin, the ratio last."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

Found = dict[str, Any]


def print_passes(screen: Console, found: Found) -> None:
    """The marginal cost first, then each size."""
    screen.print("[bold]One outbound pass[/bold]: the product against a plain script that does the same work")
    if found["marginal"]:
        screen.print("\n[bold]CPU of one more prospect[/bold], milliseconds")
        screen.print(_marginal(found["marginal"]))
    for run in found["runs"]:
        ours = run["product"]
        same = "the same for both" if run["same_work"] else "[red]NOT the same for both[/red]"
        done = f"{ours['mails']:,} mails and {ours['writes']:,} CRM writes, {same}"
        screen.print(f"\n[bold]{run['prospects']:,} prospects[/bold], {done}")
        screen.print(_run(run))


def _marginal(steps: list[Found]) -> Table:
    table = plain_table("product", "Prefect server", "twin", "ratio", "with server")
    for step in steps:
        times = (_milliseconds(step[name]) for name in ("product", "prefect_server", "twin"))
        ratios = (_times(step[name]) for name in ("ratio", "ratio_with_server"))
        table.add_row(f"{step['from']:,} to {step['to']:,}", *times, *ratios)
    return table


def _run(run: Found) -> Table:
    ours, theirs, ratio = run["product"], run["twin"], run["ratio"]
    table = plain_table("product", "twin", "ratio")
    rows = (
        ("CPU of the pass, s", "cpu_seconds", "cpu", "{:,.2f}"),
        ("  Prefect server, s", "server_cpu_seconds", None, "{:,.2f}"),
        ("CRM calls per 1,000", "crm_calls_per_1000", "crm_calls", "{:,.1f}"),
        ("e-mail calls per 1,000", "mail_calls_per_1000", "mail_calls", "{:,.1f}"),
        ("peak memory, MB", "peak_megabytes", "peak_memory", "{:,.0f}"),
        ("  Prefect server, MB", "server_peak_megabytes", None, "{:,.0f}"),
        ("prospects per minute", "prospects_per_minute", "prospects_per_minute", "{:,.0f}"),
    )
    for title, name, of, form in rows:
        shown = form.format(theirs[name]) if of else ""
        table.add_row(title, form.format(ours[name]), shown, _times(ratio[of]) if of else "")
    return table


def print_drafts(screen: Console, drafts: Found) -> None:
    """One line."""
    screen.print(
        f"[bold]Draft presentations[/bold]: {_milliseconds(drafts['cpu_seconds_per_draft'])} ms of CPU each "
        f"({drafts['drafts']:,} drawn; in no figure above)"
    )


def print_demo_start(screen: Console, demo: Found) -> None:
    """One line."""
    screen.print(
        f"[bold]closeloop demo[/bold]: first line after {demo['first_line_seconds']:.1f} s, "
        f"selling after {demo['first_day_seconds']:.1f} s"
    )


def plain_table(*figures: str) -> Table:
    """Names on the left, figures on the right, no lines."""
    table = Table(box=None, padding=(0, 0, 0, 2), header_style="dim")
    table.add_column("", min_width=22)
    for figure in figures:
        table.add_column(figure, justify="right", min_width=9)
    return table


def _milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:,.2f}"


def _times(ratio: float | None) -> str:
    return "–" if ratio is None else f"{ratio:,.2f}×"
