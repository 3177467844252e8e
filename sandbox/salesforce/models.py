"""The org behind the API: store, sessions, limits and open cursors of one sandbox world.

Invariant: a world has exactly one org; after `reset` it answers the same requests with the same ids again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.salesforce import outbound, schema, seed, snapshots
from sandbox.salesforce.admin import changes, duplicates, record_types, settings
from sandbox.salesforce.admin.settings import Setup
from sandbox.salesforce.bulk import processing
from sandbox.salesforce.bulk.jobs import Jobs
from sandbox.salesforce.call import Call
from sandbox.salesforce.faults.records import guard
from sandbox.salesforce.ids import make_id
from sandbox.salesforce.limits import Limits
from sandbox.salesforce.sessions import Caller, Sessions
from sandbox.salesforce.soql.run import Result
from sandbox.salesforce.store import Store
from sandbox.salesforce.values import parse_moment
from sandbox.world import START, World

_MOST_CURSORS = 10
_PART = "salesforce"


@dataclass
class Org:
    """Everything that outlives one request."""

    world: World
    store: Store
    limits: Limits
    sessions: Sessions
    setup: Setup
    cursors: OrderedDict[str, Result] = field(default_factory=OrderedDict)
    cursor_count: int = 0
    call_count: int = 0
    jobs: Jobs = field(default_factory=Jobs)

    def call(self, session: str = "") -> Call:
        """A context for one request's work, in the name of the session's user (else the integration user's)."""
        caller = self.sessions.caller(session)
        call = Call(self.store, self.world.clock.now(), caller.user_id, self.setup, username=caller.username)
        call.secured = caller == self.sessions.integration
        self.call_count += 1
        call.transaction = f"{self.world.seed:08x}-{self.call_count:012x}"
        call.guard = guard(self.world, call.strikes)
        return call

    def caller(self, session: str) -> str:
        """The username that calls of this session are counted for."""
        return self.sessions.caller(session).username

    def arrange(self, setup: Setup) -> None:
        """Puts another setup in force; the tables get the columns it needs first."""
        self.store.adopt(setup.schema)
        self.setup = setup
        self.cursors.clear()
        with self.store.transaction():
            settings.keep(self.store.db, setup)
            duplicates.show(self.call(), setup.duplicate_rules)
            record_types.show(self.call(), setup.record_types)

    def keep(self, result: Result) -> str:
        """Opens a cursor over a result; the oldest is closed when there are too many."""
        self.cursor_count += 1
        locator = make_id("01g", self.cursor_count)
        self.cursors[locator] = result
        if len(self.cursors) > _MOST_CURSORS:
            self.cursors.popitem(last=False)
        return locator


def org_of(world: World) -> Org:
    """The world's org, opened on first use."""
    found = world.parts.get(_PART)
    if isinstance(found, Org):
        return found
    store = Store(world.db, schema.load())
    limits = Limits(world.api_limit, _reading(world))
    integration = Caller(seed.INTEGRATION_USER_ID, world.credentials.username)
    sessions = Sessions(world.db, world.credentials, integration)
    org = Org(world, store, limits, sessions, Setup(store.schema, store.schema))
    changes.open_log(store)
    outbound.open_queue(store)
    kept = settings.kept(world.db)
    _plant(org)
    if kept:
        org.arrange(settings.read(schema.load(), {}, kept))
    _catch_up(org)
    world.parts[_PART] = org
    return org


def _reading(world: World) -> Callable[[], datetime]:
    # The clock object may be replaced when the sandbox starts over, so it is looked up on each reading.
    return lambda: world.clock.now()  # noqa: PLW0108


def _catch_up(org: Org) -> None:
    """With a kept state, time goes on from the last change and not from the beginning."""
    tables = [kind.table for kind in org.store.schema.types.values()]
    union = " UNION ALL ".join(f"SELECT MAX(SystemModstamp) AS at FROM {table}" for table in tables)
    last = org.store.db.execute(f"SELECT MAX(at) FROM ({union})").fetchone()[0]
    moment = parse_moment(last) if last else None
    if moment is not None and moment > org.world.clock.now():
        org.world.clock.move_to(moment)


def _plant(org: Org) -> None:
    # The org is as old as the sandbox's time, whenever it is (re)made.
    call = Call(org.store, START, seed.INTEGRATION_USER_ID, org.setup)
    with org.store.transaction():
        seed.plant(call, org.world.credentials.username)


async def tell(world: World, base: str) -> int:
    """Delivers the outbound messages that are due, for an org at the address `base`; how many were taken."""
    org = world.parts.get(_PART)
    if not isinstance(org, Org) or not org.setup.outbound_messages:
        return 0
    session = org.sessions.issue() if any(each.send_session for each in org.setup.outbound_messages) else ""
    return await outbound.Sender(world, org.call(), base, session).deliver()


def reset(world: World) -> None:
    """Empties the org to what it held before its first request; credentials and sessions stay valid."""
    org = org_of(world)
    org.arrange(Setup(schema.load(), schema.load()))
    with org.store.transaction():
        org.store.clear()
        changes.clear(org.store)
        outbound.clear(org.store)
    org.cursors.clear()
    org.jobs.clear()
    org.cursor_count = 0
    org.limits.clear(world.api_limit)
    _plant(org)


def snapshot(world: World) -> dict[str, list[dict[str, Any]]]:
    """The CRM's content without volatile ids and times, in an order that does not depend on them."""
    org = org_of(world)
    processing.settle(org)
    return snapshots.take(org.store)
