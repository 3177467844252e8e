"""`/v3/mail/batch` and `/v3/user/scheduled_sends`: ids for batches, and their pauses and cancellations.

A second POST for a batch is refused: its stop is changed with PATCH and taken back with DELETE.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox import agenda
from sandbox.sendgrid import batches, transit
from sandbox.sendgrid.answers import errors, json_object
from sandbox.sendgrid.issues import Issue
from sandbox.sendgrid.known import is_batch
from sandbox.world import World

INVALID = Issue("invalid batch id")


async def create_batch(world: World, _request: Request) -> Response:
    """A new batch id."""
    return JSONResponse({"batch_id": batches.create(world)}, 201)


async def validate_batch(world: World, request: Request) -> Response:
    """Whether a batch id is one."""
    batch_id = request.path_params["batch_id"]
    return JSONResponse({"batch_id": batch_id}) if is_batch(world, batch_id) else errors(400, INVALID)


async def stop(world: World, request: Request) -> Response:
    """Pause or cancel a batch."""
    body = await json_object(request) or {}
    batch_id, status = body.get("batch_id"), body.get("status")
    if not isinstance(batch_id, str) or not is_batch(world, batch_id):
        return errors(400, Issue("invalid batch id", "batch_id"))
    if (wrong := _wrong(status)) is not None:
        return wrong
    if batches.stopped(world, batch_id):
        return errors(400, Issue("a status was set for this batch id already; use PATCH to change it", "batch_id"))
    if len(batches.stopped(world)) >= batches.MOST_STOPPED:
        return errors(400, Issue("the maximum number of cancellations and pauses is reached", "batch_id"))
    _set(world, batch_id, str(status))
    return JSONResponse({"batch_id": batch_id, "status": status}, 201)


async def list_stops(world: World, _request: Request) -> Response:
    """All batches that are paused or cancelled."""
    return JSONResponse([dict(row) for row in batches.stopped(world)])


async def read_stop(world: World, request: Request) -> Response:
    """The stop of one batch in an array, empty when it goes its way."""
    return JSONResponse([dict(row) for row in batches.stopped(world, request.path_params["batch_id"])])


async def change_stop(world: World, request: Request) -> Response:
    """Turn a pause into a cancellation or back."""
    body, batch_id = await json_object(request) or {}, request.path_params["batch_id"]
    if not batches.stopped(world, batch_id):
        return errors(404, Issue("batch id not found"))
    if (wrong := _wrong(body.get("status"))) is not None:
        return wrong
    _set(world, batch_id, str(body["status"]))
    return Response(None, 204)


async def remove_stop(world: World, request: Request) -> Response:
    """Let a batch go its way again."""
    batch_id = request.path_params["batch_id"]
    if not batches.stopped(world, batch_id):
        return errors(404, Issue("batch id not found"))
    _set(world, batch_id, "")
    return Response(None, 204)


def _wrong(status: Any) -> Response | None:
    if isinstance(status, str) and status in batches.STATUSES:
        return None
    return errors(400, Issue("status must be pause or cancel", "status"))


def _set(world: World, batch_id: str, status: str) -> None:
    with agenda.transaction(world):
        batches.set_stop(world, batch_id, status)
        if status != "pause":
            transit.release(world, batch_id)
