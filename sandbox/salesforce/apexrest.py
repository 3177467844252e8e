"""Apex REST: the conversion class of `config/salesforce/apex`, as an org would run it once it is deployed.

Invariant: no path answers before it was switched on (`POST /_control/apexrest {"path": "closeloop/convert"}`), and
one Lead's refusal leaves the other conversions of the same call in force.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request as Wire
from starlette.responses import Response
from starlette.routing import Route

from sandbox.control_requests import ControlError, endpoint, fields
from sandbox.salesforce.convert import Wish, convert
from sandbox.salesforce.errors import ApiError, RecordError
from sandbox.salesforce.faults import endpoint as faults
from sandbox.salesforce.models import org_of
from sandbox.salesforce.responses import rest_endpoint
from sandbox.salesforce.rest.request import Answer, Request
from sandbox.world import World

_PART = "apexrest"
_MOST = 200


def routes(world: World) -> list[Route]:
    """The Apex routes of this world, and the switch that deploys and removes the class."""
    org_of(world)
    every = ["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE"]

    def dispatch(request: Request) -> Answer:
        try:
            with request.call.all_or_none():
                return _run(world, request)
        except ApiError as error:
            return Answer(error.status, error.body())

    handle = faults.rest(world, rest_endpoint(world, dispatch))

    async def apex(wire: Wire) -> Response:
        # An Apex path has no version; the request behind it needs one.
        wire.path_params["version"] = "68.0"
        return await handle(wire)

    return [
        Route("/services/apexrest/{path:path}", apex, methods=every),
        Route("/_control/apexrest", endpoint(lambda wire: _switch(world, wire)), methods=["POST", "DELETE", "GET"]),
    ]


async def _switch(world: World, wire: Wire) -> object:
    if wire.method == "POST":
        given = (await fields(wire, {"path"})).get("path")
        if not isinstance(given, str) or not given.strip("/"):
            raise ControlError('send {"path": "closeloop/convert"}')
        world.parts[_PART] = given.strip("/").lower()
    elif wire.method == "DELETE":
        world.parts.pop(_PART, None)
    return {"path": world.parts.get(_PART)}


def _run(world: World, request: Request) -> Answer:
    if request.path.lower() != world.parts.get(_PART):
        raise ApiError(404, "NOT_FOUND", "Could not find a match for URL")
    if request.method != "POST":
        message = f"HTTP Method '{request.method}' not allowed. Allowed are POST"
        raise ApiError(405, "METHOD_NOT_ALLOWED", message)
    leads = request.json_object.get("leads")
    if not isinstance(leads, list) or not all(isinstance(lead, dict) for lead in leads):
        raise ApiError(400, "JSON_PARSER_ERROR", "leads must be a list of objects")
    if len(leads) > _MOST:
        raise ApiError(400, "APEX_ERROR", f"System.IllegalArgumentException: at most {_MOST} Leads a call")
    return Answer(200, [_one(request, lead) for lead in leads])


def _one(request: Request, lead: dict[str, Any]) -> dict[str, Any]:
    wish = Wish(
        lead_id=str(lead.get("leadId") or ""),
        status=str(lead.get("convertedStatus") or ""),
        account_id=lead.get("accountId"),
        opportunity_name=lead.get("opportunityName"),
        owner_id=lead.get("ownerId"),
    )
    empty = {"leadId": wish.lead_id, "accountId": None, "contactId": None, "opportunityId": None}
    try:
        done = convert(request.call, wish)
    except RecordError as error:
        errors = [{"statusCode": error.code, "message": error.message}]
        return {**empty, "success": False, "errors": errors}
    made = {"accountId": done.account_id, "contactId": done.contact_id, "opportunityId": done.opportunity_id}
    return {**empty, **made, "success": True, "errors": []}
