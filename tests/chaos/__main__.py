"""`python -m tests.chaos --kills N --seed S [--workers W] [--database sqlite|postgres] --json`.

Exit code 0 when nothing was sent twice, lost or sent after a stop; 1 when something was; 2 on wrong use.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
from pathlib import Path

from tests.chaos.points import named_points
from tests.chaos.run import run
from tests.chaos.settings import Database, Options
from tests.chaos.verdict import Verdict


def main() -> int:
    """Run it, print what the judge found."""
    given = _parser().parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))  # so that everything it started ends with it
    options = Options(
        kills=given.kills,
        seed=given.seed,
        workers=given.workers,
        database=given.database,
        prospects=given.prospects,
        days=given.days,
        points=tuple(given.at),
        planted=given.planted,
    )
    with tempfile.TemporaryDirectory(prefix="closeloop-chaos-") as folder:
        found = run(options, given.home or Path(folder), say=_progress)
    sys.stdout.write(json.dumps(found.model_dump(), indent=None if given.json else 2) + "\n")
    if not given.json:
        sys.stderr.write(_sentence(found))
    return 0 if found.is_clean else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tests.chaos", description="Kill workers; see whether anything is lost.")
    parser.add_argument("--kills", type=int, required=True, metavar="N", help="workers to kill by SIGKILL")
    parser.add_argument("--seed", type=int, default=7, metavar="S", help="decides faults, buyers and who is killed")
    parser.add_argument("--workers", type=int, default=2, metavar="W", help="workers at the same time")
    parser.add_argument("--database", type=Database, choices=list(Database), default=Database.SQLITE)
    parser.add_argument(
        "--prospects", type=int, default=0, metavar="P", help="people to sell to; ten for each kill"
    )
    parser.add_argument("--days", type=int, default=12, metavar="D", help="simulated business days")
    parser.add_argument("--home", type=Path, metavar="DIR", help="keep ledger and logs in this empty folder")
    parser.add_argument(
        "--at", action="append", default=[], choices=named_points(), metavar="POINT", help="die here"
    )
    parser.add_argument("--planted", action="store_true", help="plant a bug: claim after sending; must be found")
    parser.add_argument("--json", action="store_true", help="one line of JSON")
    return parser


def _progress(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _sentence(found: Verdict) -> str:
    what = "nothing was sent twice, lost or sent after a stop" if found.is_clean else "NOT clean: see the findings"
    return f"{found.kills} kills, {found.sends} mails, {found.crm_writes} CRM writes: {what}\n"


if __name__ == "__main__":
    sys.exit(main())
