"""The control plane: the sandbox's clock, its journal, the truth about the buyers, and starting over.

One control request changes the world at a time; a bad request changes nothing and says what to send
instead.
"""

from __future__ import annotations

import asyncio
import math
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from sandbox.agenda import move_clock, resume_clock
from sandbox.agenda import reset as reset_agenda
from sandbox.buyers import models as buyers
from sandbox.control_requests import ControlError, Handler, endpoint, fields
from sandbox.faults import control as fault_control
from sandbox.faults import script as faults
from sandbox.passing import pass_time
from sandbox.sendgrid import delivery, outbox
from sandbox.sendgrid import tables as sendgrid
from sandbox.world import World

SERVICES = ("salesforce", "sendgrid", "webhooks", "vendors")
MAX_HOURS = 24 * 366


class ControlPlane:
    """The handlers of `/_control` over one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.lock = asyncio.Lock()

    async def journal(self, request: Request) -> object:
        service = request.query_params.get("service")
        if service is not None and service not in SERVICES:
            raise ControlError(f"there is no service {service!r}; ask for service={' or service='.join(SERVICES)}")
        entries = self.world.journal.of(service) if service else self.world.journal.entries
        return [vars(entry) for entry in entries]

    async def snapshot(self, _request: Request) -> object:
        from sandbox.salesforce.models import snapshot

        return snapshot(self.world)

    async def clock(self, request: Request) -> object:
        if request.method == "POST":
            given = await fields(request, {"now"})
            if "now" not in given:
                raise ControlError('send {"now": "2026-01-05T08:00:00Z"}')
            async with self.lock:
                move_clock(self.world, _time(given["now"], "now"))
        return {"now": self.world.clock.now().isoformat()}

    async def advance(self, request: Request) -> object:
        from sandbox.salesforce.models import tell

        given = await fields(request, {"to", "hours"})
        async with self.lock:
            until = self._until(given)
            acts = pass_time(self.world, until)
            delivered = await delivery.deliver(self.world) + await tell(
                self.world, str(request.base_url).rstrip("/")
            )
            return {
                "now": self.world.clock.now().isoformat(),
                "acts": acts,
                "delivered": delivered,
                "undelivered": outbox.count_waiting(self.world),
            }

    async def acts(self, _request: Request) -> object:
        return buyers.acts(self.world)

    async def undelivered(self, _request: Request) -> object:
        return outbox.waiting(self.world)

    async def reset(self, _request: Request) -> object:
        from sandbox.salesforce.models import reset as reset_salesforce

        async with self.lock:
            for forget in (sendgrid.reset, buyers.reset, reset_agenda, reset_salesforce):
                forget(self.world)
            faults.replace(self.world, faults.Script())
            self.world.journal.entries.clear()
        return {"now": self.world.clock.now().isoformat()}

    def _until(self, fields: dict[str, Any]) -> datetime:
        if len(fields) != 1:
            raise ControlError('send either {"to": "2026-01-06T08:00:00Z"} or {"hours": 24}')
        if "to" in fields:
            until = _time(fields["to"], "to")
        else:
            until = self.world.clock.now() + timedelta(hours=_hours(fields["hours"]))
        if until < self.world.clock.now():
            raise ControlError(f"time runs forward: it is {self.world.clock.now().isoformat()} already")
        return until


def routes(world: World) -> list[Route]:
    """The routes of the control plane; the tables it reads are made on the way."""
    sendgrid.open_tables(world)
    buyers.open_tables(world)
    resume_clock(world)
    plane = ControlPlane(world)
    table: list[tuple[str, list[str], Handler]] = [
        ("journal", ["GET"], plane.journal),
        ("snapshot", ["GET"], plane.snapshot),
        ("clock", ["GET", "POST"], plane.clock),
        ("advance", ["POST"], plane.advance),
        ("acts", ["GET"], plane.acts),
        ("undelivered", ["GET"], plane.undelivered),
        ("reset", ["POST"], plane.reset),
    ]
    plain = [Route(f"/_control/{name}", endpoint(handler), methods=methods) for name, methods, handler in table]
    return [*plain, *fault_control.routes(world)]


def _time(value: object, name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError as problem:
        raise ControlError(f"{name} must be an ISO 8601 time like 2026-01-05T08:00:00Z: {problem}") from problem
    if moment.tzinfo is None:
        raise ControlError(f"{name} needs an offset, for example 2026-01-05T08:00:00Z")
    return moment


def _hours(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ControlError("hours must be a number")
    if not 0 <= value <= MAX_HOURS:
        raise ControlError(f"hours must be between 0 and {MAX_HOURS}")
    return float(value)
