"""Approach: the next step of each first contact."""

from __future__ import annotations

from datetime import datetime

from prefect import flow

from closeloop.application.results import StageResult
from flows.passes import run
from flows.run_names import as_of_name


@flow(name="approach", flow_run_name=as_of_name, persist_result=False)
def approach(as_of: datetime | None = None, limit: int | None = None) -> list[StageResult]:
    """Work everything that is due as of a moment (default: now), or at most `limit` records."""
    return run("approach", as_of, limit)
