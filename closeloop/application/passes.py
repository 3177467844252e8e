"""The passes of the process by name, in the order of a cycle: listen, decide, send, write back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from closeloop.application import (
    approach,
    closing,
    deliver,
    follow_up,
    next_steps,
    objections,
    preparation,
    presentation,
    prospecting,
    receive,
    reconcile,
    suppressions,
    sync,
)
from closeloop.application.results import StageResult
from closeloop.application.services import BATCH, Services

Pass = Callable[[Services, str, datetime, int], StageResult]

PASSES: dict[str, tuple[Pass, int]] = {
    "reconcile": (reconcile.run_batch, BATCH),
    "suppressions": (suppressions.run_batch, BATCH),
    "receive": (receive.run_batch, BATCH),
    "pull": (prospecting.pull, prospecting.PULL),
    "prospecting": (prospecting.run_batch, BATCH),
    "preparation": (preparation.run_batch, 200),
    "approach": (approach.run_batch, BATCH),
    "presentation": (presentation.run_batch, BATCH),
    "objections": (objections.run_batch, BATCH),
    "closing": (closing.run_batch, BATCH),
    "follow_up": (follow_up.run_batch, BATCH),
    "next_steps": (next_steps.run_batch, BATCH),
    "deliver": (deliver.run_batch, deliver.BATCH),
    "sync": (sync.run_batch, sync.BATCH),
}
"""Name to its batch function and the batch size."""

ONCE = frozenset({"reconcile", "suppressions"})
"""Passes that look at everything in one batch: what they leave waits for somebody else, not for another batch."""

GROUPS: dict[str, tuple[str, ...]] = {
    "receive": ("suppressions", "receive"),
    "prospecting": ("pull", "prospecting"),
    "deliver": ("deliver", "sync"),
    "all": tuple(PASSES),
}
"""What a person runs by one name; any other pass runs alone."""


def group(name: str) -> tuple[str, ...]:
    """The passes behind a name that a person types."""
    return GROUPS.get(name, (name,))


def run_to_the_end(
    name: str, services: Services, run_id: str, now: datetime, limit: int | None = None
) -> StageResult:
    """Batch after batch until nothing is due or `limit` records were considered."""
    batch, size = PASSES[name]
    total = StageResult(stage=name)
    while (room := size if limit is None else min(size, limit - total.considered)) > 0:
        found = batch(services, run_id, now, room)
        total = total + found
        if found.considered < room or name in ONCE:
            break
    return total
