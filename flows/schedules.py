"""When each stage runs: reads `config/schedules.yaml`, or the file that CLOSELOOP_SCHEDULES names.

Invariant: every rule that leaves here is one that Prefect's scheduler takes, in a time zone that exists; a wrong
one is refused with its place and what to write instead.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self
from zoneinfo import available_timezones

import yaml
from prefect.client.schemas.schedules import SCHEDULE_TYPES, CronSchedule, IntervalSchedule, RRuleSchedule
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from closeloop.domain.errors import UsageError

ANCHOR = datetime(2026, 1, 5, tzinfo=UTC)
"""A Monday, from which pauses and iCalendar rules count."""


class Rule(BaseModel):
    """One reason to start: exactly one of a cron line, an iCalendar rule and a pause."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cron: str | None = None
    rrule: str | None = None
    every_seconds: float | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _one_that_works(self) -> Self:
        if sum(given is not None for given in (self.cron, self.rrule, self.every_seconds)) != 1:
            raise ValueError("give exactly one of cron, rrule and every_seconds")
        self.in_zone("UTC")
        return self

    def in_zone(self, time_zone: str) -> SCHEDULE_TYPES:
        """As Prefect has it."""
        if self.cron is not None:
            return CronSchedule(cron=self.cron, timezone=time_zone)
        if self.rrule is not None:
            return RRuleSchedule(rrule=f"DTSTART:{ANCHOR:%Y%m%dT%H%M%S}\nRRULE:{self.rrule}", timezone=time_zone)
        return IntervalSchedule(
            interval=timedelta(seconds=self.every_seconds or 0), anchor_date=ANCHOR, timezone=time_zone
        )


class Schedules(BaseModel):
    """The rules of every stage that runs by itself."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    time_zone: str | None = None
    stages: dict[str, tuple[Rule, ...]] = {}

    @field_validator("time_zone")
    @classmethod
    def _exists(cls, given: str | None) -> str | None:
        if given is not None and given not in available_timezones():
            raise ValueError(f"there is no time zone {given}: give one such as Europe/London")
        return given

    def of(self, stage: str, playbook_zone: str) -> list[SCHEDULE_TYPES]:
        """What starts this stage; nothing for one that only people and events start."""
        return [rule.in_zone(self.time_zone or playbook_zone) for rule in self.stages.get(stage, ())]


def read_schedules(file: Path, known: frozenset[str]) -> Schedules:
    """The schedules in a file, for stages of these names; `UsageError` names each mistake and its place."""
    try:
        found: Any = yaml.safe_load(file.read_text(encoding="utf-8"))
        read = Schedules.model_validate(found or {})
    except (OSError, UnicodeDecodeError) as problem:
        raise UsageError(f"cannot read the schedules {file} ({problem}): set CLOSELOOP_SCHEDULES") from None
    except yaml.YAMLError as problem:
        raise UsageError(f"the schedules {file} are not YAML: {problem}") from None
    except ValidationError as problem:
        raise UsageError(f"the schedules {file} are wrong: {_told(problem)}") from None
    if unknown := sorted(read.stages.keys() - known):
        raise UsageError(f"the schedules {file} name {', '.join(unknown)}: give one of {', '.join(sorted(known))}")
    return read


def _told(problem: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(str(part) for part in error['loc'])}: {error['msg'].removeprefix('Value error, ')}"
        for error in problem.errors()
    )
