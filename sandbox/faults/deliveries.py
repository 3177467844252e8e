"""What goes wrong between us and a webhook: deliveries that come twice or more, late, or out of order.

Invariant: every strike is in the journal; nothing is lost by one, and without new ids a repeated delivery is byte
for byte the first. What comes of a repetition counts for nothing.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Sequence

import httpx

from sandbox.faults.script import Strike, Subject, script_of
from sandbox.world import World

Remake = Callable[[int], httpx.Request]


async def again(
    world: World,
    client: httpx.AsyncClient,
    request: httpx.Request,
    items: int,
    remake: Remake | None = None,
) -> None:
    """Sends a request that was taken once more, or several times, where a rule strikes it; the journal knows.

    `remake` builds the n-th copy with new event ids, for a rule that asks for them.
    """
    strike = _strike(world, "duplicate_delivery", request.url.path, request.method)
    for copy in range(1, int(strike.options["copies"]) + 1) if strike is not None else ():
        fresh = remake is not None and strike is not None and strike.options["fresh_ids"]
        try:
            status = (await client.send(remake(copy) if remake is not None and fresh else request)).status_code
        except httpx.HTTPError:
            status = 0
        _tell(world, strike, request.url.path, status, items)


def shuffled(world: World, path: str, rows: Sequence[sqlite3.Row]) -> list[sqlite3.Row]:
    """The rows of one round, in an order of the script's own where a rule strikes."""
    strike = _strike(world, "shuffle_delivery", path) if len(rows) > 1 else None
    if strike is None:
        return list(rows)
    _tell(world, strike, path, 0, len(rows))
    seed = f"{script_of(world).seed}|{strike.counted.struck}"
    return sorted(rows, key=lambda row: hashlib.blake2b(f"{seed}|{row['id']}".encode()).digest())


def late(world: World, path: str, items: int) -> int:
    """How many simulated seconds a post is held back; 0 when no rule strikes it."""
    strike = _strike(world, "late_delivery", path)
    if strike is None:
        return 0
    _tell(world, strike, path, 0, items)
    return int(strike.options["seconds"])


def _strike(world: World, kind: str, path: str, method: str = "POST") -> Strike | None:
    script = script_of(world)
    if not script.counts:
        return None
    return script.strike(
        Subject("delivery", frozenset({kind}), method, path, [("deliver", None)], service="webhooks")
    )


def _tell(world: World, strike: Strike | None, path: str, status: int, items: int) -> None:
    if strike is not None:
        world.journal.record(
            at=world.clock.now(),
            service="webhooks",
            method="POST",
            path=path,
            status=status,
            summary={"fault": strike.entry(), "items": items},
        )
