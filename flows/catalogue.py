"""Every flow by the name a person types. A stage that is missing here cannot be run or scheduled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flows.approach import approach
from flows.closing import closing
from flows.deliver import deliver
from flows.follow_up import follow_up
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
    "deliver": deliver,
    "receive": receive,
    "reconcile": reconcile,
    "all": sales_cycle,
}
