"""The paths of the local vendors. Each needs the key, counts what it charged, and stands behind the fault script.

Invariant: a credit is counted exactly when a company was found and handed out, whatever the client learns of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from sandbox.faults import wire as broken
from sandbox.faults.script import Strike, Subject, script_of
from sandbox.vendors.companies import company
from sandbox.vendors.shapes import match, miss, refusal
from sandbox.world import World

COMPANY = {"pdl": "/v5/company/enrich", "apollo": "/api/v1/organizations/enrich", "hunter": "/v2/companies/find"}
ASKED_BY = {"pdl": ("website", "domain"), "apollo": ("domain",), "hunter": ("domain",)}
HEALTH = {"apollo": "/api/v1/auth/health", "hunter": "/v2/account"}
TOO_FAST = {"pdl": 429, "apollo": 429, "hunter": 403}
USED_UP = {"pdl": 402, "apollo": 402, "hunter": 429}
AFTER = frozenset({"slow", "cut_body", "reset_after_commit"})
INSTEAD = frozenset({"expired_session", "forbidden", "daily_limit", "server_error", "busy", "reset_before"})
Handler = Callable[[World, str, Request], Response]


def routes(world: World) -> list[Route]:
    """One route for a vendor's companies and, where it has one, for the state of the key."""
    found = [Route(f"/{vendor}{path}", _endpoint(world, vendor, _enrich)) for vendor, path in COMPANY.items()]
    return found + [Route(f"/{vendor}{path}", _endpoint(world, vendor, _health)) for vendor, path in HEALTH.items()]


def _endpoint(world: World, vendor: str, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        script = script_of(world)
        subject = Subject(
            "call", AFTER | INSTEAD, request.method, request.url.path, [("enrich", None)], (), "vendors"
        )
        strike = script.strike(subject) if script.counts else None
        if strike is not None and strike.kind in INSTEAD:
            response = _struck(vendor, strike)
        else:
            response = handler(world, vendor, request)
        _note(world, vendor, request, response, strike)
        return response if strike is None else await _broken(response, strike)

    return endpoint


def _enrich(world: World, vendor: str, request: Request) -> Response:
    if (refused := _stranger(world, vendor, request)) is not None:
        return refused
    asked = next((request.query_params[name] for name in ASKED_BY[vendor] if request.query_params.get(name)), None)
    if asked is None:
        return _answer(refusal(vendor, 400, "wrong_params", "Request contained no website or domain"))
    found = company(world.seed, vendor, asked)
    if found is None:
        return _answer(miss(vendor))
    return JSONResponse(match(vendor, found), headers={"X-Call-Credits-Spent": "1"})


def _health(world: World, vendor: str, request: Request) -> Response:
    if (refused := _stranger(world, vendor, request)) is not None:
        return refused
    if vendor == "apollo":
        return JSONResponse({"healthy": True, "is_logged_in": True})
    return JSONResponse({"data": {"plan_name": "Free", "requests": {"credits": {"used": 0, "available": 50}}}})


def _stranger(world: World, vendor: str, request: Request) -> Response | None:
    if request.headers.get("x-api-key") == world.credentials.vendor_api_key:
        return None
    return _answer(refusal(vendor, 401, "authentication_error", "No valid API key was given"))


def _answer(said: tuple[int, dict[str, Any]], **headers: str) -> Response:
    return JSONResponse(said[1], said[0], headers)


def _struck(vendor: str, strike: Strike) -> Response:
    match strike.kind:
        case "expired_session" | "forbidden":
            return _answer(refusal(vendor, 401, "authentication_error", "No valid API key was given"))
        case "daily_limit":
            return _answer(refusal(vendor, USED_UP[vendor], "payment_required", "No credits are left"))
        case "busy":
            said = refusal(vendor, TOO_FAST[vendor], "rate_limit_error", "Too many requests")
            return _answer(said, **{} if vendor == "hunter" else {"Retry-After": "1"})
        case "server_error" if strike.options["html"]:
            return HTMLResponse("<html><body><h1>Down for maintenance</h1></body></html>", 200)
    return _answer(refusal(vendor, int(strike.options.get("status", 500)), "api_error", "Something went wrong"))


async def _broken(response: Response, strike: Strike) -> Response:
    match strike.kind:
        case "slow":
            await asyncio.sleep(float(strike.options["seconds"]))
        case "cut_body":
            return broken.cut(response, declared=str(strike.options["declared"]))
        case "reset_before" | "reset_after_commit":
            return broken.reset_connection()
    return response


def _note(world: World, vendor: str, request: Request, response: Response, strike: Strike | None) -> None:
    charged = "x-call-credits-spent" in response.headers
    summary: dict[str, Any] = {"vendor": vendor, "asked": dict(request.query_params), "charged": charged}
    world.journal.record(
        at=world.clock.now(),
        service="vendors",
        method=request.method,
        path=request.url.path,
        status=response.status_code,
        summary=summary | ({"fault": strike.entry()} if strike else {}),
    )
