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
from tests.bench.demo_start import demo_start
from tests.bench.figures import marginal
from tests.bench.machine import machine
from tests.bench.measure import measure_drafts, measure_pair
from tests.bench.table import print_tables

SIZES = (200, 1000, 5000)


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
        print_tables(Console(highlight=False), found)
    return 0 if all(run["same_work"] for run in found["runs"]) else 1


def measure(options: argparse.Namespace, home: Path) -> dict[str, Any]:
    """All figures as one JSON object."""
    facts = machine()
    side = Console(stderr=True, highlight=False)
    pairs = []
    for size in sorted(set(options.sizes)):
        side.print(f"{size:,} prospects …", style="dim")
        pairs.append(measure_pair(size, options.seed, home, options.profile))
    drafts = demo = None
    if options.drafts:
        side.print("draft presentations …", style="dim")
        drafts = measure_drafts(options.drafts, options.seed, home)
    if not options.no_demo:
        side.print("the demo's start …", style="dim")
        demo = demo_start(home, options.seed)
    return {
        "machine": facts,
        "seed": options.seed,
        "marginal": marginal(pairs),
        "runs": [pair.as_json() for pair in pairs],
        "drafts": drafts,
        "demo_start": demo,
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="start.py bench",
        description="One outbound pass by the product and by a plain script that does the same work.",
    )
    parser.add_argument(
        "--sizes", type=_positive, nargs="+", default=SIZES, metavar="N", help="prospects (200 1000 5000)"
    )
    parser.add_argument("--seed", type=int, default=7, help="decides who the prospects are")
    parser.add_argument(
        "--drafts", type=_whole, default=50, metavar="N", help="prospects to draft for; 0 leaves it out"
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
