"""The control plane of the mail world: its switches, mail from outside, and which opens and clicks were machines'.

A bad request changes nothing and says what to send instead.
"""

from __future__ import annotations

from dataclasses import asdict

from starlette.requests import Request
from starlette.routing import Route

from sandbox import agenda
from sandbox.control_requests import ControlError, endpoint, fields
from sandbox.sendgrid import letters
from sandbox.sendgrid.account import Account, SwitchError, account_of, turn
from sandbox.sendgrid.hosts import HostError, hosts_of, name
from sandbox.world import World


def routes(world: World) -> list[Route]:
    """`/_control/sendgrid`, `/_control/hosts`, `/_control/inbound` and `/_control/machines` over this world."""

    async def switches(request: Request) -> object:
        if request.method == "POST":
            try:
                turn(world, await fields(request, set(Account.__dataclass_fields__)))
            except SwitchError as problem:
                raise ControlError(str(problem)) from None
        return asdict(account_of(world))

    async def inbound(request: Request) -> object:
        given = await fields(request, letters.FIELDS)
        try:
            with agenda.transaction(world):
                return letters.write(world, given)
        except letters.LetterError as problem:
            raise ControlError(str(problem)) from None

    async def machines(_request: Request) -> object:
        rows = world.db.execute("SELECT * FROM sendgrid_machines ORDER BY at, email, sg_event_id").fetchall()
        return [{**dict(row), "at": agenda.moment(row["at"]).isoformat()} for row in rows]

    async def names(request: Request) -> object:
        if request.method == "POST":
            try:
                return name(world, (await fields(request, {"hosts"})).get("hosts"))
            except HostError as problem:
                raise ControlError(str(problem)) from None
        return hosts_of(world)

    return [
        Route("/_control/hosts", endpoint(names), methods=["GET", "POST"]),
        Route("/_control/sendgrid", endpoint(switches), methods=["GET", "POST"]),
        Route("/_control/inbound", endpoint(inbound), methods=["POST"]),
        Route("/_control/machines", endpoint(machines), methods=["GET"]),
    ]
