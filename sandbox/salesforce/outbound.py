"""The queue of outbound messages, and how they reach the outside: SOAP notifications over real HTTP.

Invariant: a notification stays queued until its receiver acknowledges it or 24 hours have passed. It is queued
in the transaction of its change and carries the values of the moment it is sent, not of the change.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from xml.sax.saxutils import escape

import httpx

from sandbox.faults.deliveries import again
from sandbox.salesforce import seed
from sandbox.salesforce.admin.messages import OutboundMessage
from sandbox.salesforce.call import Call
from sandbox.salesforce.ids import make_id
from sandbox.salesforce.schema import ObjectType
from sandbox.salesforce.store import Row, Store
from sandbox.salesforce.values import parse_moment, stamp
from sandbox.world import World

_TABLE = """CREATE TABLE IF NOT EXISTS salesforce_outbound (
    id INTEGER PRIMARY KEY AUTOINCREMENT, message TEXT NOT NULL, record_id TEXT NOT NULL, queued_at TEXT NOT NULL,
    next_at TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0, problem TEXT NOT NULL DEFAULT '')"""
_MOST = 100
_KEPT = timedelta(hours=24)
_LONGEST_GAP = timedelta(hours=2)
_TIMEOUT = httpx.Timeout(60, connect=3)
_ACK = re.compile(r"<(?:\w+:)?Ack>\s*true\s*</", re.IGNORECASE)
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n'
    ' <soapenv:Body>\n  <notifications xmlns="http://soap.sforce.com/2005/09/outbound">\n'
)
_TAIL = "  </notifications>\n </soapenv:Body>\n</soapenv:Envelope>\n"


def open_queue(store: Store) -> None:
    """Creates the queue where it is missing."""
    store.db.execute(_TABLE)


def clear(store: Store) -> None:
    """Forgets everything queued and starts the notification ids anew."""
    store.db.execute("DELETE FROM salesforce_outbound")
    store.db.execute("DELETE FROM sqlite_sequence WHERE name = 'salesforce_outbound'")


def queue(call: Call, kind: ObjectType, new: Row, old: Row | None) -> None:
    """Queues a notification for each message that wants to hear of this write; `old` is what an update changed."""
    write = "create" if old is None else "update"
    for message in call.setup.outbound_messages:
        if message.object == kind.name and write in message.on and (message.when is None or message.when(new, old)):
            call.store.db.execute(
                "INSERT INTO salesforce_outbound (message, record_id, queued_at, next_at) VALUES (?, ?, ?, ?)",
                (message.name, new["Id"], call.now, call.now),
            )


def waiting(store: Store) -> list[dict[str, Any]]:
    """What is queued still, oldest first, with the last problem of each notification."""
    rows = store.db.execute("SELECT * FROM salesforce_outbound ORDER BY id").fetchall()
    return [{**dict(row), "id": _notification_id(row)} for row in rows]


def _notification_id(row: sqlite3.Row) -> str:
    return make_id("04l", row["id"])


class Sender:
    """One round of delivery."""

    def __init__(self, world: World, call: Call, base: str, session: str) -> None:
        self._world = world
        self._call = call
        self._store = call.store
        self._base = base
        self._session = session

    async def deliver(self) -> int:
        """Tries once to hand over all that is due; how many notifications were acknowledged."""
        count = 0
        async with httpx.AsyncClient(timeout=_TIMEOUT, trust_env=False) as client:
            for number, message in enumerate(self._call.setup.outbound_messages, start=1):
                due = self._due(message)
                for start in range(0, len(due), _MOST):
                    count += await self._batch(client, message, number, due[start : start + _MOST])
        return count

    def _due(self, message: OutboundMessage) -> list[sqlite3.Row]:
        old = stamp(self._call.moment - _KEPT)
        with self._store.transaction():
            self._store.db.execute("DELETE FROM salesforce_outbound WHERE queued_at < ?", (old,))
        return self._store.db.execute(
            "SELECT * FROM salesforce_outbound WHERE message = ? AND next_at <= ? ORDER BY id",
            (message.name, self._call.now),
        ).fetchall()

    async def _batch(
        self, client: httpx.AsyncClient, message: OutboundMessage, number: int, due: Sequence[sqlite3.Row]
    ) -> int:
        kind = self._call.schema[message.object]
        found = [(row, self._store.get(kind, row["record_id"])) for row in due]
        alive = [(row, record) for row, record in found if record is not None and not record["IsDeleted"]]
        self._settle([row for row, record in found if record is None or record["IsDeleted"]])
        if not alive:
            return 0
        content = self._envelope(message, number, kind, alive).encode()
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}
        request = client.build_request("POST", message.url, content=content, headers=headers)
        problem = await _posted(client, request)
        rows = [row for row, _ in alive]
        if problem:
            self._put_off(rows, problem)
            return 0
        self._settle(rows)
        await again(self._world, client, request, len(rows))
        return len(rows)

    def _envelope(
        self, message: OutboundMessage, number: int, kind: ObjectType, found: Sequence[tuple[sqlite3.Row, Row]]
    ) -> str:
        session = f"<SessionId>{escape(self._session)}</SessionId>" if message.send_session else ""
        head = [
            f"<OrganizationId>{seed.ORG_ID}</OrganizationId>",
            f"<ActionId>{make_id('04k', number)}</ActionId>",
            session or '<SessionId xsi:nil="true"/>',
            f"<EnterpriseUrl>{escape(self._base)}/services/Soap/c/59.0/{seed.ORG_ID[:15]}</EnterpriseUrl>",
            f"<PartnerUrl>{escape(self._base)}/services/Soap/u/59.0/{seed.ORG_ID[:15]}</PartnerUrl>",
        ]
        told = [_notification(message, kind, row, record) for row, record in found]
        return _HEAD + "".join(f"   {each}\n" for each in (*head, *told)) + _TAIL

    def _settle(self, rows: Sequence[sqlite3.Row]) -> None:
        with self._store.transaction():
            ids = [(row["id"],) for row in rows]
            self._store.db.executemany("DELETE FROM salesforce_outbound WHERE id = ?", ids)

    def _put_off(self, rows: Sequence[sqlite3.Row], problem: str) -> None:
        """The gap doubles with every try, from a minute to at most two hours."""
        changes = []
        for row in rows:
            gap = min(_LONGEST_GAP, timedelta(minutes=2 ** min(row["tries"], 7)))
            changes.append((stamp(self._call.moment + gap), problem, row["id"]))
        with self._store.transaction():
            sql = "UPDATE salesforce_outbound SET tries = tries + 1, next_at = ?, problem = ? WHERE id = ?"
            self._store.db.executemany(sql, changes)


async def _posted(client: httpx.AsyncClient, request: httpx.Request) -> str:
    """What kept the receiver from acknowledging; empty when it did."""
    try:
        answer = await client.send(request)
    except httpx.HTTPError as problem:
        return f"{type(problem).__name__}: {problem}"
    if answer.status_code != 200:
        return f"answered {answer.status_code}"
    return "" if _ACK.search(answer.text) else "did not acknowledge"


def _notification(message: OutboundMessage, kind: ObjectType, row: sqlite3.Row, record: Row) -> str:
    values = {"Id": record["Id"], **{name: record[name] for name in message.fields}}
    shown = "".join(
        f"<sf:{name}>{escape(_text(kind, name, value))}</sf:{name}>"
        for name, value in values.items()
        if value is not None
    )
    return (
        f"<Notification><Id>{_notification_id(row)}</Id>"
        f'<sObject xsi:type="sf:{kind.name}" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">{shown}</sObject>'
        "</Notification>"
    )


def _text(kind: ObjectType, name: str, value: Any) -> str:
    if kind.fields[name].type == "boolean":
        return "true" if value else "false"
    moment = parse_moment(value) if kind.fields[name].type == "datetime" else None
    return f"{stamp(moment).removesuffix('+0000')}Z" if moment else str(value)
