"""Outbound messages: SOAP notifications that reach a real receiver, and go on until it acknowledges them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
from defusedxml.ElementTree import fromstring
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.sandbox.conftest import Client, Sandbox
from tests.sandbox.served import serve

LEAD = {"LastName": "Berg & Sons", "Company": "Fjord AS"}
_ACK = '<e:Envelope xmlns:e="x"><e:Body><n:Response xmlns:n="y"><Ack>{}</Ack></n:Response></e:Body></e:Envelope>'


@dataclass
class Listener:
    """An endpoint for notifications, which acknowledges them unless told otherwise."""

    url: str = ""
    ack: str = "true"
    bodies: list[str] = field(default_factory=list)

    async def take(self, request: Request) -> Response:
        self.bodies.append((await request.body()).decode())
        return Response(_ACK.format(self.ack), media_type="text/xml")

    @property
    def ids(self) -> list[list[str]]:
        return [re.findall(r"<Notification><Id>(\w+)</Id>", body) for body in self.bodies]


@pytest.fixture
def listener() -> Iterator[Listener]:
    found = Listener()
    with serve(Starlette(routes=[Route("/crm", found.take, methods=["POST"])])) as url:
        found.url = f"{url}/crm"
        yield found


def tell(sandbox: Sandbox, listener: Listener, **more: Any) -> None:
    message = {
        "name": "Lead_changed",
        "object": "Lead",
        "url": listener.url,
        "fields": ["Status", "Company"],
        **more,
    }
    sandbox.post_control("org", {"outbound_messages": [message]})


def test_a_notification_carries_the_latest_values(sandbox: Sandbox, sf: Client, listener: Listener) -> None:
    tell(sandbox, listener, fields=["LastName", "DoNotCall", "CreatedDate", "Title"])
    lead_id = sf.Lead.create({**LEAD, "LastName": "Old"})["id"]
    sf.Lead.update(lead_id, {"LastName": LEAD["LastName"]})
    assert sandbox.post_control("advance", {"hours": 0})["delivered"] == 2
    (body,) = listener.bodies
    found = {element.tag.rpartition("}")[2]: element.text for element in fromstring(body).iter()}
    assert (found["LastName"], found["DoNotCall"]) == ("Berg & Sons", "false")
    assert found["CreatedDate"] == "2026-01-05T08:00:00.000Z"
    assert "Title" not in found
    assert found["OrganizationId"] == "00D000000000001EAA"
    assert f"{sandbox.url}/services/Soap/u/59.0/00D000000000001" in body
    assert len(set(listener.ids[0])) == 2


def test_a_batch_that_is_not_acknowledged_comes_again_with_the_same_ids(
    sandbox: Sandbox, sf: Client, listener: Listener
) -> None:
    tell(sandbox, listener)
    listener.ack = "false"
    sf.Lead.create(LEAD)
    assert sandbox.post_control("advance", {"hours": 0})["delivered"] == 0
    (queued,) = requests.get(f"{sandbox.control}/outbound", timeout=10).json()
    assert (queued["problem"], queued["tries"]) == ("did not acknowledge", 1)
    sandbox.post_control("advance", {"hours": 0})
    assert len(listener.bodies) == 1
    listener.ack = "true"
    assert sandbox.post_control("advance", {"hours": 1})["delivered"] == 1
    assert listener.ids[0] == listener.ids[1]
    assert requests.get(f"{sandbox.control}/outbound", timeout=10).json() == []


def test_after_24_hours_a_notification_is_given_up(sandbox: Sandbox, sf: Client, listener: Listener) -> None:
    tell(sandbox, listener)
    listener.ack = "false"
    sf.Lead.create(LEAD)
    sandbox.post_control("advance", {"hours": 1})
    sandbox.post_control("advance", {"hours": 25})
    assert len(listener.bodies) == 1
    assert requests.get(f"{sandbox.control}/outbound", timeout=10).json() == []


def test_a_message_holds_a_hundred_notifications_and_can_come_twice(sandbox: Sandbox, listener: Listener) -> None:
    tell(sandbox, listener)
    sandbox.post_control("faults", {"rules": [{"kind": "duplicate_delivery", "nth": [2]}]})
    records = [{"attributes": {"type": "Lead"}, **LEAD} for _ in range(130)]
    sandbox.rest("POST", "composite/sobjects", json={"records": records})
    assert sandbox.post_control("advance", {"hours": 0})["delivered"] == 130
    assert [len(ids) for ids in listener.ids] == [100, 30, 30]
    assert listener.bodies[1] == listener.bodies[2]


def test_only_what_the_condition_admits_is_told_and_nothing_rolled_back(
    sandbox: Sandbox, sf: Client, listener: Listener
) -> None:
    when = {"field": "Status", "op": "equals", "value": "Working - Contacted"}
    tell(sandbox, listener, when=when, on=["update"])
    lead_id = sf.Lead.create({**LEAD, "Status": "Working - Contacted"})["id"]
    change = {"id": lead_id, "attributes": {"type": "Lead"}, "Status": "Working - Contacted"}
    body = {"allOrNone": True, "records": [change, {**change, "id": "00Q000000000009EAA"}]}
    sandbox.rest("PATCH", "composite/sobjects", json=body)
    assert sandbox.post_control("advance", {"hours": 0})["delivered"] == 0
    sf.Lead.update(lead_id, {"Title": "CEO"})
    assert sandbox.post_control("advance", {"hours": 0})["delivered"] == 1


def test_a_session_is_sent_along_on_request_and_opens_the_org(
    sandbox: Sandbox, sf: Client, listener: Listener
) -> None:
    tell(sandbox, listener, send_session=True)
    sf.Lead.create(LEAD)
    sandbox.post_control("advance", {"hours": 0})
    found = re.search("<SessionId>(.+)</SessionId>", listener.bodies[0])
    assert found
    answer = sandbox.rest("GET", "limits", headers={"Authorization": f"Bearer {found.group(1)}"})
    assert answer.status_code == 200
