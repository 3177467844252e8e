"""Schedules as teams write them: each kind of rule, and each mistake told with its place."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from prefect.client.schemas.schedules import CronSchedule, IntervalSchedule, RRuleSchedule

from closeloop.domain.errors import UsageError
from config.settings import CONFIG
from flows.deployments import DEPLOYED, deployments, full_name
from flows.schedules import Schedules, read_schedules

KNOWN = frozenset(DEPLOYED)


def _read(folder: Path, text: str) -> Schedules:
    file = folder / "schedules.yaml"
    file.write_text(text, encoding="utf-8")
    return read_schedules(file, KNOWN)


def test_the_shipped_schedules_start_every_stage_in_the_playbooks_time_zone() -> None:
    found = deployments(read_schedules(CONFIG / "schedules.yaml", KNOWN), "Asia/Bangkok")
    assert [one.name for one in found if not one.schedules] == ["all", "on_event", "approval"]
    assert {rule.model_dump()["timezone"] for one in found for rule in one.schedules} == {"Asia/Bangkok"}
    assert full_name("all") == "sales_cycle/closeloop"


def test_each_kind_of_rule_becomes_one_of_prefect(tmp_path: Path) -> None:
    rules = """
time_zone: Europe/Berlin
stages:
  receive: [{cron: "*/5 * * * *"}, {every_seconds: 90}]
  follow_up: [{rrule: "FREQ=DAILY;BYHOUR=9"}]
"""
    found = _read(tmp_path, rules)
    cron, pause = found.of("receive", "UTC")
    (calendar,) = found.of("follow_up", "UTC")
    assert isinstance(cron, CronSchedule)
    assert (cron.cron, cron.timezone) == ("*/5 * * * *", "Europe/Berlin")
    assert isinstance(pause, IntervalSchedule)
    assert pause.interval == timedelta(seconds=90)
    assert isinstance(calendar, RRuleSchedule)
    assert calendar.timezone == "Europe/Berlin"
    assert found.of("closing", "UTC") == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("stages: {nobody: []}", "name nobody: give one of all, approach"),
        ("stages: {receive: [{cron: nonsense}]}", r"stages\.receive\.0.*[Cc]ron"),
        ("stages: {receive: [{rrule: FREQ=SOMETIMES}]}", r"stages\.receive\.0"),
        ("stages: {receive: [{}]}", "exactly one of cron, rrule and every_seconds"),
        ("stages: {receive: [{every_seconds: 0}]}", r"stages\.receive\.0\.every_seconds"),
        ("time_zone: Mars/Olympus", "no time zone Mars/Olympus: give one such as Europe/London"),
        ("stages: [", "are not YAML"),
        ("hours: 3", "hours: Extra inputs"),
    ],
)
def test_each_mistake_is_told_with_its_place(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=told):
        _read(tmp_path, text)


def test_a_file_that_is_not_there_is_told_with_its_setting(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="set CLOSELOOP_SCHEDULES"):
        read_schedules(tmp_path / "none.yaml", KNOWN)


def test_a_deployment_gets_a_new_version_only_when_something_of_it_changed(tmp_path: Path) -> None:
    first, again, other = (
        {one.name: one.version for one in deployments(_read(tmp_path, text), "UTC")}
        for text in (_closing_at("0 * * * *"), _closing_at("0 * * * *"), _closing_at("0 9 * * *"))
    )
    assert first == again
    assert [name for name in first if first[name] != other[name]] == ["closing"]


def _closing_at(cron: str) -> str:
    return f"stages: {{closing: [{{cron: '{cron}'}}]}}"
