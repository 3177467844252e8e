"""`prefect.yaml` deploys on a real server, and what `deploy/` starts and sets is there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from prefect.flows import load_flow_from_entrypoint
from prefect.settings import get_current_settings

from closeloop.cli.main import app
from config.settings import CONFIG, ENV_NAMES
from flows.deployments import DEPLOYED
from flows.gateway.prefect_runs import DEPLOYMENT as ON_EVENT
from flows.production import text

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
PREFECT_YAML = ROOT / "prefect.yaml"
COMPOSE = ROOT / "deploy" / "compose.yaml"
KUBERNETES = ROOT / "deploy" / "kubernetes" / "closeloop.yaml"
ENVIRONMENT = ROOT / "deploy" / "environment.example"
Row = dict[str, Any]


def test_the_file_at_the_root_is_the_one_that_the_schedules_give() -> None:
    expected = text(CONFIG / "schedules.yaml", CONFIG / "playbook.yaml")
    assert PREFECT_YAML.read_text(encoding="utf-8") == expected, (
        "make it again: .venv/bin/python -m flows.production > prefect.yaml"
    )


def test_every_entry_point_is_the_flow_of_its_deployment() -> None:
    entries = yaml.safe_load(PREFECT_YAML.read_text(encoding="utf-8"))["deployments"]
    loaded = [load_flow_from_entrypoint(entry["entrypoint"]).name for entry in entries]
    assert loaded == [flow.name for flow in DEPLOYED.values()]
    assert ON_EVENT in {f"{name}/{entry['name']}" for name, entry in zip(loaded, entries, strict=True)}


@pytest.mark.prefect
def test_prefect_deploys_it_with_every_schedule_and_a_second_time_changes_nothing(prefect_api: str) -> None:
    _run(sys.executable, "-m", "flows.provision")
    _run(sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all")
    _run(sys.executable, "-m", "flows.provision")
    found = _deployed(prefect_api)
    assert found.keys() == {flow.name for flow in DEPLOYED.values()}
    assert {row["work_pool_name"] for row in found.values()} == {"closeloop"}
    rules = {name: [one["schedule"] for one in row["schedules"]] for name, row in found.items()}
    assert rules["approach"][0]["cron"] == "13,43 6-18 * * 1-5"
    assert rules["follow_up"][0]["rrule"].endswith("BYHOUR=7,13;BYMINUTE=23;BYSECOND=0")
    assert {rule["timezone"] for of_flow in rules.values() for rule in of_flow} == {"Europe/London"}
    assert [name for name in rules if not rules[name]] == ["approval", "on_event", "sales_cycle"]
    automations = [row["name"] for row in httpx.post(f"{prefect_api}/automations/filter", json={}).json()]
    assert len(automations) == len(set(automations)) >= 2
    assert httpx.get(f"{prefect_api}/block_types/slug/closeloop-settings").is_success


def _run(*command: str) -> None:
    ran = subprocess.run(command, cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def _deployed(api: str) -> dict[str, Row]:
    flows = {row["id"]: row["name"] for row in httpx.post(f"{api}/flows/filter", json={}).json()}
    rows = httpx.post(f"{api}/deployments/filter", json={"sort": "NAME_ASC"}).json()
    named = {flows[row["flow_id"]]: row for row in rows if row["work_pool_name"]}
    return dict(sorted(named.items()))


def _commands() -> Iterator[list[str]]:
    """Every command of the compose file and the manifests, those inside `sh -c` too."""
    services = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]
    given = [service["command"] for service in services.values() if "command" in service]
    for document in yaml.safe_load_all(KUBERNETES.read_text(encoding="utf-8")):
        pod = document.get("spec", {}).get("template", {}).get("spec", {})
        given += [container["args"] for container in pod.get("containers", [])]
    for command in given:
        yield from (part.split() for part in command[2].split("&&")) if command[0] == "sh" else [command]


def test_every_command_in_deploy_exists() -> None:
    commands = list(_commands())
    assert len(commands) >= 8
    for program, *arguments in commands:
        if program == "closeloop":
            assert arguments[0] in app
        elif program == "python":
            assert (ROOT / f"{arguments[1].replace('.', '/')}.py").is_file(), arguments
        else:
            assert program == "prefect"
            assert _is_prefect_command(arguments), arguments


def _is_prefect_command(arguments: list[str]) -> bool:
    from prefect.cli._app import _app as prefect_app

    words = [word for word in arguments if not word.startswith("-")]
    here: Any = prefect_app
    while words and words[0] in here:
        here = here[words.pop(0)]
    return here is not prefect_app


@pytest.mark.parametrize("file", [COMPOSE, KUBERNETES, ENVIRONMENT], ids=lambda file: file.name)
def test_every_setting_in_deploy_is_one(file: Path) -> None:
    named = set(re.findall(r"\b((?:CLOSELOOP|PREFECT)_[A-Z0-9_]+)\b", file.read_text(encoding="utf-8")))
    known = {*ENV_NAMES.values(), *_prefect_settings(), "PREFECT_AUTH"}  # the last is of the compose file itself
    redis = {"PREFECT_REDIS_MESSAGING_HOST"}  # of prefect-redis, which only the image has
    assert sorted(named - known - redis) == []


def _prefect_settings() -> set[str]:
    from prefect.settings.legacy import _get_settings_fields

    return set(_get_settings_fields(type(get_current_settings())))


def test_the_image_installs_as_a_clone_does_and_copies_all_that_start_needs() -> None:
    steps = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8").splitlines()
    copied = [word for step in steps if step.startswith("COPY") for word in step.split()[1:-1]]
    assert "RUN python3 start.py --version" in steps
    files = {path.name for pattern in copied for path in ROOT.glob(pattern)}
    wanted = re.findall(r'ROOT / "([^"]+)"', (ROOT / "start.py").read_text(encoding="utf-8"))
    assert set(wanted) - {".venv"} <= files
    packages = re.search(r"packages = \[(.*)\]", (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert packages is not None
    assert set(re.findall(r'"(\w+)"', packages.group(1))) <= files
    sent = (ROOT / "deploy" / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    assert [word for word in copied if f"!{word}" not in sent] == []
