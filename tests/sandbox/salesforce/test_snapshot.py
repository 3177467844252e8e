"""The snapshot shows content, not ids or times; equal requests make equal worlds."""

from __future__ import annotations

from typing import Any

import requests

from tests.sandbox.conftest import Sandbox


def snapshot(sandbox: Sandbox) -> dict[str, Any]:
    return dict(requests.get(f"{sandbox.control}/snapshot", timeout=30).json())


def fill(sandbox: Sandbox, order: str) -> None:
    sf = sandbox.client()
    for name in order:
        lead = sf.Lead.create({"LastName": name, "Company": "C", "Closeloop_Key__c": name})["id"]
        sf.Task.create({"WhoId": lead, "Subject": f"Call {name}"})


def test_the_order_of_creation_does_not_show(sandbox: Sandbox) -> None:
    fill(sandbox, "ABC")
    first = snapshot(sandbox)
    sandbox.post_control("reset")
    sandbox.post_control("advance", {"hours": 5})
    fill(sandbox, "CAB")
    assert snapshot(sandbox) == first
    assert first["Task"][0]["WhoId"] == "Lead:A"


def test_a_changed_field_shows(sandbox: Sandbox) -> None:
    fill(sandbox, "A")
    before = snapshot(sandbox)
    sandbox.client().Lead.upsert("Closeloop_Key__c/A", {"Title": "CEO"})
    assert snapshot(sandbox) != before


def test_a_reset_org_gives_the_same_ids_again(sandbox: Sandbox) -> None:
    sf = sandbox.client()
    body = {"LastName": "A", "Company": "B"}
    first = sf.Lead.create(body)["id"]
    sandbox.post_control("reset")
    assert sf.Lead.create(body)["id"] == first
