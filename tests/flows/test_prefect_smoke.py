"""The installed Prefect is one that starts and schedules; see `prefect_smoke` for why health alone
proves nothing.
"""

from pathlib import Path

import pytest

from tests.flows.prefect_smoke import scheduled_runs


@pytest.mark.prefect
def test_a_deployment_with_a_schedule_gets_scheduled_runs(tmp_path: Path) -> None:
    assert scheduled_runs(tmp_path) > 0
