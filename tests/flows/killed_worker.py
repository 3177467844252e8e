"""What becomes of a run whose worker dies in the middle of it: `python -m tests.flows.killed_worker`.

Some minutes long, so not part of the suite. A run waits on a slow Salesforce while processes are killed by SIGKILL:
its own, then the runner's too, then both while nobody starts another runner, as when a machine is lost.
Each time it must be taken up again and end as Completed. Prints a line for each case; 1 when a run is left behind.
"""

from __future__ import annotations

import signal
import sys
import tempfile
import time
from pathlib import Path

import httpx
import psutil

from tests.flows.up_process import Row, UpProcess, running, until

SLOW_SECONDS = 25
GIVE_UP_SECONDS = 300.0


def main() -> int:
    """All cases; 0 when every run was taken up again."""
    with tempfile.TemporaryDirectory() as folder, running(Path(folder) / "home", {}) as up:
        taken = [
            _killed(up, "its process"),
            _killed(up, "its process and its runner", with_runner=True),
            _killed(up, "its process and its runner, with nobody to start one", with_runner=True, lost=True),
        ]
    return 0 if all(taken) else 1


def _killed(up: UpProcess, what: str, *, with_runner: bool = False, lost: bool = False) -> bool:
    _slow(up, on=True)
    run = _start(up)
    until(lambda: _now(up, run)["state_name"] == "Running")
    time.sleep(3)  # in the middle of a call
    if lost:
        up.process.send_signal(signal.SIGSTOP)
    killed_at = time.monotonic()
    for victim in _processes_of(up, run["id"], with_runner=with_runner):
        victim.kill()
    _slow(up, on=False)
    if lost:
        until(lambda: _now(up, run)["state_type"] in {"CRASHED", "SCHEDULED"}, GIVE_UP_SECONDS)
        noticed = time.monotonic() - killed_at
        what = f"{what} (noticed by Prefect after {noticed:.0f} s)"
        until(lambda: _now(up, run)["state_type"] == "SCHEDULED", GIVE_UP_SECONDS)
        up.process.send_signal(signal.SIGCONT)
    until(lambda: _now(up, run)["state_name"] in {"Completed", "Failed", "Skipped"}, GIVE_UP_SECONDS)
    return _told(up, run, what, time.monotonic() - killed_at)


def _told(up: UpProcess, run: Row, what: str, took: float) -> bool:
    ended = _now(up, run)
    history = httpx.get(f"{up.api}/flow_run_states/", params={"flow_run_id": run["id"]}).json()
    states = " > ".join(row["name"] for row in history)
    sys.stdout.write(f"{what} killed: {ended['state_name']} after {took:.0f} s; {states}\n")
    sys.stdout.flush()
    return bool(ended["state_name"] == "Completed" and ended["run_count"] == 2)


def _slow(up: UpProcess, *, on: bool) -> None:
    rules = [{"kind": "slow", "seconds": SLOW_SECONDS, "match": {"operation": "query"}}]
    control = f"{up.line['sandbox']['control']}/faults"
    answer = httpx.post(control, json={"seed": 1, "rules": rules}) if on else httpx.delete(control)
    assert answer.is_success, answer.text


def _start(up: UpProcess) -> Row:
    deployment = up.deployments()["prospecting"]["id"]
    body = {"state": {"type": "SCHEDULED"}, "idempotency_key": str(time.monotonic())}
    address = f"{up.api}/deployments/{deployment}/create_flow_run"
    # A server that is writing a flood of records down answers 503, and asks to be asked again.
    answer = until(lambda: found if (found := httpx.post(address, json=body)).status_code != 503 else None)
    assert answer.is_success, answer.text
    return dict(answer.json())


def _now(up: UpProcess, run: Row) -> Row:
    return dict(httpx.get(f"{up.api}/flow_runs/{run['id']}").json())


def _processes_of(up: UpProcess, run: str, *, with_runner: bool) -> list[psutil.Process]:
    """The runner comes first, so that it cannot tell what happened to the other."""
    family = up.family()
    worker = [one for one in family if _environment_of(one).get("PREFECT__FLOW_RUN_ID") == run]
    runner = [one for one in family if "flows.runner_process" in one.cmdline()]
    return [*runner, *worker] if worker and with_runner else worker


def _environment_of(process: psutil.Process) -> dict[str, str]:
    try:
        return process.environ()
    except psutil.Error:
        return {}


if __name__ == "__main__":
    sys.exit(main())
