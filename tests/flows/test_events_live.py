"""A seller changes a Lead, and the house works on it at once: change stream, warm worker, Prefect's own records."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.bench.events import FIRST_LINE
from tests.bench.events_house import House, await_true, house, outcomes

pytestmark = [pytest.mark.prefect, pytest.mark.e2e, pytest.mark.long]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("live"), "--stream", "--warm", change_log=("Lead",)) as found:
        yield found


@pytest.fixture(scope="module")
def lead(place: House) -> str:
    """A Lead that was changed until the stream told of it, and what was told is handled."""
    (made,) = place.make_leads(1)
    token = place.sandbox.post_control("sessions", {"username": "anna.brandt@sandbox.example"})["access_token"]
    anna = {"Authorization": f"Bearer {token}"}

    def is_told() -> bool:
        place.sandbox.rest("PATCH", f"sobjects/Lead/{made}", json={"Title": f"at {time.time()}"}, headers=anna)
        time.sleep(0.3)
        return bool(outcomes(place).get("refreshed"))

    await_true(is_told, "the change is handled")
    return made


def _asked(place: House, path: str, body: dict[str, Any]) -> Any:
    with httpx.Client(base_url=place.api, timeout=30, trust_env=False) as client:
        answer = client.post(path, json=body)
    assert answer.is_success, answer.text
    return answer.json()


def test_the_run_names_the_record_and_says_its_first_line(place: House, lead: str) -> None:
    run = place.flow_runs()[0]
    assert f"crm:{lead}" in run["tags"]

    def first_line() -> bool:
        lines = _asked(place, "/logs/filter", {"logs": {"flow_run_id": {"any_": [run["id"]]}}})
        return any(line["message"].startswith(FIRST_LINE) for line in lines)

    await_true(first_line, "the first line is on record")


def test_the_record_is_the_resource_of_a_prefect_event(place: House, lead: str) -> None:
    chosen = {"filter": {"resource": {"id": [f"crm.lead.{lead}"]}}}

    def told() -> list[dict[str, Any]]:
        return list(_asked(place, "/events/filter", chosen)["events"])

    await_true(lambda: bool(told()), "the event is on record")
    event = told()[0]
    assert event["event"] in {"crm.lead.update", "crm.lead.create"}
    assert event["payload"]["record_id"] == lead


def test_the_shipped_automations_are_there(place: House) -> None:
    names = {found["name"] for found in _asked(place, "/automations/filter", {})}
    assert {
        "Closeloop: Leads that the CRM told of are prepared at once",
        "Closeloop: deals that people closed go on to follow-up at once",
    } <= names


def test_our_own_write_is_recognised(place: House, lead: str) -> None:
    headers = {"Sforce-Call-Options": "client=closeloop"}
    place.sandbox.rest("PATCH", f"sobjects/Lead/{lead}", json={"Title": "ours"}, headers=headers)
    await_true(lambda: bool(outcomes(place).get("our own write")), "the echo is marked")
