"""Both ledgers and both CRMs, for the contract suites that hold them to the same promises."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from closeloop.adapters.ledger import SqlLedger, open_ledger
from closeloop.application.ports import Ledger
from tests.contract.crm_fixtures import org as org
from tests.contract.crm_fixtures import salesforce as salesforce
from tests.contract.real_org import real_hosts
from tests.fakes.ledger import MemoryLedger
from tests.postgres import Server, emptied, postgres_server
from tests.sandbox.conftest import sandbox as sandbox
from tests.sandbox.conftest import sandbox_process as sandbox_process


def pytest_itemcollected(item: pytest.Item) -> None:
    """A person's own org is the only thing beyond the loopback that a test may reach, and only these tests."""
    if hosts := real_hosts():
        item.add_marker(pytest.mark.allow_hosts(["127.0.0.1", "localhost", "::1", *hosts]))


def _sqlite_file(folder: Path) -> Ledger:
    return open_ledger(folder / "ledger.db")


def _sqlite_memory(_: Path) -> Ledger:
    return open_ledger(":memory:")


def _fake(_: Path) -> Ledger:
    return MemoryLedger()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """One server for all tests of this process; it starts with the first that asks."""
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def _postgres_ledger(postgres: Server) -> str:
    url = postgres.new_database()
    open_ledger(url).close()
    return url


@pytest.fixture
def postgres_url(_postgres_ledger: str) -> str:
    """The address of a ledger without any row."""
    return emptied(_postgres_ledger)


@pytest.fixture(params=["sqlite", "postgres"])
def ledger_place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where a ledger without any row lies, in each database that several may open at once."""
    if request.param == "sqlite":
        return tmp_path / "ledger.db"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def shared(ledger_place: Path | str) -> Iterator[list[SqlLedger]]:
    """The same ledger, opened by four workers, each with connections of its own as processes have."""
    opened = [open_ledger(ledger_place) for _ in range(4)]
    yield opened
    for one in opened:
        one.close()


_MAKERS: dict[str, Callable[[Path], Ledger]] = {
    "sqlite_file": _sqlite_file,
    "sqlite_memory": _sqlite_memory,
    "fake": _fake,
}


@pytest.fixture(params=[*_MAKERS, "postgres"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    make = _MAKERS.get(request.param)
    made = make(tmp_path) if make else open_ledger(request.getfixturevalue("postgres_url"))
    yield made
    if isinstance(made, SqlLedger):
        made.close()
