"""A small cohort goes through all seven stages over HTTP: who got where, and how many calls each batch took.

Counts are exact: they follow from the number of people, never from how long anything took.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from closeloop.application.passes import group, run_to_the_end
from tests.bench.__main__ import main
from tests.bench.child import BenchFailed
from tests.bench.cohort import APEX, END, HISTORY, SOAP, check, rows_written
from tests.bench.cohort_child import describe, mover, outcome_of, services_of
from tests.bench.cohort_floor import by_purpose, floor, summary
from tests.bench.cohort_leads import write_cohort
from tests.bench.cohort_story import STORY, live_through
from tests.bench.measure import PUBLIC_URL
from tests.bench.org import Org, running_org

pytestmark = pytest.mark.long

PEOPLE = 101
"""More than one SOAP conversion takes, in as short a time as may be."""


def lived(folder: Path, convert: str) -> dict[str, Any]:
    """The story by the passes themselves, without Prefect."""
    write_cohort(folder / "leads.csv", PEOPLE)
    with running_org(folder / "leads.csv", 7, folder) as org:
        if convert == APEX:
            org.deploy_class(APEX.removeprefix("apex:"))
        work, crm = services_of(job(org, folder, convert))
        failures: list[str] = []

        def run(name: str, now: datetime) -> None:
            for each in group(name):
                result = run_to_the_end(each, work, f"{name}-{now:%m%d}", now)
                failures.extend(failure.problem for failure in result.failures)

        describe(crm)
        live_through(work, work.clock.now(), mover(work, f"{org.url}/_control"), run)
        found = outcome_of(work, crm) | {"failures": failures, "limits": org.limits()}
        return found | {
            "rows": rows_written(org),
            "crm": {name: org.groups(soql) for name, soql in HISTORY.items()},
        }


def job(org: Org, folder: Path, convert: str) -> dict[str, Any]:
    signed_in = {
        "url": org.url,
        "client_id": org.client_id,
        "client_secret": org.client_secret,
        "sendgrid_key": org.sendgrid_key,
    }
    return signed_in | {
        "home": str(folder),
        "now": org.now(),
        "public_url": PUBLIC_URL,
        "convert": convert,
        "decks": False,
    }


@pytest.fixture(scope="module")
def soap(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return lived(tmp_path_factory.mktemp("soap"), SOAP)


@pytest.mark.e2e
def test_everybody_goes_through_all_seven_stages(soap: dict[str, Any]) -> None:
    assert soap["failures"] == []
    assert soap["standing"] == {END: PEOPLE}
    crm = soap["crm"]
    assert crm["leads"] == {"True": PEOPLE}
    assert crm["roles"] == {"Decision Maker": PEOPLE}
    assert crm["deals"] == {"Closed Won": PEOPLE}
    through = {"Value Proposition", "Perception Analysis", "Proposal/Price Quote", "Closed Won"}
    assert {name: crm["stages_of_deals"][name] for name in through} == dict.fromkeys(through, PEOPLE)
    assert soap["mails"] == sum(crm["tasks"].values()) == 5 * PEOPLE


@pytest.mark.e2e
def test_each_batch_takes_the_calls_that_the_limits_demand(soap: dict[str, Any]) -> None:
    calls = by_purpose(soap["calls_by_wish"])
    days_with_mail = 5
    assert calls["last look before each send"] == days_with_mail
    assert calls["activities"] == days_with_mail
    assert calls["conversion"] == 2
    assert calls["contact roles"] == 2
    assert calls["fields: write"] == calls["fields: read back before writing"] == 5
    assert calls["pull: new and changed Leads"] <= 2 * len(STORY)
    assert calls["pull: changed deals"] <= len(STORY) - 2
    assert sum(calls.values()) == soap["limits"]["total"]


@pytest.mark.e2e
def test_the_class_in_the_org_converts_twice_as_many_in_a_call(tmp_path: Path) -> None:
    found = lived(tmp_path, APEX)
    assert found["standing"] == {END: PEOPLE}
    assert by_purpose(found["calls_by_wish"])["conversion"] == 1


def test_the_floor_is_the_arithmetic_of_the_limits() -> None:
    rows = {
        ("update", "Lead"): 10_000,
        ("update", "Opportunity"): 40_000,
        ("update", "OpportunityContactRole"): 10_000,
        ("create", "Task"): 50_000,
        ("convert", "Lead"): 10_000,
    }
    found = floor(rows, 80_000, 10_000, SOAP)
    assert found["fields: write"] == found["activities"] == 5
    assert found["conversion"] == 10
    assert found["all"] == pytest.approx(0.1 + 0.8 + 10 + 1 + 0.5 + 5 + 5)
    assert floor(rows, 80_000, 10_000, APEX)["conversion"] == 5


def test_no_call_is_left_out_of_the_table() -> None:
    purposes = by_purpose({"look": 5, "convert": 100, "something_new": 7})
    assert purposes == {"last look before each send": 5, "conversion": 100, "other": 7}
    lines = summary({"purposes": purposes, "floor": {"all": 1.0}, "prospects": 1000, "calls": 112, "per_1000": 112})
    assert [line[:3] for line in lines][-2:] == [("other", 7, 7.0), ("all", 112, 112)]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"standing": {END: 1, "closing, open": 1}}, "not everybody"),
        ({"calls_by_wish": {"look": 2}}, "the product counted 2 calls, the org 3"),
        ({"failures": ["sync: refused"]}, "sync: refused"),
    ],
)
def test_a_cohort_that_did_not_do_what_the_figures_are_about_has_none(changed: dict[str, Any], words: str) -> None:
    fine: dict[str, Any] = {"failures": [], "standing": {END: 2}, "calls_by_wish": {"look": 3}}
    check(2, fine, {"total": 3})
    with pytest.raises(BenchFailed, match=words):
        check(2, fine | changed, {"total": 3})


def test_a_way_to_convert_that_nobody_knows_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--convert", "magic"])
    assert ended.value.code == 2
    assert "soap" in capsys.readouterr().err
