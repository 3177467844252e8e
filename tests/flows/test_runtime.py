"""The server that a command starts for itself: one address for all, complete records, a silent terminal,
no orphan.
"""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest
from prefect import flow, get_run_logger, task
from prefect.settings import PREFECT_API_URL, PREFECT_FLOWS_HEARTBEAT_FREQUENCY

from flows import empty_database
from flows.private_server import ServerDidNotStart
from flows.runtime import prefect_server

pytestmark = [pytest.mark.prefect, pytest.mark.long]
ROOT = Path(__file__).parents[2]


@task
def double(number: int) -> int:
    return 2 * number


@flow
def doubles(count: int) -> int:
    get_run_logger().warning("a word that belongs into the log")
    return sum(double(number) for number in range(count))


def test_a_flow_runs_on_the_servers_address_with_its_heartbeat_off(prefect_api: str) -> None:
    assert PREFECT_API_URL.value() == prefect_api
    assert PREFECT_FLOWS_HEARTBEAT_FREQUENCY.value() is None
    assert doubles(3) == 6
    flows_seen = httpx.post(f"{prefect_api}/flows/filter", json={}).json()
    assert "doubles" in {seen["name"] for seen in flows_seen}


def test_another_thread_uses_the_same_server(prefect_api: str) -> None:
    seen: list[str | None] = []
    thread = threading.Thread(target=lambda: seen.append(PREFECT_API_URL.value()))
    thread.start()
    thread.join()
    assert seen == [prefect_api]


def test_a_command_inside_a_server_uses_it_and_starts_no_other(prefect_api: str, tmp_path: Path) -> None:
    with prefect_server(tmp_path) as address:
        assert address == prefect_api
    assert not (tmp_path / "prefect").exists()
    assert httpx.get(f"{prefect_api}/health").status_code == 200


def test_the_page_for_people_asks_the_server_that_serves_it(prefect_api: str) -> None:
    settings = httpx.get(prefect_api.removesuffix("/api") + "/ui-settings").json()
    assert settings["api_url"] == "/api"


COMMAND = """
import sys
from pathlib import Path
from flows.runtime import prefect_server
from prefect import flow, get_run_logger, task

@task
def step(number):
    return number

@flow
def steps():
    get_run_logger().info("a word for the log")
    return [step(number) for number in range(40)]

with prefect_server(Path(sys.argv[1])) as address:
    steps()
    print(address, flush=True)
    if "wait" in sys.argv:
        sys.stdin.read()
"""


def _command(home: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-W", "default", "-c", COMMAND, str(home), *arguments]


def _environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    return {**kept, "HOME": str(home), "PYTHONPATH": str(ROOT)}


def _run(home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        _command(home), env=_environment(home), capture_output=True, text=True, check=False, timeout=120
    )


def test_a_command_leaves_every_record_and_not_a_line_on_the_terminal(tmp_path: Path) -> None:
    ran = _run(tmp_path)
    assert (ran.returncode, ran.stderr, ran.stdout.count("\n")) == (0, "", 1)
    records = sqlite3.connect(tmp_path / "prefect" / "prefect.db")
    states = records.execute("SELECT state_type, count(*) FROM task_run GROUP BY 1").fetchall()
    assert states == [("COMPLETED", 40)]
    assert "a word for the log" in (tmp_path / "logs" / "prefect.log").read_text()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{ran.stdout.strip()}/health")


@pytest.mark.parametrize("ended_by", [signal.SIGINT, signal.SIGKILL])
def test_a_command_that_is_stopped_takes_its_server_along(tmp_path: Path, ended_by: signal.Signals) -> None:
    with subprocess.Popen(
        _command(tmp_path, "wait"),
        env=_environment(tmp_path),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as command:
        assert command.stdout is not None
        address = command.stdout.readline().strip()
        assert httpx.get(f"{address}/health").status_code == 200
        command.send_signal(ended_by)
    assert command.returncode != 0
    assert _gone_within(15, f"{address}/health")


def _gone_within(seconds: float, address: str) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            httpx.get(address, timeout=1)
        except httpx.TransportError:
            return True
        time.sleep(0.1)
    return False


def test_a_server_that_cannot_start_says_why_with_the_end_of_its_log(tmp_path: Path) -> None:
    (tmp_path / "prefect").mkdir()
    (tmp_path / "prefect" / "prefect.db").write_text("this is no database" * 100)
    ran = _run(tmp_path)
    assert ran.returncode == 1
    assert ServerDidNotStart.__name__ in ran.stderr
    assert "file is not a database" in ran.stderr


def test_an_empty_database_is_kept_without_keys_and_saves_migrations(prefect_api: str, tmp_path: Path) -> None:
    assert prefect_api  # a server has run, so this environment has its empty database
    cache, copy = tmp_path / "cache" / "empty.db", tmp_path / "prefect.db"
    assert not empty_database.seed(copy, cache)
    assert empty_database.keep(empty_database.default_cache(), cache)
    assert empty_database.seed(copy, cache)
    tables = sqlite3.connect(copy)
    assert tables.execute("SELECT count(*) FROM configuration").fetchone() == (0,)
    assert tables.execute("SELECT count(*) FROM block_type").fetchone()[0] > 0


def test_a_database_with_runs_in_it_is_never_cached(tmp_path: Path) -> None:
    used, cache = tmp_path / "used.db", tmp_path / "empty.db"
    with sqlite3.connect(used) as tables:
        tables.executescript(
            "CREATE TABLE flow_run (id TEXT); INSERT INTO flow_run VALUES ('a run');"
            "CREATE TABLE configuration (key TEXT); CREATE TABLE alembic_version (version_num TEXT);"
        )
    assert not empty_database.keep(used, cache)
    assert list(tmp_path.iterdir()) == [used]


def test_a_database_of_another_revision_is_migrated_by_prefect(tmp_path: Path) -> None:
    old, cache = tmp_path / "old.db", tmp_path / "cache.db"
    for file, revision in ((old, "aaa"), (cache, "bbb")):
        with sqlite3.connect(file) as tables:
            tables.execute("CREATE TABLE alembic_version (version_num TEXT)")
            tables.execute("INSERT INTO alembic_version VALUES (?)", (revision,))
    assert not empty_database.seed(old, cache)
