"""How waiting events, replies and one-click opt-outs reach the outside, over real HTTP.

Nothing is lost: what is not taken with a 2xx answer stays in the outbox, with the reason, for the next try.
"""

from __future__ import annotations

import json
import sqlite3
import ssl
from dataclasses import dataclass
from functools import cache

import httpx

from sandbox import agenda
from sandbox.faults.deliveries import again
from sandbox.sendgrid.webhooks import setting, wanted_events
from sandbox.world import World

EVENTS_PER_POST = 500
TIMEOUT = httpx.Timeout(30, connect=3)


@dataclass
class Delivered:
    """How many items a round of delivery got rid of."""

    count: int = 0


async def deliver(world: World) -> int:
    """Try once to hand over all that waits; how many events, replies and opt-outs were taken.

    A receiver that cannot be reached is not tried again in the same round.
    """
    # A sandbox talks to the machine it runs on: a proxy from the environment would only swallow the mail.
    async with httpx.AsyncClient(timeout=TIMEOUT, trust_env=False, verify=_tls()) as client:
        delivered = Delivered()
        await _events(world, client, delivered)
        await _singles(world, client, "parse", delivered)
        await _singles(world, client, "one_click", delivered)
    return delivered.count


def waiting(world: World) -> list[dict[str, object]]:
    """What is in the outbox still, oldest first, with the last problem of each item."""
    rows = world.db.execute(
        "SELECT o.id, o.at, o.target, o.name, m.address, o.attempts, o.problem, o.body FROM sendgrid_outbox o"
        " JOIN sendgrid_mails m ON m.id = o.mail_id WHERE o.settled_at IS NULL ORDER BY o.id"
    ).fetchall()
    return [
        {**dict(row), "at": agenda.moment(row["at"]).isoformat(), "body": json.loads(row["body"])} for row in rows
    ]


def count_waiting(world: World) -> int:
    """How many items are in the outbox still."""
    row = world.db.execute("SELECT COUNT(*) AS n FROM sendgrid_outbox WHERE settled_at IS NULL").fetchone()
    return int(row["n"])


@cache
def _tls() -> ssl.SSLContext:
    """Made once: reading the certificates costs more than a whole simulated day."""
    return ssl.create_default_context()


async def _events(world: World, client: httpx.AsyncClient, delivered: Delivered) -> None:
    settings = setting(world, "event")
    if settings is None or settings.get("enabled") is False:
        return
    rows = _open_rows(world, "event")
    wanted = wanted_events(settings)
    _settle(world, [row for row in rows if row["name"] not in wanted], "the webhook did not ask for this event")
    rows = [row for row in rows if row["name"] in wanted]
    for start in range(0, len(rows), EVENTS_PER_POST):
        batch = rows[start : start + EVENTS_PER_POST]
        # The real service ends its bodies with a line break, which receivers must not trim before verifying.
        body = f"[{','.join(row['body'] for row in batch)}]\r\n".encode()
        request = client.build_request(
            "POST", settings["url"], content=body, headers={"Content-Type": "application/json"}
        )
        if await _post(world, client, request, batch, delivered) is None:
            return


async def _singles(world: World, client: httpx.AsyncClient, target: str, delivered: Delivered) -> None:
    settings = setting(world, "parse")
    for row in _open_rows(world, target):
        url = row["url"] or (settings["url"] if settings else "")
        if not url:
            return
        form = json.loads(row["body"])
        if target == "parse":
            request = client.build_request("POST", url, files={name: (None, form[name]) for name in form})
        else:
            request = client.build_request("POST", url, data=form)
        if await _post(world, client, request, [row], delivered) is None:
            return


async def _post(
    world: World,
    client: httpx.AsyncClient,
    request: httpx.Request,
    rows: list[sqlite3.Row],
    delivered: Delivered,
) -> int | None:
    """Send one request and note the outcome on its rows; None when the receiver could not be reached."""
    try:
        status = (await client.send(request)).status_code
    except httpx.HTTPError as problem:
        _note(world, rows, f"{type(problem).__name__}: {problem}")
        return None
    if 200 <= status < 300:
        _settle(world, rows, "")
        delivered.count += len(rows)
        await again(world, client, request, len(rows))
    else:
        _note(world, rows, f"answered {status}")
    return status


def _open_rows(world: World, target: str) -> list[sqlite3.Row]:
    return world.db.execute(
        "SELECT id, name, url, body FROM sendgrid_outbox WHERE settled_at IS NULL AND target = ? ORDER BY id",
        (target,),
    ).fetchall()


def _settle(world: World, rows: list[sqlite3.Row], problem: str) -> None:
    with agenda.transaction(world):
        world.db.executemany(
            "UPDATE sendgrid_outbox SET settled_at = ?, attempts = attempts + 1, problem = ? WHERE id = ?",
            [(agenda.now(world), problem, row["id"]) for row in rows],
        )


def _note(world: World, rows: list[sqlite3.Row], problem: str) -> None:
    with agenda.transaction(world):
        world.db.executemany(
            "UPDATE sendgrid_outbox SET attempts = attempts + 1, problem = ? WHERE id = ?",
            [(problem, row["id"]) for row in rows],
        )
