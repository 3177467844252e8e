"""Deliveries that come twice: what a receiver took is handed over once more, as the fault script says.

Invariant: the second delivery is byte for byte the first; what comes of it counts for nothing.
"""

from __future__ import annotations

import httpx

from sandbox.faults.script import Subject, script_of
from sandbox.world import World

_KINDS = frozenset({"duplicate_delivery"})


async def again(world: World, client: httpx.AsyncClient, request: httpx.Request, items: int) -> None:
    """Sends a request that was taken a second time where a rule strikes it; the journal knows."""
    path = request.url.path
    strike = script_of(world).strike(Subject("delivery", _KINDS, request.method, path, [("deliver", None)]))
    if strike is None:
        return
    try:
        status = (await client.send(request)).status_code
    except httpx.HTTPError:
        status = 0
    world.journal.record(
        at=world.clock.now(),
        service="webhooks",
        method=request.method,
        path=path,
        status=status,
        summary={"fault": strike.entry(), "items": items},
    )
