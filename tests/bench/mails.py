"""What a mail costs beside the bare client: rendered, claimed, looked at again, sent and recorded, or just posted.

Invariant: the bare client posts the very bodies that the product posted, to a sandbox that is as new, and both
sandboxes took the same number of mails.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.console import Console

from tests.bench.child import BenchFailed, run_child
from tests.bench.cohort_leads import write_cohort
from tests.bench.measure import PUBLIC_URL
from tests.bench.org import Org, running_org
from tests.bench.table import plain_table

GOAL = 0.6
"""Share of the bare client's speed."""
SIDES = ("product", "bare", "alone")
NAMES = {
    "product": "rendered, sent, recorded",
    "bare": "bare client, same requests",
    "alone": "bare client, one by one",
}


def measure_mails(mails: int, seed: int, home: Path) -> dict[str, Any]:
    """Seconds and requests of each side, and the shares; raises `BenchFailed` when they did not do the same."""
    sides = {name: _measured(name, mails, seed, home) for name in SIDES}
    if wrong := {name: side["mails"] for name, side in sides.items() if side["mails"] != mails}:
        raise BenchFailed(f"{mails} mails were due, and there arrived {wrong}")
    ours = sides["product"]["wall_seconds"]
    shares = {f"share_of_{name}": sides[name]["wall_seconds"] / ours for name in SIDES[1:]}
    return {"mails": mails, "goal": GOAL, **shares, **sides}


def _measured(name: str, mails: int, seed: int, home: Path) -> dict[str, Any]:
    """The product first: the others post what it posted."""
    folder = home / f"mails-{name}"
    folder.mkdir()
    leads = folder / "leads.csv"
    write_cohort(leads, mails)
    posted = None if name == "product" else str(home / "mails-product")
    with running_org(leads, seed, folder) as org:
        job = _job(org, folder) | {"bodies": posted, "alone": name == "alone"}
        return run_child("tests.bench.mails_child", job, folder) | _arrived(org)


def _job(org: Org, home: Path) -> dict[str, Any]:
    return {
        "url": org.url,
        "client_id": org.client_id,
        "client_secret": org.client_secret,
        "sendgrid_key": org.sendgrid_key,
        "now": org.now(),
        "home": str(home),
        "public_url": PUBLIC_URL,
    }


def _arrived(org: Org) -> dict[str, int]:
    sends = [entry for entry in org.journal("sendgrid") if entry["path"].endswith("/mail/send")]
    taken = [entry for entry in sends if entry["status"] == 202]
    return {"requests": len(sends), "mails": sum(len(entry["summary"]["messages"]) for entry in taken)}


def print_mails(screen: Console, found: dict[str, Any]) -> None:
    """One line a side."""
    shares = f"{found['share_of_bare']:.0%} of the bare client's speed, {found['share_of_alone']:.0%} one by one"
    missed = "" if found["share_of_bare"] >= found["goal"] else ", [red]missed[/red]"
    screen.print(f"[bold]{found['mails']:,} mails[/bold]: {shares} (goal {found['goal']:.0%}{missed})")
    table = plain_table("seconds", "own CPU", "requests", "a second")
    for name in SIDES:
        side = found[name]
        speed = f"{found['mails'] / side['wall_seconds']:,.0f}"
        seconds, cpu = (f"{side[key]:.1f}" for key in ("wall_seconds", "cpu_seconds"))
        table.add_row(NAMES[name], seconds, cpu, f"{side['requests']:,}", speed)
    screen.print(table)
