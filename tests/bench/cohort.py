"""The price of a cohort in Salesforce calls: a fresh sandbox, everybody through all seven stages, what it counted.

Invariant: the figure is the sandbox's own limit accounting. The product's count only says what the calls were for,
and the measurement fails when the two differ or when anybody did not get to the end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from itertools import count
from pathlib import Path
from typing import Any

from tests.bench.child import BenchFailed, run_child
from tests.bench.cohort_floor import by_purpose, floor
from tests.bench.cohort_leads import write_cohort
from tests.bench.measure import PUBLIC_URL
from tests.bench.org import Org, running_org

APEX = "apex:closeloop/convert"
SOAP = "soap"
END = "follow_up, customer"
MAKES = frozenset({"create", "update", "upsert", "convert", "delete"})
HISTORY = {
    "leads": "SELECT IsConverted, COUNT(Id) n FROM Lead GROUP BY IsConverted",
    "tasks": "SELECT Status, COUNT(Id) n FROM Task GROUP BY Status",
    "roles": "SELECT Role, COUNT(Id) n FROM OpportunityContactRole GROUP BY Role",
    "deals": "SELECT StageName, COUNT(Id) n FROM Opportunity GROUP BY StageName",
    "stages_of_deals": "SELECT StageName, COUNT(Id) n FROM OpportunityHistory GROUP BY StageName",
    "files": "SELECT FileType, COUNT(Id) n FROM ContentVersion GROUP BY FileType",
}
"""What the CRM holds at the end, and which stages its own history saw."""


def measure_cohorts(prospects: int, ways: Sequence[str], decks: int, seed: int, home: Path) -> list[dict[str, Any]]:
    """The cohort once for each way to convert, then a smaller one whose decks are uploaded."""
    folders = (home / f"cohort-{number}" for number in count())
    found = []
    for way in ways:
        found.append(measure_cohort(prospects, seed, _made(next(folders)), way))
    if decks:
        found.append(measure_cohort(min(decks, prospects), seed, _made(next(folders)), ways[0], decks=True))
    return found


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def measure_cohort(
    prospects: int, seed: int, home: Path, convert: str = SOAP, decks: bool = False
) -> dict[str, Any]:
    """One cohort's figures; raises `BenchFailed` when the cohort did not do what the figures are about."""
    leads = home / "leads.csv"
    write_cohort(leads, prospects)
    with running_org(leads, seed, home) as org:
        if convert == APEX:
            org.deploy_class(APEX.removeprefix("apex:"))
        found = run_child("tests.bench.cohort_child", _job(org, home, convert, decks), home)
        counted = org.limits()
        rows = rows_written(org)
        there = {name: org.groups(soql) for name, soql in HISTORY.items()}
    check(prospects, found, counted)
    return {
        "prospects": prospects,
        "convert": convert.partition(":")[0],
        "decks_uploaded": decks,
        "calls": counted["total"],
        "calls_by_user": counted["by_caller"],
        "per_1000": 1000 * counted["total"] / prospects,
        "purposes": by_purpose(found["calls_by_wish"]),
        "floor": floor(rows, found["looked_at"], prospects, convert),
        "rows_written": {f"{op} {name}": number for (op, name), number in sorted(rows.items())},
        "mails": found["mails"],
        "reached": found["standing"],
        "crm": there,
        "wall_seconds": found["wall_seconds"],
    }


def rows_written(org: Org) -> Counter[tuple[str, str]]:
    """Records written, by operation and object, from the sandbox's journal."""
    done = (op for entry in org.journal("salesforce") for op in entry["summary"].get("operations", []))
    return Counter((op["op"], op["object"]) for op in done if op.get("success") and op["op"] in MAKES)


def _job(org: Org, home: Path, convert: str, decks: bool) -> dict[str, Any]:
    known = asdict(org) | {"control": f"{org.url}/_control", "now": org.now(), "public_url": PUBLIC_URL}
    return known | {"home": str(home), "convert": convert, "decks": decks}


def check(prospects: int, found: dict[str, Any], counted: dict[str, Any]) -> None:
    if found["failures"]:
        raise BenchFailed(f"{len(found['failures'])} failures, the first: {found['failures'][0]}")
    if found["standing"] != {END: prospects}:
        raise BenchFailed(f"not everybody got to the end of the seven stages: {found['standing']}")
    ours = sum(found["calls_by_wish"].values())
    if ours != counted["total"]:
        raise BenchFailed(f"the product counted {ours} calls, the org {counted['total']}")
