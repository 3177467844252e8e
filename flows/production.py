"""`python -m flows.production` prints `prefect.yaml`: the deployments for workers on machines of their own.

Invariant: they are the deployments of `closeloop up`, with its schedules, and nothing is named twice; a test holds
the file at the root to this.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import prefect
import yaml
from prefect.client.schemas.schedules import SCHEDULE_TYPES, CronSchedule, IntervalSchedule, RRuleSchedule

from closeloop.adapters.playbook.yaml_file import read_playbook
from config.settings import CONFIG
from flows.automations.recovery import HEARTBEAT_SECONDS
from flows.deployments import DEPLOYED, NAME, Deployment, deployments
from flows.schedules import read_schedules

HEADER = """\
# Every flow as a deployment for workers: docs/operations.md says how to use it.
#
#   prefect work-pool create closeloop --type process
#   prefect deploy --all
#   prefect worker start --pool closeloop
#
# Made from config/schedules.yaml by `python -m flows.production`. Make it again after you changed that file, or
# change this one: it is yours. One run of a stage at a time is kept by the ledger, so none of these needs a
# concurrency limit, which a run that dies at the wrong moment would leave taken.
"""


_ENVIRONMENT = {"PREFECT_FLOWS_HEARTBEAT_FREQUENCY": str(HEARTBEAT_SECONDS)}
"""With Prefect's own frequency a live run would count as lost."""


def project(schedules_file: Path, playbook_file: Path) -> dict[str, Any]:
    """What `prefect deploy` reads."""
    zone = read_playbook(playbook_file).sending.time_zone
    found = deployments(read_schedules(schedules_file, frozenset(DEPLOYED)), zone)
    return {
        "name": NAME,
        "prefect-version": prefect.__version__,
        "build": None,
        "push": None,
        "pull": None,
        "deployments": [_entry(one) for one in found],
    }


def _entry(deployment: Deployment) -> dict[str, Any]:
    return {
        "name": NAME,
        "description": deployment.description,
        "entrypoint": deployment.entrypoint,
        "tags": deployment.tags,
        "work_pool": {"name": NAME, "job_variables": {"env": dict(_ENVIRONMENT)}},
        "schedules": [_schedule(rule) for rule in deployment.schedules],
    }


def _schedule(rule: SCHEDULE_TYPES) -> dict[str, Any]:
    if isinstance(rule, CronSchedule):
        found: dict[str, Any] = {"cron": rule.cron}
    elif isinstance(rule, IntervalSchedule):
        found = {"interval": rule.interval.total_seconds(), "anchor_date": rule.anchor_date.isoformat()}
    else:
        assert isinstance(rule, RRuleSchedule)  # noqa: S101 - there is no fourth kind in the file
        found = {"rrule": rule.rrule}
    return {**found, "timezone": rule.timezone, "active": True}


def text(schedules_file: Path, playbook_file: Path) -> str:
    """The whole file."""
    content = yaml.safe_dump(project(schedules_file, playbook_file), sort_keys=False, width=110, allow_unicode=True)
    return HEADER + content


if __name__ == "__main__":
    sys.stdout.write(text(CONFIG / "schedules.yaml", CONFIG / "playbook.yaml"))
