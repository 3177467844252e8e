"""The ledger of API calls: what costs how much, who spent it, and what happens when the day is used up."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from simple_salesforce.exceptions import SalesforceRefusedRequest

from tests.sandbox.conftest import Client, Sandbox, content

LEAD = {"LastName": "Berg", "Company": "Fjord AS"}
BASE = "/services/data/v66.0"


def ledger(sandbox: Sandbox) -> dict[str, Any]:
    return dict(requests.get(f"{sandbox.control}/limits", timeout=10).json())


def test_a_composite_of_a_thousand_records_is_one_call(sandbox: Sandbox) -> None:
    records = [{"attributes": {"type": "Lead"}, **LEAD} for _ in range(200)]
    parts = [
        {
            "method": "POST",
            "url": f"{BASE}/composite/sobjects",
            "referenceId": f"r{n}",
            "body": {"records": records},
        }
        for n in range(5)
    ]
    answer = sandbox.rest("POST", "composite", json={"compositeRequest": parts})
    assert answer.headers["Sforce-Limit-Info"] == "api-usage=1/100000"
    assert ledger(sandbox)["used"] == 1


def test_each_request_of_a_batch_counts(sandbox: Sandbox) -> None:
    parts = [{"method": "GET", "url": "v66.0/limits"} for _ in range(7)]
    answer = sandbox.rest("POST", "composite/batch", json={"batchRequests": parts})
    assert answer.headers["Sforce-Limit-Info"] == "api-usage=7/100000"


def test_errors_count_and_carry_the_header_and_strangers_cost_nothing(sandbox: Sandbox) -> None:
    bad = sandbox.rest("GET", "query?q=SELECT")
    assert (bad.status_code, bad.headers["Sforce-Limit-Info"]) == (400, "api-usage=1/100000")
    stranger = sandbox.rest("GET", "limits", headers={"Authorization": "Bearer nobody"})
    assert (stranger.status_code, stranger.headers["Sforce-Limit-Info"]) == (401, "api-usage=1/100000")


def test_a_day_that_is_used_up_refuses_calls_until_24_hours_later(sandbox: Sandbox, sf: Client) -> None:
    shown = sandbox.post_control("limits", {"daily": 1000, "used": 999})
    assert (shown["remaining"], shown["frees_up_at"]) == (1, "2026-01-06T08:00:00+00:00")
    sandbox.post_control("advance", {"hours": 1})
    sf.Lead.create(LEAD)
    with pytest.raises(SalesforceRefusedRequest) as caught:
        sf.Lead.create(LEAD)
    assert content(caught) == [{"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}]
    refused = sandbox.rest("GET", "limits")
    assert (refused.status_code, refused.headers["Sforce-Limit-Info"]) == (403, "api-usage=1000/1000")
    sandbox.post_control("advance", {"hours": 23})
    answer = sandbox.rest("GET", "limits")
    assert answer.json()["DailyApiRequests"] == {"Max": 1000, "Remaining": 998}


def test_a_batch_larger_than_what_is_left_is_not_begun(sandbox: Sandbox) -> None:
    sandbox.post_control("limits", {"daily": 10, "used": 8})
    part = {"method": "POST", "url": "v66.0/sobjects/Lead", "richInput": LEAD}
    answer = sandbox.rest("POST", "composite/batch", json={"batchRequests": [part, part, part]})
    assert (answer.status_code, answer.headers["Sforce-Limit-Info"]) == (403, "api-usage=8/10")
    assert "Lead" not in requests.get(f"{sandbox.control}/snapshot", timeout=10).json()


def test_the_ledger_tells_who_spent_the_calls(sandbox: Sandbox, sf: Client) -> None:
    human = sandbox.post_control("sessions", {"username": "anna.brandt@sandbox.example"})
    sf.Lead.create(LEAD)
    sf.query("SELECT Id FROM Lead")
    sandbox.rest("GET", "limits", headers={"Authorization": f"Bearer {human['access_token']}"})
    shown = ledger(sandbox)
    assert shown["by_caller"] == {"ops@sandbox.example": 2, "anna.brandt@sandbox.example": 1}
    assert (shown["used"], shown["total"]) == (3, 3)


def test_a_reset_gives_the_allocation_of_the_start_back(sandbox: Sandbox) -> None:
    sandbox.post_control("limits", {"daily": 5, "used": 5})
    sandbox.post_control("reset")
    assert ledger(sandbox) == {
        "daily": 100000,
        "used": 0,
        "remaining": 100000,
        "frees_up_at": None,
        "total": 0,
        "by_caller": {},
    }


@pytest.mark.parametrize("body", [{}, {"daily": -1}, {"used": "many"}, {"used": True}, {"weekly": 5}])
def test_limits_that_cannot_be_are_refused(sandbox: Sandbox, body: dict[str, Any]) -> None:
    answer = requests.post(f"{sandbox.control}/limits", json=body, timeout=10)
    assert (answer.status_code, "error" in answer.json()) == (400, True)
    assert ledger(sandbox)["daily"] == 100000
