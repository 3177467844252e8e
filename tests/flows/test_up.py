"""`closeloop up` as people start it: all of it is there, it ends without a trace, and the next start goes on."""

from __future__ import annotations

import shutil
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import psutil
import pytest

from closeloop.cli.up_sandbox import FIRST_LEADS
from closeloop.cli.up_view import new_lead
from flows.deployments import DEPLOYED
from tests.flows.up_process import Row, UpProcess, command, environment, running, until

# Twenty seconds of work, which a busy machine makes minutes of.
pytestmark = [pytest.mark.prefect, pytest.mark.e2e, pytest.mark.timeout(600), pytest.mark.long]
OFTEN = {"prospecting": [{"every_seconds": 6}], "closing": [{"cron": "30 9 * * 1-5"}]}


@dataclass
class TwoStarts:
    """What was seen of a first start that was ended by Ctrl-C, and of a second one that was killed."""

    line: Row
    answers: dict[str, int]
    deployments: dict[str, Row]
    completed: Row
    event_runs: list[Row] | None
    refused: subprocess.CompletedProcess[str]
    exit_code: int
    said: str
    left_after_ctrl_c: list[psutil.Process]
    deployments_again: dict[str, Row]
    runs_again: list[Row]
    leads: tuple[int, int]
    server_was_killed: bool
    completed_after_server: bool
    said_again: str
    left_after_kill: list[psutil.Process]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> TwoStarts:
    home = tmp_path_factory.mktemp("up") / "home"
    found: dict[str, Any] = {}
    with running(home, OFTEN) as up:
        found |= _first(up)
    with running(home, OFTEN) as again:
        found |= _second(again)
    found["leads"] = (found.pop("leads_before"), found.pop("leads_after"))
    return TwoStarts(**found)


def _first(up: UpProcess) -> dict[str, Any]:
    found: dict[str, Any] = {"line": up.line, "answers": _answers(up), "deployments": up.deployments()}
    found["refused"] = subprocess.run(
        command(), env=environment(up.home), cwd=up.home, capture_output=True, text=True, check=False, timeout=60
    )
    completed = until(lambda: up.runs("prospecting", "Completed"))
    found["completed"] = completed[-1] if completed else {}
    found["event_runs"] = _event_runs(up)
    found["leads_before"] = _leads(up)
    closing = found["deployments"]["closing"]
    _pause(up, closing)
    family = up.family()
    found["exit_code"] = up.stop(signal.SIGINT)
    found["said"] = (up.home / "stderr.txt").read_text()
    found["left_after_ctrl_c"] = _alive(family)
    return found


def _event_runs(up: UpProcess) -> list[Row] | None:
    """Runs after the command that the screen proposes was typed in; None where there is no curl."""
    if shutil.which("curl") is None:
        return None
    typed = subprocess.run(["sh", "-c", new_lead(up.line["sandbox"])], capture_output=True, text=True, check=False)
    assert '"success":true' in typed.stdout.replace(" ", ""), typed
    return list(until(lambda: up.runs("on_event", "Completed")))


def _second(up: UpProcess) -> dict[str, Any]:
    until(lambda: up.runs("prospecting", "Skipped"))
    found: dict[str, Any] = {"deployments_again": up.deployments(), "leads_after": _leads(up)}
    found["runs_again"] = until(lambda: up.runs("prospecting", "Completed", "Skipped"))
    found |= _server_killed(up)
    family = up.family()
    up.process.kill()
    up.process.wait(10)
    until(lambda: not _alive(family), 25)
    found["left_after_kill"] = _alive(family)
    return found


def _server_killed(up: UpProcess) -> dict[str, Any]:
    servers = [one for one in up.family() if "flows.server_process" in one.cmdline()]
    for server in servers:
        server.kill()
        server.wait(10)
    killed_at = datetime.now(UTC).isoformat()

    def runs_since() -> bool:
        with suppress(httpx.TransportError):
            return any(run["start_time"] > killed_at for run in up.runs("prospecting", "Completed"))
        return False

    went_on = until(runs_since, 200)
    said = (up.home / "stderr.txt").read_text()
    return {"server_was_killed": len(servers) == 1, "completed_after_server": went_on, "said_again": said}


def _answers(up: UpProcess) -> dict[str, int]:
    addresses = {
        "api": f"{up.api}/health",
        "ui": str(up.line["prefect_ui"]),
        "gateway": f"{up.line['gateway']}/health",
        "control": f"{up.line['sandbox']['control']}/clock",
    }
    return {name: httpx.get(url, follow_redirects=True, timeout=60).status_code for name, url in addresses.items()}


def _leads(up: UpProcess) -> int:
    return len(httpx.get(f"{up.line['sandbox']['control']}/snapshot", timeout=60).json()["Lead"])


def _pause(up: UpProcess, deployment: Row) -> None:
    schedule = deployment["schedules"][0]["id"]
    address = f"{up.api}/deployments/{deployment['id']}/schedules/{schedule}"
    assert until(lambda: httpx.patch(address, json={"active": False}, timeout=60).is_success)


def _alive(family: list[psutil.Process]) -> list[psutil.Process]:
    return [one for one in family if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


def test_the_first_line_says_where_everything_is_and_all_of_it_answers(seen: TwoStarts) -> None:
    assert seen.line.keys() == {"prefect_api", "prefect_ui", "gateway", "sandbox"}
    assert {"url", "salesforce", "sendgrid", "control"} <= seen.line["sandbox"].keys()
    assert set(seen.answers.values()) == {200}, seen.answers


def test_every_flow_is_deployed_with_its_schedule_in_the_playbooks_time_zone(seen: TwoStarts) -> None:
    assert seen.deployments.keys() == {flow.name for flow in DEPLOYED.values()}
    (rule,) = seen.deployments["closing"]["schedules"]
    assert (rule["schedule"]["cron"], rule["schedule"]["timezone"]) == ("30 9 * * 1-5", "Europe/London")
    assert all("closeloop" in row["tags"] for row in seen.deployments.values())


def test_a_scheduled_run_appears_and_completes(seen: TwoStarts) -> None:
    assert seen.completed["auto_scheduled"]
    assert seen.completed["state_type"] == "COMPLETED"


def test_a_lead_that_a_seller_enters_starts_a_run_by_the_command_on_the_screen(seen: TwoStarts) -> None:
    if seen.event_runs is None:
        pytest.skip("there is no curl on this machine")
    assert seen.event_runs
    assert any(tag.startswith("crm:00Q") for run in seen.event_runs for tag in run["tags"])


def test_a_second_up_in_the_same_home_says_where_the_first_is(seen: TwoStarts) -> None:
    assert seen.refused.returncode == 2
    assert "Closeloop is already up in" in seen.refused.stderr
    assert str(seen.line["prefect_ui"]) in seen.refused.stderr


def test_ctrl_c_ends_all_of_it_without_a_word_too_many(seen: TwoStarts) -> None:
    assert seen.exit_code == 0
    assert seen.left_after_ctrl_c == []
    assert "Traceback" not in seen.said
    assert seen.said.strip().endswith("everything is kept for the next start.")


def test_the_next_start_finds_schedules_as_people_left_them(seen: TwoStarts) -> None:
    active = {name: [rule["active"] for rule in row["schedules"]] for name, row in seen.deployments_again.items()}
    assert (active["closing"], active["prospecting"]) == ([False], [True])
    assert seen.deployments_again["closing"]["id"] == seen.deployments["closing"]["id"]
    assert seen.leads[0] == seen.leads[1] >= FIRST_LEADS


def test_runs_that_were_missed_are_done_by_one(seen: TwoStarts) -> None:
    states = [run["state_name"] for run in seen.runs_again]
    assert "Skipped" in states
    messages = {run["state"]["message"] for run in seen.runs_again if run["state_name"] == "Skipped"}
    assert any("did its work" in message or "already being worked" in message for message in messages), messages


def test_a_prefect_server_that_died_is_started_again_and_schedules_go_on(seen: TwoStarts) -> None:
    assert seen.server_was_killed
    assert "Prefect's server has ended by itself; starting it again" in seen.said_again
    assert "Prefect answers again at" in seen.said_again
    assert seen.completed_after_server, seen.said_again


def test_killed_it_takes_everything_along(seen: TwoStarts) -> None:
    assert seen.left_after_kill == []
