"""The Apex conversion class that an org may have, and composite graphs, met over raw HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.sandbox.conftest import Sandbox

PATH = "closeloop/convert"
LEAD = {"LastName": "Moreau", "Company": "North Mills", "Email": "m@north.example"}
GRAPH = "composite/graph"
BASE = "/services/data/v66.0/sobjects"


@pytest.fixture
def deployed(sandbox: Sandbox) -> Iterator[Sandbox]:
    sandbox.post_control("apexrest", {"path": PATH})
    yield sandbox
    requests.delete(f"{sandbox.control}/apexrest", timeout=10)


def apex(sandbox: Sandbox, method: str = "POST", path: str = PATH, **more: Any) -> requests.Response:
    headers = {"Authorization": f"Bearer {sandbox.salesforce['access_token']}"}
    return requests.request(method, f"{sandbox.url}/services/apexrest/{path}", headers=headers, timeout=10, **more)


def lead(sandbox: Sandbox, **more: Any) -> str:
    return str(sandbox.rest("POST", "sobjects/Lead", json=LEAD | more).json()["id"])


def test_a_class_that_is_not_deployed_is_not_found(sandbox: Sandbox) -> None:
    answer = apex(sandbox, json={"leads": []})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (404, "NOT_FOUND")


def test_a_session_is_needed(deployed: Sandbox) -> None:
    answer = requests.post(f"{deployed.url}/services/apexrest/{PATH}", json={"leads": []}, timeout=10)
    assert answer.status_code == 401


@pytest.mark.parametrize("body", [{}, {"leads": "x"}, {"leads": [1]}, {"leads": [{}] * 201}, []])
def test_what_it_cannot_read_is_refused(deployed: Sandbox, body: Any) -> None:
    assert apex(deployed, json=body).status_code == 400


def test_only_post_is_allowed(deployed: Sandbox) -> None:
    answer = apex(deployed, "GET")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (405, "METHOD_NOT_ALLOWED")


def test_it_converts_and_names_what_it_refuses(deployed: Sandbox) -> None:
    good, bad = lead(deployed), lead(deployed)
    wishes = [
        {"leadId": good, "convertedStatus": "Closed - Converted", "opportunityName": "A deal"},
        {"leadId": bad, "convertedStatus": "Nonsense"},
    ]
    made, refused = apex(deployed, json={"leads": wishes}).json()
    assert (made["leadId"], made["success"], made["errors"]) == (good, True, [])
    assert (refused["leadId"], refused["success"]) == (bad, False)
    assert refused["errors"][0]["statusCode"] == "INVALID_STATUS"
    found = deployed.rest("GET", f"sobjects/Opportunity/{made['opportunityId']}").json()
    assert found["Name"] == "A deal"


def test_a_call_is_counted_and_recorded(deployed: Sandbox) -> None:
    apex(deployed, json={"leads": [{"leadId": lead(deployed), "convertedStatus": "Closed - Converted"}]})
    entry = deployed.journal("salesforce")[-1]
    assert (entry["path"], entry["summary"]["calls"]) == (f"/services/apexrest/{PATH}", 1)
    assert "convert" in {operation["op"] for operation in entry["summary"]["operations"]}


def test_the_switch_says_what_to_send(sandbox: Sandbox) -> None:
    answer = requests.post(f"{sandbox.control}/apexrest", json={"path": 1}, timeout=10)
    assert (answer.status_code, "closeloop/convert" in answer.json()["error"]) == (400, True)


# graphs


def node(reference: str, name: str, **values: Any) -> dict[str, Any]:
    return {"method": "POST", "url": f"{BASE}/{name}", "referenceId": reference, "body": values}


def test_a_graph_is_all_or_nothing_and_leaves_its_neighbour_alone(sandbox: Sandbox) -> None:
    def graph(name: str, last_name: str | None) -> dict[str, Any]:
        account = node("account", "Account", Name=name)
        contact = node("contact", "Contact", LastName=last_name, AccountId="@{account.id}")
        return {"graphId": name, "compositeRequest": [account, contact]}

    answer = sandbox.rest("POST", GRAPH, json={"graphs": [graph("wrong", None), graph("right", "Moreau")]}).json()
    assert [(g["graphId"], g["isSuccessful"]) for g in answer["graphs"]] == [("wrong", False), ("right", True)]
    names = sandbox.rest("GET", "query", params={"q": "SELECT Name FROM Account"}).json()["records"]
    assert [row["Name"] for row in names] == ["right"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"graphs": "x"},
        {"graphs": [{"compositeRequest": []}]},
        {"graphs": [{"graphId": "a", "compositeRequest": []}] * 2},
        {"graphs": [{"graphId": str(n), "compositeRequest": []} for n in range(76)]},
        {"graphs": [{"graphId": "a"}]},
        {"graphs": [{"graphId": "a", "compositeRequest": "abc"}]},
        {"graphs": [{"graphId": "a", "compositeRequest": 7}]},
    ],
    ids=["nothing", "text", "no id", "same id", "too many", "no requests", "requests as text", "a number"],
)
def test_graphs_that_cannot_be_read_are_refused(sandbox: Sandbox, body: dict[str, Any]) -> None:
    answer = sandbox.rest("POST", GRAPH, json=body)
    assert answer.status_code == 400, answer.text
    assert isinstance(answer.json(), list)
