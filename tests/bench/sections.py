"""The parts of the benchmark: what each is called, what it measures and how it is shown.

A new part is one entry here. Parts run one after the other, so that nothing measured runs beside anything else.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from tests.bench.cohort import APEX, SOAP, measure_cohorts
from tests.bench.cohort_table import print_cohorts
from tests.bench.decks import measure_decks, print_decks
from tests.bench.demo_start import demo_start
from tests.bench.events import measure_events, print_events
from tests.bench.figures import marginal
from tests.bench.identity import measure_identity, print_identity
from tests.bench.ledger import measure_ledger
from tests.bench.ledger_table import print_ledger
from tests.bench.mails import measure_mails, print_mails
from tests.bench.measure import measure_drafts, measure_pair
from tests.bench.overhead import measure_overhead, print_overhead
from tests.bench.table import print_demo_start, print_drafts, print_passes

LEDGER_WORKERS = 4
EVENTS = 200
DECKS = 200
WAYS = {"soap": SOAP, "apex": APEX}
Options = argparse.Namespace
Found = Any


@dataclass(frozen=True)
class Section:
    """One part."""

    name: str
    about: str
    measure: Callable[[Options, Path], Found]
    show: Callable[[Console, Found], None]
    usual: bool = True
    """Measured when nobody names a part; the long ones are not."""


def _passes(options: Options, home: Path) -> Found:
    pairs = [measure_pair(size, options.seed, home, options.profile) for size in sorted(set(options.sizes))]
    return {"marginal": marginal(pairs), "runs": [pair.as_json() for pair in pairs]}


def _drafts(options: Options, home: Path) -> Found:
    return measure_drafts(options.drafts, options.seed, home)


def _demo(options: Options, home: Path) -> Found:
    return demo_start(home, options.seed)


def _cohort(options: Options, home: Path) -> Found:
    ways = [WAYS[name] for name in options.convert]
    return measure_cohorts(options.cohort, ways, options.cohort_decks, options.seed, home)


def _ledger(options: Options, home: Path) -> Found:
    return measure_ledger(options.ledger_actions, LEDGER_WORKERS, home / "ledger")


def _identity(options: Options, home: Path) -> Found:
    return measure_identity(options.identity_leads, options.seed, home)


def _mails(options: Options, home: Path) -> Found:
    return measure_mails(options.mails, options.seed, home)


def _decks(options: Options, home: Path) -> Found:
    return measure_decks(options.decks or DECKS, home)


def _events(options: Options, home: Path) -> Found:
    return measure_events(options.events or EVENTS, options.seed, home)


def _overhead(options: Options, home: Path) -> Found:
    return measure_overhead(options.overhead_prospects, options.seed, home)


SECTIONS = {
    section.name: section
    for section in (
        Section("pass", "one outbound pass beside a plain script that does the same work", _passes, print_passes),
        Section("drafts", "what drawing a presentation costs", _drafts, print_drafts),
        Section("decks", "tailored decks beside a bare python-pptx loop", _decks, print_decks),
        Section("demo", "how long the demo takes to its first progress", _demo, print_demo_start),
        Section("mails", "mails rendered, claimed, sent and recorded, beside the bare client", _mails, print_mails),
        Section("ledger", "actions claimed and recorded, beside bare inserts", _ledger, print_ledger),
        Section("events", "from a changed Lead to the first line of its run", _events, print_events, usual=False),
        Section("overhead", "Prefect's share of the CPU of a pass", _overhead, print_overhead, usual=False),
        Section("identity", "doubles found among many leads, seconds and memory", _identity, print_identity),
        Section("cohort", "Salesforce calls through all seven stages", _cohort, print_cohorts, usual=False),
    )
}
