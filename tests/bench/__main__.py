"""`python -m tests.bench`, or `python3 start.py bench`: measures, tells, and fails when the work was not the same.

Exit code 1 when the two sides did different work or a part failed, 2 on wrong use.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console

from tests.bench.child import BenchFailed
from tests.bench.cohort import APEX, SOAP, measure_cohorts
from tests.bench.cohort_table import print_cohorts
from tests.bench.demo_start import demo_start
from tests.bench.figures import marginal
from tests.bench.ledger import measure_ledger
from tests.bench.ledger_table import print_ledger
from tests.bench.machine import machine
from tests.bench.measure import measure_drafts, measure_pair
from tests.bench.table import print_tables

SIZES = (200, 1000, 5000)
COHORT = 10_000
LEDGER_ACTIONS = 40_000
LEDGER_WORKERS = 4
WAYS = {"soap": SOAP, "apex": APEX}


def main(arguments: list[str] | None = None) -> int:
    """Everything, one after the other, so that nothing measured runs beside anything else."""
    options = _parser().parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory(prefix="closeloop-bench-") as home:
            found = measure(options, Path(home))
    except BenchFailed as failure:
        sys.stderr.write(f"bench: {failure}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    if options.json:
        sys.stdout.write(json.dumps(found) + "\n")
    else:
        screen = Console(highlight=False)
        if found["runs"]:
            print_tables(screen, found)
        print_cohorts(screen, found["cohorts"])
        print_ledger(screen, found["ledger"])
    return 0 if all(run["same_work"] for run in found["runs"]) else 1


def measure(options: argparse.Namespace, home: Path) -> dict[str, Any]:
    """All figures as one JSON object."""
    if options.ledger:
        return {"machine": machine(), "runs": [], "cohorts": [], "ledger": _ledger(options, home)}
    facts = machine()
    side = Console(stderr=True, highlight=False)
    pairs = []
    for size in sorted(set(() if options.only_cohort else options.sizes)):
        side.print(f"{size:,} prospects …", style="dim")
        pairs.append(measure_pair(size, options.seed, home, options.profile))
    drafts = demo = None
    if options.drafts and not options.only_cohort:
        side.print("draft presentations …", style="dim")
        drafts = measure_drafts(options.drafts, options.seed, home)
    if not (options.no_demo or options.only_cohort):
        side.print("the demo's start …", style="dim")
        demo = demo_start(home, options.seed)
    return {
        "machine": facts,
        "seed": options.seed,
        "marginal": marginal(pairs),
        "runs": [pair.as_json() for pair in pairs],
        "drafts": drafts,
        "demo_start": demo,
        "cohorts": _cohorts(options, home),
        "ledger": [] if options.only_cohort else _ledger(options, home),
    }


def _cohorts(options: argparse.Namespace, home: Path) -> list[dict[str, Any]]:
    if not options.cohort:
        return []
    words = f"{options.cohort:,} prospects through all seven stages …"
    Console(stderr=True, highlight=False).print(words, style="dim")
    ways = [WAYS[name] for name in options.convert]
    return measure_cohorts(options.cohort, ways, options.cohort_decks, options.seed, home)


def _ledger(options: argparse.Namespace, home: Path) -> list[dict[str, Any]]:
    if not options.ledger_actions:
        return []
    Console(stderr=True, highlight=False).print("claiming and recording in the ledger …", style="dim")
    return measure_ledger(options.ledger_actions, LEDGER_WORKERS, home / "ledger")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="start.py bench",
        description="One outbound pass by the product and by a plain script that does the same work; then the "
        "Salesforce calls of a cohort that goes through all seven stages.",
    )
    parser.add_argument(
        "--sizes", type=_positive, nargs="+", default=SIZES, metavar="N", help="prospects (200 1000 5000)"
    )
    parser.add_argument("--seed", type=int, default=7, help="decides who the prospects are")
    parser.add_argument(
        "--drafts", type=_whole, default=50, metavar="N", help="prospects to draft for; 0 leaves it out"
    )
    parser.add_argument(
        "--cohort",
        type=_whole,
        default=COHORT,
        metavar="N",
        help=f"prospects that go through all seven stages, to count Salesforce calls ({COHORT}); 0 leaves it out",
    )
    parser.add_argument(
        "--cohort-decks",
        type=_whole,
        default=200,
        metavar="N",
        help="prospects of a second cohort whose decks are uploaded; 0 leaves it out",
    )
    parser.add_argument(
        "--convert", nargs="+", choices=list(WAYS), default=list(WAYS), help="ways to convert Leads (soap apex)"
    )
    parser.add_argument("--only-cohort", action="store_true", help="nothing but the cohort")
    parser.add_argument(
        "--ledger", action="store_true", help="nothing but the ledger: actions claimed and recorded"
    )
    parser.add_argument(
        "--ledger-actions",
        type=_whole,
        default=LEDGER_ACTIONS,
        metavar="N",
        help=f"actions to claim and record ({LEDGER_ACTIONS}); 0 leaves the ledger out",
    )
    parser.add_argument("--no-demo", action="store_true", help="leave out the demo's start")
    parser.add_argument(
        "--profile", type=_folder, metavar="DIR", help="also write a cProfile file of each flow (slower)"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    return parser


def _positive(text: str) -> int:
    if (number := _whole(text)) < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _whole(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number")
    return int(text)


def _folder(text: str) -> Path:
    return Path(text).resolve()


if __name__ == "__main__":
    sys.exit(main())
