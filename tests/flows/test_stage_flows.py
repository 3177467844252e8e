"""Every flow over the sandbox for a week of simulated days, and what people see of it in Prefect."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from closeloop.adapters.leads.sample import sample_rows
from closeloop.application.passes import PASSES, group
from flows.catalogue import FLOWS
from tests.flows.office import Office, Row, open_office
from tests.sandbox.conftest import Sandbox

pytestmark = pytest.mark.prefect
LEADS = 16
DAYS_BETWEEN = 5
FLOW_NAMES = sorted(FLOWS)


@dataclass
class Week:
    """What is on record of a week: each flow once on the first day and on the last, a cycle on the others."""

    first: dict[str, Row]
    last: dict[str, Row]
    cycles: list[Row]
    task_runs: list[Row]
    artifacts: list[Row]
    logs: list[Row]
    people: list[Row]
    mails: list[Row]

    @property
    def runs(self) -> list[Row]:
        return [*self.first.values(), *self.cycles, *self.last.values()]

    def artifact(self, run: Row) -> str:
        """The text of the only artifact of a run."""
        (text,) = [str(found["data"]) for found in self.artifacts if found["flow_run_id"] == run["id"]]
        return text

    def tasks(self, run: Row) -> list[str]:
        return [found["name"] for found in self.task_runs if found["flow_run_id"] == run["id"]]


@pytest.fixture(scope="module")
def week(sandbox_process: Sandbox, prefect_api: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Week]:
    with open_office(sandbox_process, prefect_api, tmp_path_factory.mktemp("office")) as office:
        office.import_rows(sample_rows()[:LEADS])
        yield _live(office)


def _live(office: Office) -> Week:
    nameless = {"LastName": "Nobody", "Company": "North Mills"}
    assert office.sandbox.rest("POST", "sobjects/Lead", json=nameless).ok
    first = {name: office.run(name) for name in FLOWS}
    cycles = []
    for _ in range(DAYS_BETWEEN):
        office.sleep_until_next_business_day()
        cycles.append(office.run("all"))
    office.sleep_until_next_business_day()
    last = {name: office.run(name) for name in FLOWS}
    ids = [run["id"] for run in (*first.values(), *cycles, *last.values())]
    seen: dict[str, Any] = {
        "task_runs": office.task_runs(*ids),
        "artifacts": office.artifacts(*ids),
        "logs": office.logs(*ids),
        "people": office.people(),
        "mails": office.mails(),
    }
    return Week(first, last, cycles, **seen)


def _row(text: str, name: str) -> list[str]:
    """The cells of a pass in an artifact's table."""
    (line,) = [line for line in text.splitlines() if line.startswith(f"| {name.replace('_', ' ')} |")]
    return [cell.strip() for cell in line.strip("|").split("|")][1:]


@pytest.mark.parametrize("name", FLOW_NAMES)
def test_a_flow_of_the_catalogue_completes(week: Week, name: str) -> None:
    for run in (week.first[name], week.last[name]):
        assert run["state_type"] == "COMPLETED", run["state"]["message"]


@pytest.mark.parametrize("name", FLOW_NAMES)
def test_a_run_is_named_after_its_flow_and_the_moment_it_works_for(week: Week, name: str) -> None:
    known = name if name != "all" else "sales_cycle"
    assert week.first[name]["name"] == f"{known} as of 2026-01-05 08:00"


@pytest.mark.parametrize("name", FLOW_NAMES)
def test_a_run_leaves_one_artifact_with_a_line_for_each_pass(week: Week, name: str) -> None:
    for run in (week.first[name], week.last[name]):
        text = week.artifact(run)
        assert text.startswith(f"# Run `{name}-2026")
        assert all(_row(text, each) for each in group(name))


@pytest.mark.parametrize("name", FLOW_NAMES)
def test_artifacts_of_one_flow_share_a_key_so_that_the_ui_shows_their_history(week: Week, name: str) -> None:
    ids = {week.first[name]["id"], week.last[name]["id"]}
    keys = {found["key"] for found in week.artifacts if found["flow_run_id"] in ids}
    assert keys == {f"closeloop-{name.replace('_', '-')}"}


@pytest.mark.parametrize(
    ("name", "done"),
    [
        ("prospecting", "qualified"),
        ("preparation", "advance"),
        ("approach", "touch: email"),
        ("deliver", "accepted"),
    ],
)
def test_on_the_first_day_the_outbound_stages_have_work(week: Week, name: str, done: str) -> None:
    looked_at, happened = _row(week.artifact(week.first[name]), name)
    assert int(looked_at) > 0
    assert re.search(rf"\b{done} \d", happened), happened


def test_an_artifact_counts_what_really_happened(week: Week) -> None:
    sent = sum(_counted(week, run, "deliver", "accepted") for run in week.runs)
    assert sent == len(week.mails) > 0
    touched = {mail["to"] for mail in week.mails}
    assert touched <= {str(person["Email"]).lower() for person in week.people}


def _counted(week: Week, run: Row, name: str, what: str) -> int:
    text = week.artifact(run)
    if f"| {name} |" not in text:
        return 0
    found = re.search(rf"\b{what} ([\d,]+)", _row(text, name)[1])
    return int(found[1].replace(",", "")) if found else 0


def test_replies_of_the_week_were_received_through_the_gateway(week: Week) -> None:
    assert sum(_counted(week, run, "receive", "reply") for run in week.runs) > 0
    assert sum(_counted(week, run, "receive", "delivered") for run in week.runs) > LEADS // 2


def test_a_hold_is_shown_with_its_reason_and_number(week: Week) -> None:
    text = week.artifact(week.first["prospecting"])
    assert "## Held, and why" in text
    assert "| no e-mail address in the CRM | 1 |" in text


def test_a_task_run_is_named_after_its_pass_and_batch_and_is_tagged(week: Week) -> None:
    assert week.tasks(week.first["prospecting"]) == ["pull batch 1", "prospecting batch 1"]
    assert week.tasks(week.first["deliver"]) == ["deliver batch 1", "sync batch 1"]
    assert all("closeloop" in run["tags"] for run in week.task_runs)


def test_no_cycle_needs_more_task_runs_than_there_are_passes(week: Week) -> None:
    assert len(week.cycles) == DAYS_BETWEEN
    assert all(len(week.tasks(run)) <= len(PASSES) for run in week.cycles)


def test_flow_parameters_are_a_moment_and_a_number(week: Week) -> None:
    for run in week.runs:
        assert set(run["parameters"]) == {"as_of", "limit"}
        assert run["parameters"]["limit"] is None


def _mentioned(people: list[Row], text: str) -> set[str]:
    """Addresses, full names and last names of these people that a text holds."""
    words = {str(person["Email"]) for person in people if person["Email"]}
    words |= {f"{person['FirstName']} {person['LastName']}" for person in people if person["FirstName"]}
    words |= {str(person["LastName"]) for person in people if len(str(person["LastName"])) > 3}
    return {word for word in words if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE)}


@pytest.mark.parametrize("kind", ["runs", "task_runs", "artifacts", "logs"])
def test_prefect_learns_no_name_and_no_address(week: Week, kind: str) -> None:
    records = json.dumps(getattr(week, kind), ensure_ascii=False)
    assert len(records) > 1_000
    assert _mentioned(week.people, records) == set()
    assert "@" not in records


def test_the_search_for_names_would_find_them(week: Week) -> None:
    assert len(_mentioned(week.people, json.dumps(week.mails, ensure_ascii=False))) > LEADS // 2
    assert "Nobody" in _mentioned(week.people, "a note about nobody, who has no address")
