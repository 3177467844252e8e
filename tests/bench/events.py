"""How long a change in the CRM takes to the first line of the run that works on it, one change at a time.

Each change is a person's, made through the sandbox's REST API, and reaches the gateway by one of two ways: as an
outbound message or over the change stream. The clock starts before the change is asked for. The Prefect server, the
runner and the gateway are processes of their own, started before anything is measured.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

from closeloop.adapters.ledger import SqlLedger
from closeloop.adapters.ledger.event_tables import crm_events, event_runs
from tests.bench.child import BenchFailed
from tests.bench.events_house import House, await_true, house, outcomes

WAYS = ("outbound", "stream")
LEADS = 25
FIRST_LINE = "Looking at what the CRM told"
GOAL_SECONDS = 3.0
WARM = 3
"""Changes before the measured ones."""
Found = dict[str, Any]


def measure_events(number: int, seed: int, home: Path) -> Found:
    """Half of them by each way."""
    with house(home / "events", "--stream", "--warm", change_log=("Lead",)) as place:
        leads = place.make_leads(LEADS)
        await_true(lambda: _is_followed(place, leads[0]), "the stream is followed")
        dice = random.Random(seed)  # noqa: S311 - pauses of a measurement
        return {
            "events": number,
            "goal_seconds": GOAL_SECONDS,
            "ways": {way: _way(place, way, leads, number // len(WAYS), dice) for way in WAYS},
        }


def _is_followed(place: House, lead: str) -> bool:
    """A stream without a place to go on from begins with what comes then."""
    place.sandbox.rest("PATCH", f"sobjects/Lead/{lead}", json={"Title": f"at {time.time()}"})
    time.sleep(0.2)
    return bool(outcomes(place))


def _way(place: House, way: str, leads: Sequence[str], number: int, dice: random.Random) -> Found:
    _set_up(place, way)
    token = place.sandbox.post_control("sessions", {"username": "anna.brandt@sandbox.example"})["access_token"]
    ledger = place.ledger()
    try:
        begun = [_one(place, ledger, way, leads[n % len(leads)], n, token, dice) for n in range(WARM + number)][
            WARM:
        ]
    finally:
        ledger.close()
    time.sleep(5)  # log lines are sent every other second
    lines = _first_lines(place, [run for run, _, _ in begun])
    first = [lines[run] - at for run, at, _ in begun if run in lines]
    if len(first) < number:
        raise BenchFailed(f"{number - len(first)} of {number} changes had no run of their own with a first line")
    return {"first_line": _figures(first), "handled": _figures([done - at for _, at, done in begun])}


def _set_up(place: House, way: str) -> None:
    message = {"name": "Lead", "object": "Lead", "url": place.hook, "fields": ["LastModifiedById"]}
    told = [message] if way == "outbound" else []
    place.sandbox.post_control(
        "org", {"change_log": ["Lead" if way == "stream" else "Task"], "outbound_messages": told}
    )


def _one(
    place: House, ledger: SqlLedger, way: str, lead: str, number: int, token: str, dice: random.Random
) -> tuple[str, float, float]:
    """The flow run, and when the change was begun and handled."""
    await_true(lambda: not _open(ledger), "the run before has ended")
    time.sleep(dice.uniform(0, 1))  # so that it meets the runner anywhere between two looks
    begun = time.time()
    change = {"Title": f"Title {number}"}
    answer = place.sandbox.rest(
        "PATCH", f"sobjects/Lead/{lead}", json=change, headers={"Authorization": f"Bearer {token}"}
    )
    if not answer.ok:
        raise BenchFailed(f"the change was refused: {answer.text}")
    if way == "outbound":
        place.sandbox.post_control("advance", {"hours": 0})
    found: list[tuple[str, datetime]] = []

    def is_handled() -> bool:
        found.extend(_handled(ledger, way, lead, begun))
        return bool(found)

    await_true(is_handled, "the change is handled")
    return found[0][0], begun, found[0][1].timestamp()


def _handled(ledger: SqlLedger, way: str, lead: str, since: float) -> list[tuple[str, datetime]]:
    query = (
        crm_events.join(event_runs, crm_events.c.run_key == event_runs.c.key)
        .select()
        .with_only_columns(event_runs.c.flow_run_id, crm_events.c.handled_at)
        .where(crm_events.c.source == way, crm_events.c.record_id == lead, crm_events.c.handled_at.is_not(None))
        .order_by(crm_events.c.handled_at.desc())
        .limit(1)
    )
    with ledger._database.read() as connection:
        rows = connection.execute(query).all()
    return [(str(run), at) for run, at in rows if at.timestamp() > since]


def _open(ledger: SqlLedger) -> bool:
    with ledger._database.read() as connection:
        return connection.execute(event_runs.select().where(~event_runs.c.ended).limit(1)).first() is not None


def _first_lines(place: House, runs: Sequence[str]) -> dict[str, float]:
    """Flow run to when its first line was written."""
    found: dict[str, float] = {}
    with httpx.Client(base_url=place.api, timeout=30, trust_env=False) as client:
        for run in runs:
            chosen = {"logs": {"flow_run_id": {"any_": [run]}}, "sort": "TIMESTAMP_ASC"}
            for line in client.post("/logs/filter", json=chosen).json():
                if line["message"].startswith(FIRST_LINE):
                    found.setdefault(run, datetime.fromisoformat(line["timestamp"]).timestamp())
    return found


def _figures(seconds: Sequence[float]) -> dict[str, float]:
    p95 = quantiles(seconds, n=20, method="inclusive")[-1] if len(seconds) > 1 else seconds[0]
    return {"p50": round(median(seconds), 2), "p95": round(p95, 2), "worst": round(max(seconds), 2)}


def print_events(screen: Console, found: Found) -> None:
    """One line a way."""
    table = Table(title="From a changed Lead to its run", title_justify="left")
    for column in ("way", "first line p50 s", "p95 s", "worst s", "handled p50 s", "p95 s"):
        table.add_column(column, justify="left" if column == "way" else "right")
    for way, figures in found["ways"].items():
        first, done = figures["first_line"], figures["handled"]
        cells = [first["p50"], first["p95"], first["worst"], done["p50"], done["p95"]]
        table.add_row(way, *(f"{cell:.2f}" for cell in cells))
    screen.print(table)
    screen.print(
        f"{found['events']} changes, one at a time; the goal is a p95 of {found['goal_seconds']:.0f} s", style="dim"
    )
