"""The ledger's bench runs on both databases and counts what was really recorded. Never how fast anything was."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from closeloop.adapters.ledger import open_ledger
from tests.bench.child import BenchFailed
from tests.bench.ledger import _side, measure_ledger, plan
from tests.bench.ledger_table import print_ledger

pytestmark = pytest.mark.long

WORDS = ("SQLite, 1 worker", "PostgreSQL, 2 workers", "bare")


@pytest.mark.e2e
def test_every_database_has_its_figures_beside_the_bare_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = measure_ledger(40, 2, tmp_path)
    assert [(side["database"], side["workers"]) for side in found] == [
        ("sqlite", 1),
        ("sqlite", 2),
        ("postgresql", 2),
    ]
    assert all(side["actions_per_second"] > 0 and side["bare_inserts_per_second"] > 0 for side in found)
    print_ledger(Console(highlight=False, width=100), found)
    told = capsys.readouterr().out
    assert all(words in told for words in WORDS)


@pytest.mark.e2e
def test_a_ledger_that_held_something_already_fails_the_bench(tmp_path: Path) -> None:
    place = tmp_path / "ledger.db"
    ledger = open_ledger(place)
    plan(ledger, 50)
    ledger.close()
    with pytest.raises(BenchFailed, match="40 actions were planned, 50 recorded"):
        _side("sqlite", str(place), 40, 1, tmp_path, 1.0, None)
