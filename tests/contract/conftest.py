"""Both ledgers and both CRMs, for the contract suites that hold them to the same promises."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from closeloop.adapters.ledger import SqlLedger, open_ledger
from closeloop.application.ports import Ledger
from tests.contract.crm_fixtures import org as org
from tests.fakes.ledger import MemoryLedger
from tests.sandbox.conftest import sandbox as sandbox
from tests.sandbox.conftest import sandbox_process as sandbox_process


def _sqlite_file(folder: Path) -> Ledger:
    return open_ledger(folder / "ledger.db")


def _sqlite_memory(_: Path) -> Ledger:
    return open_ledger(":memory:")


def _fake(_: Path) -> Ledger:
    return MemoryLedger()


@pytest.fixture(params=[_sqlite_file, _sqlite_memory, _fake], ids=lambda make: make.__name__[1:])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    make: Callable[[Path], Ledger] = request.param
    made = make(tmp_path)
    yield made
    if isinstance(made, SqlLedger):
        made.close()
