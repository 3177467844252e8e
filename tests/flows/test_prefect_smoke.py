"""The installed Prefect starts and schedules; see `prefect_smoke` for why health alone proves nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

SMOKE = Path(__file__).with_name("prefect_smoke.py")


@pytest.mark.prefect
def test_a_deployment_with_a_schedule_gets_scheduled_runs() -> None:
    # A process of its own: the server that the other flow tests share has no scheduler.
    alone = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    alone["PYTHONPATH"] = str(SMOKE.parents[2])
    seen = subprocess.run(
        [sys.executable, SMOKE], env=alone, capture_output=True, text=True, check=False, timeout=200
    )
    assert seen.returncode == 0, seen.stdout + seen.stderr
    assert "scheduled runs appeared" in seen.stdout
