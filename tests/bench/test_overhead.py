"""The overhead part runs, both sides do the same work, and the share is what it says. Never how long it took."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.overhead import measure_overhead, prefect_share


def test_all_that_is_not_work_counts_as_prefects() -> None:
    used = {"cpu_seconds": 70.0, "work_cpu_seconds": 60.0, "server_cpu_seconds": 10.0}
    assert prefect_share(used) == pytest.approx(0.25)


@pytest.mark.long
@pytest.mark.e2e
@pytest.mark.prefect
def test_flows_and_functions_do_the_same_and_only_flows_leave_records(tmp_path: Path) -> None:
    found = measure_overhead(20, 7, tmp_path)
    flows, plain = found["flows"], found["plain"]
    assert found["mails"] > 0
    assert flows["considered"] == plain["considered"]
    assert flows["task_runs"] > 0
    assert flows["database_bytes"] > 0
    assert flows["server_cpu_seconds"] > 0
    assert 0 < found["prefect_share"] < 1
    assert "server_cpu_seconds" not in plain
    assert plain["work_cpu_seconds"] <= plain["cpu_seconds"]
