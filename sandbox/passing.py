"""How time passes: everything due happens in order, with the clock standing at its own moment.

The whole stretch is one transaction without a pause, so no request ever sees the world half-way.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sandbox import agenda
from sandbox.buyers import behaviour, machines
from sandbox.sendgrid import transit
from sandbox.world import World

HAPPENINGS: dict[str, Callable[[World, int], None]] = {
    transit.LEAVE: transit.leave,
    transit.ARRIVE: behaviour.receive,
    transit.EXPIRE: transit.expire,
    machines.PREFETCH: machines.prefetch,
    machines.SCAN: machines.scan,
    "act": behaviour.act,
}


def pass_time(world: World, until: datetime) -> int:
    """Let everything happen that is due up to `until`, a time not in the past; how many acts that were."""
    before = _count_acts(world)
    with agenda.transaction(world):
        while (due := agenda.take(world, agenda.seconds(until))) is not None:
            world.clock.move_to(max(world.clock.now(), agenda.moment(due.at)))
            HAPPENINGS[due.kind](world, due.ref)
        agenda.move_clock(world, until)
    return _count_acts(world) - before


def _count_acts(world: World) -> int:
    row = world.db.execute("SELECT COUNT(*) AS n FROM buyers_acts").fetchone()
    return int(row["n"])
