"""Alerts on a real server with all its services: made once, given a receiver once there is one, and delivered."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from prefect.blocks.notifications import CustomWebhookNotificationBlock
from prefect.client.orchestration import get_client
from prefect.events.clients import get_events_client
from prefect.events.schemas.events import Event, Resource
from prefect.settings import PREFECT_API_URL, temporary_settings
from pydantic import SecretStr

from flows.automations.alerts import BLOCK, alerts, ship_alerts
from flows.desk import COMPLAINTS, MAILBOX
from flows.runtime import prefect_server
from tests.flows.up_process import until

pytestmark = [pytest.mark.prefect, pytest.mark.long]
BOX = "maren@mail.tallyard.example"


@contextmanager
def sink() -> Iterator[tuple[str, list[Any]]]:
    """An address that takes any JSON, and what came in."""
    came: list[Any] = []

    class Sink(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Sink)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/", came
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def own_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server with all its services; the one that other tests share has none that evaluates triggers."""
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    nowhere = temporary_settings(restore_defaults={PREFECT_API_URL})
    with nowhere, prefect_server(tmp_path, lasting=True) as address:
        yield address


@pytest.mark.usefixtures("own_server")
def test_alerts_are_made_once_find_their_receiver_and_arrive() -> None:
    names = [alert.name for alert in alerts(None)]
    with sink() as (url, came):
        assert asyncio.run(_shipped()) == names
        assert asyncio.run(_shipped()) == []
        block = CustomWebhookNotificationBlock(
            name="alerts",
            url=url,
            json_data={"subject": "{{subject}}", "body": "{{body}}"},
            secrets={"none": SecretStr("x")},
        )
        asyncio.run(_keep(block))
        assert asyncio.run(_shipped()) == names, "each got its receiver"
        assert asyncio.run(_shipped()) == [], "and keeps it"
        happened = _told(came)
    assert came[0]["subject"] == "Closeloop: too many complaints"
    assert BOX in came[0]["body"]
    assert len(came) <= happened, "nobody is told twice of one thing"


def _told(came: list[Any]) -> int:
    """How often it had to happen: on a busy machine the server may answer before its event services listen."""
    for times in range(1, 9):
        asyncio.run(_happens())
        if until(lambda: came, 8):
            return times
    raise AssertionError("nobody was told")


async def _shipped() -> list[str]:
    async with get_client() as client:
        return await ship_alerts(client)


async def _keep(block: CustomWebhookNotificationBlock) -> None:
    await block.asave(BLOCK)


async def _happens() -> None:
    """An event as the reconcile flow emits it."""
    resource = {"prefect.resource.id": f"{MAILBOX}.{BOX}", "prefect.resource.name": BOX}
    async with get_events_client() as client:
        payload = {"sent": 900, "reported": 3, "rate": 0.0033}
        await client.emit(Event(event=COMPLAINTS, resource=Resource(resource), payload=payload))
