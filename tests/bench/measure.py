"""One measurement: a fresh sandbox, one side in a process of its own, and what arrived."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from closeloop.data import COMPANIES
from tests.bench.arrived import Arrived, arrived
from tests.bench.child import BenchFailed, run_child
from tests.bench.figures import Pair, Side
from tests.bench.lead_file import write_leads
from tests.bench.org import Org, running_org

PUBLIC_URL = "https://sales.tallyard.example"
"""Gives both sides' mails the one-click opt-out header; nothing ever calls it."""


def measure_pair(prospects: int, seed: int, home: Path, profile: Path | None) -> Pair:
    """The product first, then the twin on the same people; each on a sandbox of its own."""
    product, ours = _product(prospects, seed, _folder(home, f"product-{prospects}"), profile)
    mail_to = sorted(ours.mails)
    twin, theirs = _twin(prospects, seed, _folder(home, f"twin-{prospects}"), mail_to)
    return Pair(product, twin, ours.same_work_as(theirs))


def measure_drafts(prospects: int, seed: int, home: Path) -> dict[str, float]:
    """What drawing a presentation costs, over so many prospects."""
    folder = _folder(home, "drafts")
    leads = _leads(prospects, seed, folder)
    with running_org(leads, seed, folder) as org:
        found = run_child("tests.bench.product", _job(org, folder) | {"drafts": True, "profile": None}, folder)
    decks = list((folder / "decks").glob("*.pptx"))
    if found["failures"] or not decks:
        raise BenchFailed(f"no draft was made of {prospects} prospects: {found['failures'][:3]}")
    return {
        "prospects": prospects,
        "drafts": len(decks),
        "cpu_seconds_per_draft": found["cpu_seconds"]["preparation"] / len(decks),
        "peak_megabytes": found["peak_megabytes"],
    }


def _product(prospects: int, seed: int, home: Path, profile: Path | None) -> tuple[Side, Arrived]:
    leads = _leads(prospects, seed, home)
    with running_org(leads, seed, home) as org:
        into = str(_folder(profile, str(prospects))) if profile else None
        found = run_child("tests.bench.product", _job(org, home) | {"drafts": False, "profile": into}, home)
        there = arrived(org)
    if found["failures"]:
        raise BenchFailed(f"{len(found['failures'])} prospects failed, the first: {found['failures'][0]}")
    cpu = sum(used for lap, used in found["cpu_seconds"].items() if lap != "start")
    wall = sum(took for lap, took in found["wall_seconds"].items() if lap not in {"start", "records"})
    return _side(prospects, found, there, cpu, wall), there


def _twin(prospects: int, seed: int, home: Path, mail_to: list[str]) -> tuple[Side, Arrived]:
    leads = _leads(prospects, seed, home)
    with running_org(leads, seed, home) as org:
        job = _job(org, home) | {"mail_to": mail_to, "registry": str(COMPANIES)}
        found = run_child("tests.bench.twin", job, home)
        there = arrived(org)
    if found["leads_read"] != prospects:
        raise BenchFailed(f"the twin read {found['leads_read']} of {prospects} leads")
    return _side(prospects, found, there, found["cpu_seconds"]["pass"], found["wall_seconds"]["pass"]), there


def _side(prospects: int, found: dict[str, Any], there: Arrived, cpu: float, wall: float) -> Side:
    return Side(
        prospects=prospects,
        cpu_seconds=cpu,
        cpu_seconds_by_lap=found["cpu_seconds"],
        server_cpu_seconds=found.get("server_cpu_seconds", 0.0),
        wall_seconds=wall,
        peak_megabytes=found["peak_megabytes"],
        server_peak_megabytes=found.get("server_peak_megabytes", 0.0),
        crm_calls=there.crm_calls,
        mail_calls=there.mail_calls,
        mails=there.mails.total(),
        writes=there.writes.total(),
    )


def _job(org: Org, home: Path) -> dict[str, Any]:
    return asdict(org) | {"home": str(home), "now": org.now(), "public_url": PUBLIC_URL}


def _leads(prospects: int, seed: int, home: Path) -> Path:
    path = home / "leads.csv"
    write_leads(path, prospects, seed)
    return path


def _folder(parent: Path, name: str) -> Path:
    path = parent / name
    path.mkdir(parents=True, exist_ok=True)
    return path
