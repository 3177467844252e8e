"""`python -m tests.backtest`: how good the forecast and the causes of standstills are, where the truth is known.

Twenty markets of the sandbox's buyers, two thousand deals and more, are lived through; on seven days of each the
report is drawn from what was known that day. Seeds from 101 on were never used to choose anything. Exit code 1 when
a figure misses what the project promises.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor

from rich.console import Console
from rich.table import Table

from tests.backtest.planted import named
from tests.backtest.scores import Scores

FIRST_SEED = 101
COVERAGE, SLACK, CAUSES = 0.8, 0.05, 0.85
EACH = 60
"""Stuck deals for each planted cause."""


def main(arguments: list[str] | None = None) -> int:
    """Live, look, tell."""
    options = _parser().parse_args(arguments)
    seeds = range(options.seed, options.seed + options.seeds)
    with ProcessPoolExecutor(options.workers) as pool:
        scores = sum(pool.map(_market, seeds), Scores())
    causes = named(options.seed, EACH)
    right, planted = (sum(column) for column in zip(*causes.values(), strict=True))
    covered, of = scores.coverage.share or 0.0, scores.coverage.of
    checks = [
        ("80% intervals cover what came", f"{covered:.1%} of {of}", abs(covered - COVERAGE) <= SLACK),
        ("Brier score", f"{scores.brier:.3f}", scores.brier < scores.plain_brier),
        ("  of plain stage weights", f"{scores.plain_brier:.3f}", True),
        ("expected to what came", f"{scores.expected / (scores.came or 1):.2f}", True),
        ("causes named right", f"{right / planted:.1%} of {planted}", right / planted >= CAUSES),
        *((f"  {cause.replace('_', ' ')}", f"{hits} of {n}", True) for cause, (hits, n) in causes.items()),
    ]
    _show(f"{len(seeds)} markets, {scores.deals:,} deals, {len(scores.ours):,} predictions", checks)
    return 0 if all(kept for *_, kept in checks) else 1


def _market(seed: int) -> Scores:
    found = Scores()
    found.take(seed)
    return found


def _show(title: str, checks: list[tuple[str, str, bool]]) -> None:
    table = Table("Measure", "Found", "", title=title, title_justify="left")
    for name, found, kept in checks:
        table.add_row(name, found, "" if kept else "MISSED")
    Console().print(table)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.backtest", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, help="markets (default 20)")
    parser.add_argument("--seed", type=int, default=FIRST_SEED, help=f"the first seed (default {FIRST_SEED})")
    parser.add_argument("--workers", type=int, default=2, help="processes (default 2)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
