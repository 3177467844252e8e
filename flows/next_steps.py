"""Next steps: no open deal without an agreed next step and date, or a named reason."""

from __future__ import annotations

from datetime import datetime

from prefect import flow

from closeloop.application.results import StageResult
from flows.passes import run
from flows.run_names import as_of_name


@flow(name="next_steps", flow_run_name=as_of_name, persist_result=False)
def next_steps(as_of: datetime | None = None, limit: int | None = None) -> list[StageResult]:
    """Look at every open deal as of a moment (default: now), or at most `limit` of them."""
    return run("next_steps", as_of, limit)
