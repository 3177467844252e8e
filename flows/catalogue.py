"""Every flow by the name a person types. A stage that is missing here cannot be run or scheduled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from prefect import tags

from closeloop.application.results import StageResult
from flows.approach import approach
from flows.closing import closing
from flows.deliver import deliver
from flows.follow_up import follow_up
from flows.next_steps import next_steps
from flows.objections import objections
from flows.preparation import preparation
from flows.presentation import presentation
from flows.prospecting import prospecting
from flows.receive import receive
from flows.reconcile import reconcile
from flows.sales_cycle import sales_cycle

FLOWS: dict[str, Callable[..., Any]] = {
    "prospecting": prospecting,
    "preparation": preparation,
    "approach": approach,
    "presentation": presentation,
    "objections": objections,
    "closing": closing,
    "follow_up": follow_up,
    "next_steps": next_steps,
    "deliver": deliver,
    "receive": receive,
    "reconcile": reconcile,
    "all": sales_cycle,
}


def start(name: str, as_of: datetime | None = None, limit: int | None = None) -> list[StageResult]:
    """Run a flow here and now; its run and its task runs can be found by the tags `closeloop` and `name`."""
    with tags("closeloop", name):
        return list(FLOWS[name](as_of=as_of, limit=limit))
