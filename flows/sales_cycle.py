"""The whole cycle in one flow run: listen, decide stage by stage, send, write back."""

from __future__ import annotations

from datetime import datetime

from prefect import flow

from closeloop.application.results import StageResult
from flows.passes import run
from flows.run_names import as_of_name


@flow(name="sales_cycle", flow_run_name=as_of_name, persist_result=False)
def sales_cycle(as_of: datetime | None = None, limit: int | None = None) -> list[StageResult]:
    """Every pass once, in order. The stages are tasks in it; as flows of their own they are scheduled apart."""
    return run("all", as_of, limit)
