"""What orchestration costs: the same outbound pass as flows under a Prefect server, and as plain functions.

Prefect's share of the CPU is all that its server used and all that the flows' process used outside of the batches
of work, within one run, so that a busy machine changes both alike; our own pages and reports of a run count as
Prefect's. The plain side is there to be compared with. Invariant: both did the same work on a sandbox as new, or
there are no figures.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console

from tests.bench.arrived import Arrived, arrived
from tests.bench.child import BenchFailed, run_child
from tests.bench.lead_file import write_leads
from tests.bench.measure import PUBLIC_URL
from tests.bench.org import running_org
from tests.bench.table import plain_table

GOAL = 0.15
Found = dict[str, Any]


def measure_overhead(prospects: int, seed: int, home: Path) -> Found:
    """Both sides, one after the other; raises `BenchFailed` when one failed or did something else."""
    flows, there = _side(prospects, seed, home / "overhead-flows", prefect=True)
    plain, same = _side(prospects, seed, home / "overhead-plain", prefect=False)
    if not there.same_work_as(same) or flows["considered"] != plain["considered"]:
        raise BenchFailed("the pass under Prefect did other work than the plain one")
    return {
        "prospects": prospects,
        "goal": GOAL,
        "prefect_share": prefect_share(flows),
        "database_bytes_per_1000": 1000 * flows["database_bytes"] / prospects,
        "mails": there.mails.total(),
        "flows": flows,
        "plain": plain,
    }


def prefect_share(flows: Found) -> float:
    """Of all CPU that the pass used, its server's with it; what is left is the work."""
    whole = float(flows["cpu_seconds"] + flows["server_cpu_seconds"])
    return 1 - float(flows["work_cpu_seconds"]) / whole


def _side(prospects: int, seed: int, home: Path, *, prefect: bool) -> tuple[Found, Arrived]:
    home.mkdir()
    leads = home / "leads.csv"
    write_leads(leads, prospects, seed)
    with running_org(leads, seed, home) as org:
        job = asdict(org) | {"home": str(home), "now": org.now(), "public_url": PUBLIC_URL, "prefect": prefect}
        found = run_child("tests.bench.overhead_child", job, home)
        there = arrived(org)
    if found["failures"]:
        raise BenchFailed(f"{len(found['failures'])} prospects failed, the first: {found['failures'][0]}")
    return found, there


def print_overhead(screen: Console, found: Found) -> None:
    """The share, then where it comes from."""
    flows, plain, share = found["flows"], found["plain"], found["prefect_share"]
    missed = "" if share <= found["goal"] else ", [red]missed[/red]"
    growth = f"{found['database_bytes_per_1000'] / 1024:,.0f} KB per 1,000"
    screen.print(
        f"[bold]Orchestration of {found['prospects']:,} prospects[/bold]: Prefect uses {share:.1%} of the CPU "
        f"(goal at most {found['goal']:.0%}{missed}); its database grows by {growth}"
    )
    table = plain_table("own CPU, s", "of it work", "server, s", "wall, s")
    names = ("cpu_seconds", "work_cpu_seconds", "server_cpu_seconds", "wall_seconds")
    for title, side in (("as flows", flows), ("as functions", plain)):
        table.add_row(title, *(f"{side[name]:.1f}" if name in side else "" for name in names))
    screen.print(table)
    kept = f"{flows['task_runs']:,} task runs and {flows['events']:,} events"
    screen.print(f"{kept} on Prefect's record; {found['mails']:,} mails", style="dim")
