"""`/_control/faults`: puts a fault script in force, shows what it did, ends it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.routing import Route

from sandbox.control_requests import ControlError, endpoint, fields
from sandbox.faults.rules import RuleError
from sandbox.faults.script import Script, reading, replace, script_of
from sandbox.world import World


def routes(world: World) -> list[Route]:
    """The route of the fault script over this world."""

    async def faults(request: Request) -> object:
        if request.method == "DELETE":
            replace(world, Script())
        elif request.method == "POST":
            body = await fields(request, {"rules", "seed"})
            try:
                replace(world, reading(body))
            except RuleError as problem:
                raise ControlError(str(problem)) from None
        return script_of(world).report()

    return [Route("/_control/faults", endpoint(faults), methods=["GET", "POST", "DELETE"])]
