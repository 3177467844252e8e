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
from tests.bench.machine import machine
from tests.bench.sections import SECTIONS, WAYS


def main(arguments: list[str] | None = None) -> int:
    """Everything that was asked for, one after the other."""
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
        _show(found)
    return 0 if all(run["same_work"] for run in found.get("pass", {}).get("runs", [])) else 1


def measure(options: argparse.Namespace, home: Path) -> dict[str, Any]:
    """All figures as one JSON object: the machine, then each part under its name."""
    found: dict[str, Any] = {"machine": machine(), "seed": options.seed}
    side = Console(stderr=True, highlight=False)
    for name in _chosen(options):
        side.print(f"{SECTIONS[name].about} …", style="dim")
        found[name] = SECTIONS[name].measure(options, home)
    return found


def _chosen(options: argparse.Namespace) -> list[str]:
    """The parts that were named; a number of events or decks names theirs."""
    numbered = [name for name in ("events", "decks") if getattr(options, name)]
    named = options.sections or numbered
    return named or [name for name, section in SECTIONS.items() if section.usual]


def _show(found: dict[str, Any]) -> None:
    screen = Console(highlight=False)
    told = found["machine"]
    where = f"{told['cores']} cores, Python {told['python']}, Prefect {told['prefect']}"
    screen.print(f"{where}, load {told['load_before']} at the start", style="dim")
    for name, section in SECTIONS.items():
        if name in found:
            screen.print()
            section.show(screen, found[name])


def _parser() -> argparse.ArgumentParser:
    parts = "\n".join(
        f"  {name:<8} {section.about}{'' if section.usual else ' (only when named)'}"
        for name, section in SECTIONS.items()
    )
    parser = argparse.ArgumentParser(
        prog="start.py bench",
        description=f"Measures the product; name the parts you want.\n\n{parts}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("sections", nargs="*", metavar="PART", type=_section, help="the parts; all usual ones")
    parser.add_argument("--seed", type=int, default=7, help="decides who the prospects are")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    sizes = parser.add_argument_group("how much of each")
    add = sizes.add_argument
    add("--sizes", type=_positive, nargs="+", default=(200, 1000, 5000), metavar="N", help="pass: prospects")
    add("--profile", type=_folder, metavar="DIR", help="pass: also a cProfile file of each flow (slower)")
    add("--drafts", type=_positive, default=50, metavar="N", help="drafts: prospects to draft for")
    add("--decks", type=_positive, metavar="N", help="decks: how many (200); alone it means this part only")
    add("--mails", type=_positive, default=10_000, metavar="N", help="mails: how many")
    add("--ledger-actions", type=_positive, default=40_000, metavar="N", help="ledger: actions")
    add("--events", type=_positive, metavar="N", help="events: changes (200); alone it means this part only")
    add("--overhead-prospects", type=_positive, default=10_000, metavar="N", help="overhead: prospects")
    add("--identity-leads", type=_positive, default=100_000, metavar="N", help="identity: leads")
    add("--cohort", type=_positive, default=10_000, metavar="N", help="cohort: prospects")
    add("--cohort-decks", type=_whole, default=200, metavar="N", help="cohort: prospects whose decks are uploaded")
    add("--convert", nargs="+", choices=list(WAYS), default=list(WAYS), help="cohort: ways to convert Leads")
    return parser


def _section(text: str) -> str:
    if text not in SECTIONS:
        raise argparse.ArgumentTypeError(f"there is no part {text!r}; there are {', '.join(SECTIONS)}")
    return text


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
