"""Plays the recorded requests against a sandbox, each cassette on a fresh org that holds what the real one held.

Invariant: nothing is prepared but records that a recorded answer shows and no recorded request made.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.sandbox.conftest import Sandbox
from tests.sandbox.recorded.cassettes import Exchange, LeftOut
from tests.sandbox.recorded.comparing import Comparison, Difference

Record = dict[str, Any]
# What a record cannot be without, where the recorded answer does not show it.
_LEAST: dict[str, Record] = {
    "Account": {"Name": "unknown"},
    "Contact": {"LastName": "unknown"},
    "Lead": {"LastName": "unknown", "Company": "unknown"},
    "Opportunity": {"Name": "unknown", "StageName": "Prospecting", "CloseDate": "2026-01-31"},
    "Event": {"ActivityDateTime": "2026-01-05T09:00:00Z", "DurationInMinutes": 60},
}


@dataclass(frozen=True)
class Played:
    """One exchange, played: how many values were compared and which of them differ."""

    exchange: Exchange
    compared: int
    differences: list[Difference]


def play(sandbox: Sandbox, cassette: list[Exchange | LeftOut]) -> Iterator[Played]:
    """Plays one cassette from its beginning."""
    exchanges = [item for item in cassette if isinstance(item, Exchange)]
    if not exchanges:
        return
    sandbox.post_control("reset")
    comparison = Comparison()
    _prepare(sandbox, exchanges, comparison)
    for exchange in exchanges:
        yield _one(sandbox, exchange, comparison)


def _one(sandbox: Sandbox, exchange: Exchange, comparison: Comparison) -> Played:
    before = comparison.compared
    send = _work if exchange.method == "BULK" else _send
    status, answer = send(sandbox, exchange, comparison)
    found = list(comparison.differences(exchange.status, status, "status"))
    found += comparison.differences(exchange.answer, answer)
    return Played(exchange, comparison.compared - before, found)


def _send(sandbox: Sandbox, exchange: Exchange, comparison: Comparison) -> tuple[int, Any]:
    path = comparison.translated(exchange.path).partition("/services/data/v")[2].partition("/")[2]
    address = f"{path}?{comparison.translated(exchange.query)}" if exchange.query else path
    body = _translated(exchange.body, comparison)
    answer = sandbox.rest(exchange.method, address, **({} if body is None else {"json": body}))
    return answer.status_code, answer.json() if answer.content else None


def _work(sandbox: Sandbox, exchange: Exchange, comparison: Comparison) -> tuple[int, Any]:
    """Carries a recorded bulk job out, and tells the outcome of its rows: those that succeeded first."""
    content = comparison.translated(exchange.body["content"]).encode()
    made = sandbox.rest("POST", "jobs/ingest", json=exchange.body["job"])
    job = f"jobs/ingest/{made.json()['id']}"
    sandbox.rest("PUT", f"{job}/batches", data=content, headers={"Content-Type": "text/csv"})
    sandbox.rest("PATCH", job, json={"state": "UploadComplete"})
    while sandbox.rest("GET", job).json()["state"] not in ("JobComplete", "Failed"):
        pass
    found = []
    for row in csv.DictReader(io.StringIO(sandbox.rest("GET", f"{job}/successfulResults").text)):
        found.append({"id": row["sf__Id"], "success": True, "created": row["sf__Created"] == "true", "error": ""})
    for row in csv.DictReader(io.StringIO(sandbox.rest("GET", f"{job}/failedResults").text)):
        found.append({"id": row["sf__Id"], "success": False, "created": False, "error": row["sf__Error"]})
    return made.status_code, found


def _translated(body: Any, comparison: Comparison) -> Any:
    if isinstance(body, dict):
        return {name: _translated(item, comparison) for name, item in body.items()}
    if isinstance(body, list):
        return [_translated(item, comparison) for item in body]
    return comparison.translated(body) if isinstance(body, str) else body


def _prepare(sandbox: Sandbox, exchanges: list[Exchange], comparison: Comparison) -> None:
    """Makes the records that were there before the recording began."""
    _pair_user_and_org(sandbox, exchanges, comparison)
    made = {item["id"] for exchange in exchanges for item in _outcomes(exchange)}
    known: dict[str, Record] = {}
    for exchange in exchanges:
        for record in _shown(exchange.answer):
            # A later answer may show fields that an earlier one does not; where both do, the earlier one counts.
            known[_id(record)] = record | known.get(_id(record), {})
    # Parents come before children, as in every org.
    order = tuple(_LEAST)
    for record_id, record in sorted(known.items(), key=lambda item: _rank(item[1], order)):
        if record_id not in made and record_id not in comparison.pairs and _rank(record, order) < len(order):
            comparison.pairs[record_id] = _make(sandbox, record, comparison)


def _rank(record: Record, order: tuple[str, ...]) -> int:
    kind = record["attributes"]["type"]
    return order.index(kind) if kind in order else len(order)


def _pair_user_and_org(sandbox: Sandbox, exchanges: list[Exchange], comparison: Comparison) -> None:
    for kind in ("User", "Organization"):
        own = sandbox.rest("GET", "query", params={"q": f"SELECT Id FROM {kind} LIMIT 1"}).json()["records"][0][
            "Id"
        ]
        for exchange in exchanges:
            for record in _shown(exchange.answer):
                if record["attributes"]["type"] == kind:
                    comparison.pairs[_id(record)] = own


def _outcomes(exchange: Exchange) -> Iterator[Record]:
    """The results of recorded writes that made a record."""
    if exchange.method in ("POST", "BULK") or "/composite/sobjects/" in exchange.path:
        items = exchange.answer if isinstance(exchange.answer, list) else [exchange.answer]
        yield from (item for item in items if isinstance(item, dict) and "id" in item and item.get("created", True))


def _shown(answer: Any) -> Iterator[Record]:
    """The records in a recorded answer, parents and children too."""
    if isinstance(answer, list):
        for item in answer:
            yield from _shown(item)
    elif isinstance(answer, dict):
        for item in answer.values():
            yield from _shown(item)
        if "url" in (answer.get("attributes") or {}):
            yield answer


def _id(record: Record) -> str:
    return str(record["attributes"]["url"]).rpartition("/")[2]


def _make(sandbox: Sandbox, record: Record, comparison: Comparison) -> str:
    kind = record["attributes"]["type"]
    fields = sandbox.rest("GET", f"sobjects/{kind}/describe").json()["fields"]
    writable = {item["name"] for item in fields if item["createable"]}
    given = {name: _translated(value, comparison) for name, value in record.items()}
    for parent in ("Who", "What"):
        if isinstance(record.get(parent), dict):
            given[f"{parent}Id"] = comparison.pairs[_id(record[parent])]
    body = _LEAST[kind] | {name: value for name, value in given.items() if name in writable and value is not None}
    answer = sandbox.rest("POST", f"sobjects/{kind}", json=body)
    assert answer.status_code == 201, (kind, body, answer.text)
    return str(answer.json()["id"])
