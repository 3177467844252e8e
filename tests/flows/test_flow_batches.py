"""The grain of orchestration: one task run for each batch, however many prospects; few for an idle hour."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from closeloop.application.passes import PASSES
from closeloop.application.services import BATCH
from closeloop.bootstrap import using
from flows.catalogue import start
from tests.flows.office import Office, clean_rows

pytestmark = pytest.mark.prefect
MANY = BATCH + BATCH // 5


def _tasks(office: Office, run: dict[str, str]) -> list[str]:
    return [found["name"] for found in office.task_runs(run["id"])]


def test_task_runs_grow_with_batches_and_not_with_prospects(office: Office) -> None:
    office.import_rows(clean_rows(MANY))
    run = office.run("prospecting")
    assert run["state_type"] == "COMPLETED"
    assert _tasks(office, run) == ["pull batch 1", "prospecting batch 1", "prospecting batch 2"]
    assert len(list(office.services.ledger.all_prospects())) == MANY


def test_a_limit_is_kept_by_the_whole_run(office: Office) -> None:
    office.import_rows(clean_rows(9))
    run = office.run("prospecting", limit=4)
    assert run["parameters"]["limit"] == 4
    (text,) = [found["data"] for found in office.artifacts(run["id"])]
    assert "| pull | 4 | new 4 |" in text
    assert "| prospecting | 4 |" in text


def test_a_run_says_what_it_needs_before_it_begins_and_what_it_made_afterwards(office: Office) -> None:
    office.import_rows(clean_rows(9))
    run = office.run("prospecting")
    (text,) = [found["data"] for found in office.artifacts(run["id"])]
    (line,) = [line for line in text.splitlines() if line.startswith("Before it began")]
    told = re.fullmatch(
        r"Before it began: this pass needs about (\d+) Salesforce calls?, ([\d,]+) left of our share "
        r"\(20 % of [\d,]+ a day\)\. It made (\d+)\.",
        line,
    )
    assert told
    assert 0 < int(told[3]) <= int(told[1])
    (logged,) = [log for log in office.logs(run["id"]) if "Salesforce call" in log["message"]]
    assert logged["message"].startswith(f"this pass needs about {told[1]} ")
    assert logged["timestamp"] < min(task["start_time"] for task in office.task_runs(run["id"]))


def test_an_idle_cycle_makes_few_task_runs_and_still_leaves_its_artifact(office: Office) -> None:
    run = office.run("all")
    assert run["state_type"] == "COMPLETED"
    assert len(_tasks(office, run)) <= len(PASSES) // 2
    (text,) = [found["data"] for found in office.artifacts(run["id"])]
    assert text.count("nothing was due") == len(PASSES)


def test_a_run_without_a_moment_works_for_now(office: Office) -> None:
    run = office.run_with("closing")
    assert run["name"] == "closing, now"
    assert [row.as_of for row in office.services.ledger.runs(1)] == [office.now]


def test_a_moment_without_an_offset_is_utc(office: Office) -> None:
    run = office.run_with("closing", as_of=datetime.fromisoformat("2026-01-05T08:00"))
    assert run["name"] == "closing as of 2026-01-05 08:00"
    assert [row.as_of for row in office.services.ledger.runs(1)] == [datetime(2026, 1, 5, 8, tzinfo=UTC)]


def test_a_run_started_by_name_can_be_found_by_its_tags(office: Office) -> None:
    with using(office.services):
        results = start("prospecting", office.now, limit=7)
    assert [result.stage for result in results] == ["pull", "prospecting"]
    chosen = {"flow_runs": {"tags": {"all_": ["closeloop", "prospecting"]}}}
    (run,) = office.prefect.post("/flow_runs/filter", json=chosen).json()
    assert run["parameters"]["limit"] == 7
    assert {tag for found in office.task_runs(run["id"]) for tag in found["tags"]} == {"closeloop", "prospecting"}
