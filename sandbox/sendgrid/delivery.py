"""How waiting events, replies, one-click opt-outs and visits reach the outside, over real HTTP.

What is not taken with a 2xx answer stays in the outbox, with the reason, and is tried again at growing intervals
until SendGrid would give up: events after a day, replies after three. A reply that is refused with a 4xx, and a
redirect, are not followed up, as with the real service.
"""

from __future__ import annotations

import json
import sqlite3
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial

import httpx

from sandbox.faults import deliveries as faults
from sandbox.sendgrid import inbound, outbox, signing
from sandbox.sendgrid.account import account_of
from sandbox.sendgrid.hosts import behind
from sandbox.sendgrid.parse_settings import parse_for
from sandbox.sendgrid.webhooks import setting, wanted_events
from sandbox.world import World

EVENTS_PER_POST, BYTES_PER_POST = 500, 768 * 1024
REPLIES_GIVE_UP_HOURS, OPT_OUTS_GIVE_UP_HOURS = 72, 24
TIMEOUT = httpx.Timeout(30, connect=3)
CANCELLED_EVENT = {"cancel_drop": "dropped", "blocked": "bounce"}


@dataclass
class Round:
    """One round of delivery: the client it uses and how many items were taken."""

    world: World
    client: httpx.AsyncClient
    count: int = 0


async def deliver(world: World) -> int:
    """Try once to hand over all that waits; how many events, replies and opt-outs were taken.

    A receiver that cannot be reached is not tried again in the same round.
    """
    # A sandbox talks to the machine it runs on: a proxy from the environment would only swallow the mail.
    async with httpx.AsyncClient(timeout=TIMEOUT, trust_env=False, verify=_tls()) as client:
        now = Round(world, client)
        await _events(now)
        await _replies(now)
        await _opt_outs(now)
        await _visits(now)
    return now.count


@cache
def _tls() -> ssl.SSLContext:
    """Made once: reading the certificates costs more than a whole simulated day."""
    return ssl.create_default_context()


async def _events(now: Round) -> None:
    world, settings = now.world, setting(now.world, "event")
    if settings is None or settings.get("enabled") is False:
        return
    wanted, url = wanted_events(settings), httpx.URL(settings["url"])
    rows = outbox.due(world, "event")
    unwanted = [row for row in rows if CANCELLED_EVENT.get(row["name"], row["name"]) not in wanted]
    outbox.settle(world, unwanted, "the webhook did not ask for this event")
    gone = {row["id"] for row in unwanted}
    rows = [row for row in rows if row["id"] not in gone]
    for batch in list(_batches(faults.shuffled(world, url.path, rows))):
        if seconds := faults.late(world, url.path, len(batch)):
            outbox.hold(world, batch, seconds)
        elif not await _post_events(now, settings, batch):
            return


async def _post_events(now: Round, settings: dict[str, object], batch: list[sqlite3.Row]) -> bool:
    """Whether the receiver could be reached."""
    make = partial(_event_request, now, settings, batch)
    status = await _send(now, make(0), batch, account_of(now.world).events_give_up_hours)
    if status is not None and 200 <= status < 300:
        await faults.again(now.world, now.client, make(0), len(batch), make)
    return status is not None


def _batches(rows: list[sqlite3.Row]) -> Iterator[list[sqlite3.Row]]:
    batch: list[sqlite3.Row] = []
    size = 0
    for row in rows:
        size += len(row["body"].encode()) + 1
        if batch and (len(batch) == EVENTS_PER_POST or size > BYTES_PER_POST):
            yield batch
            batch, size = [], len(row["body"].encode()) + 1
        batch.append(row)
    if batch:
        yield batch


def _event_request(now: Round, settings: dict[str, object], rows: list[sqlite3.Row], copy: int) -> httpx.Request:
    """The post of these events; a `copy` above zero has event ids of its own, as seen in the wild."""
    bodies = [row["body"] if not copy else _renamed(row["body"], copy) for row in rows]
    # The real service ends its bodies with a line break, which receivers must not trim before verifying.
    content = f"[{','.join(bodies)}]\r\n".encode()
    headers = {"Content-Type": "application/json", "User-Agent": "SendGrid Event API"}
    if settings.get("signed"):
        headers |= signing.headers(now.world, signing.EVENT_KEY, content)
    return now.client.build_request("POST", str(settings["url"]), content=content, headers=headers)


def _renamed(body: str, copy: int) -> str:
    event = json.loads(body)
    return json.dumps({**event, "sg_event_id": f"{event['sg_event_id']}-{copy}"}, ensure_ascii=False)


async def _replies(now: Round) -> None:
    for row in outbox.due(now.world, "parse"):
        form = json.loads(row["body"])
        settings = parse_for(now.world, inbound.recipients(form))
        if settings is None:
            return
        request = inbound.request(now.world, now.client, settings, form)
        status = await _send(now, request, [row], REPLIES_GIVE_UP_HOURS, refusal_is_final=True)
        if status is None:
            return
        if 200 <= status < 300:
            await faults.again(now.world, now.client, request, 1)


async def _opt_outs(now: Round) -> None:
    for row in outbox.due(now.world, "one_click"):
        request = now.client.build_request("POST", behind(now.world, row["url"]), data=json.loads(row["body"]))
        status = await _send(now, request, [row], OPT_OUTS_GIVE_UP_HOURS)
        if status is None:
            return
        if 200 <= status < 300:
            await faults.again(now.world, now.client, request, 1)


async def _visits(now: Round) -> None:
    """Links that people and mail filters follow: once each, whatever comes of it."""
    for row in outbox.due(now.world, "visit"):
        asked = json.loads(row["body"])
        headers = {"User-Agent": asked["useragent"], "X-Forwarded-For": asked["ip"]}
        try:
            answer = await now.client.request(asked["method"], behind(now.world, row["url"]), headers=headers)
            problem = f"answered {answer.status_code}"
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            problem = f"{type(error).__name__}: {error}"
        outbox.settle(now.world, [row], problem)


async def _send(
    now: Round,
    request: httpx.Request,
    rows: list[sqlite3.Row],
    give_up_hours: int,
    *,
    refusal_is_final: bool = False,
) -> int | None:
    """Send one request and note the outcome on its rows; None when the receiver could not be reached."""
    try:
        status = (await now.client.send(request)).status_code
    except httpx.HTTPError as problem:
        outbox.fail(now.world, rows, f"{type(problem).__name__}: {problem}", give_up_hours)
        return None
    if 200 <= status < 300:
        outbox.settle(now.world, rows, "")
        now.count += len(rows)
    elif refusal_is_final and 400 <= status < 500:
        outbox.settle(now.world, rows, f"refused with {status}: not tried again")
        outbox.told(now.world, request.url.path, status, {"refused": len(rows)})
    else:
        outbox.fail(now.world, rows, f"answered {status}", give_up_hours)
    return status
