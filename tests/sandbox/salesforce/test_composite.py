"""Composite, batch and tree: several requests in one call, with references and real roll-back."""

from __future__ import annotations

from typing import Any

from tests.sandbox.conftest import Client, Sandbox

BASE = "/services/data/v66.0"
ACCOUNT = {"method": "POST", "url": f"{BASE}/sobjects/Account", "referenceId": "a", "body": {"Name": "Acme"}}
CONTACT = {
    "method": "POST",
    "url": f"{BASE}/sobjects/Contact",
    "referenceId": "c",
    "body": {"LastName": "Ek", "AccountId": "@{a.id}"},
}
BAD = {"method": "POST", "url": f"{BASE}/sobjects/Contact", "referenceId": "bad", "body": {"FirstName": "X"}}


def composite(sandbox: Sandbox, *parts: dict[str, Any], together: bool = False) -> list[dict[str, Any]]:
    body = {"allOrNone": together, "compositeRequest": list(parts)}
    answer = sandbox.rest("POST", "composite", json=body)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["compositeResponse"])


def accounts(sf: Client) -> int:
    return int(sf.query("SELECT COUNT() FROM Account")["totalSize"])


def test_a_later_request_uses_the_id_of_an_earlier_one(sandbox: Sandbox, sf: Client) -> None:
    answers = composite(sandbox, ACCOUNT, CONTACT)
    assert [answer["httpStatusCode"] for answer in answers] == [201, 201]
    assert answers[0]["httpHeaders"]["Location"].endswith(answers[0]["body"]["id"])
    found = sf.query("SELECT Account.Name FROM Contact WHERE LastName = 'Ek'")["records"][0]
    assert found["Account"]["Name"] == "Acme"


def test_a_query_result_can_be_referred_to_in_an_address(sandbox: Sandbox, sf: Client) -> None:
    sf.Account.create({"Name": "Acme"})
    query = {"method": "GET", "url": f"{BASE}/query?q=SELECT+Id+FROM+Account", "referenceId": "q"}
    change = {
        "method": "PATCH",
        "url": f"{BASE}/sobjects/Account/@{{q.records[0].Id}}",
        "referenceId": "p",
        "body": {"Site": "HQ"},
    }
    answers = composite(sandbox, query, change)
    assert [answer["httpStatusCode"] for answer in answers] == [200, 204]
    assert sf.query("SELECT Site FROM Account")["records"][0]["Site"] == "HQ"


def test_all_or_none_undoes_what_came_before_the_failure(sandbox: Sandbox, sf: Client) -> None:
    answers = composite(sandbox, ACCOUNT, BAD, CONTACT, together=True)
    codes = [answer["body"][0]["errorCode"] for answer in answers]
    assert codes == ["PROCESSING_HALTED", "REQUIRED_FIELD_MISSING", "PROCESSING_HALTED"]
    assert [answer["referenceId"] for answer in answers] == ["a", "bad", "c"]
    assert accounts(sf) == 0


def test_without_all_or_none_only_dependants_fall(sandbox: Sandbox, sf: Client) -> None:
    depends = {**CONTACT, "referenceId": "d", "body": {"LastName": "Ek", "ReportsToId": "@{bad.id}"}}
    answers = composite(sandbox, BAD, depends, ACCOUNT)
    assert [answer["httpStatusCode"] for answer in answers] == [400, 400, 201]
    assert answers[1]["body"][0]["errorCode"] == "PROCESSING_HALTED"
    assert accounts(sf) == 1


def test_the_outer_all_or_none_overrides_that_of_a_collection(sandbox: Sandbox, sf: Client) -> None:
    records = [{"attributes": {"type": "Account"}, "Name": "A"}, {"attributes": {"type": "Account"}}]
    body = {"allOrNone": False, "records": records}
    collection = {"method": "POST", "url": f"{BASE}/composite/sobjects", "referenceId": "s", "body": body}
    assert composite(sandbox, collection)[0]["body"][0]["success"] is True
    composite(sandbox, ACCOUNT, collection, together=True)
    assert accounts(sf) == 1


def test_five_collections_of_200_cost_one_call(sandbox: Sandbox, sf: Client) -> None:
    def collection(number: int) -> dict[str, Any]:
        records = [{"attributes": {"type": "Account"}, "Name": f"{number}-{n}"} for n in range(200)]
        url = f"{BASE}/composite/sobjects"
        return {"method": "POST", "url": url, "referenceId": f"r{number}", "body": {"records": records}}

    composite(sandbox, *[collection(number) for number in range(5)])
    assert accounts(sf) == 1000
    assert sandbox.journal("salesforce")[0]["summary"]["calls"] == 1
    sixth = {"compositeRequest": [collection(number) for number in range(6)]}
    assert sandbox.rest("POST", "composite", json=sixth).status_code == 400


def test_26_requests_are_too_many(sandbox: Sandbox) -> None:
    parts = [{**ACCOUNT, "referenceId": f"r{n}"} for n in range(26)]
    answer = sandbox.rest("POST", "composite", json={"compositeRequest": parts})
    assert answer.status_code == 400
    assert "25 subrequests" in answer.json()[0]["message"]


def test_a_reference_to_nothing_is_an_error_of_that_request_only(sandbox: Sandbox, sf: Client) -> None:
    answers = composite(sandbox, CONTACT, ACCOUNT)
    assert [answer["httpStatusCode"] for answer in answers] == [400, 201]
    assert accounts(sf) == 1


def test_an_upsert_key_with_escapes_arrives_unescaped(sandbox: Sandbox, sf: Client) -> None:
    url = f"{BASE}/sobjects/Lead/Closeloop_Key__c/a%2Fb%20%C3%A9"
    part = {"method": "PATCH", "url": url, "referenceId": "u", "body": {"LastName": "L", "Company": "C"}}
    assert composite(sandbox, part)[0]["httpStatusCode"] == 201
    assert sf.query("SELECT Closeloop_Key__c FROM Lead")["records"][0]["Closeloop_Key__c"] == "a/b é"


def test_each_request_of_a_batch_counts(sandbox: Sandbox, sf: Client) -> None:
    parts = [
        {"method": "POST", "url": "v66.0/sobjects/Account", "richInput": {"Name": "A"}},
        {"method": "POST", "url": "v66.0/sobjects/Account", "richInput": {}},
        {"method": "GET", "url": "v66.0/query?q=SELECT+COUNT()+FROM+Account"},
    ]
    body = sandbox.rest("POST", "composite/batch", json={"batchRequests": parts}).json()
    assert body["hasErrors"] is True
    assert [result["statusCode"] for result in body["results"]] == [201, 400, 200]
    assert sandbox.journal("salesforce")[-1]["summary"]["calls"] == 3
    halted = sandbox.rest("POST", "composite/batch", json={"haltOnError": True, "batchRequests": parts}).json()
    assert [result["statusCode"] for result in halted["results"]] == [201, 400, 412]


def tree(*contacts: dict[str, Any]) -> dict[str, Any]:
    children = [{"attributes": {"type": "Contact", "referenceId": f"c{n}"}, **c} for n, c in enumerate(contacts)]
    account = {"attributes": {"type": "Account", "referenceId": "a"}, "Name": "Acme"}
    return {"records": [{**account, "Contacts": {"records": children}}]}


def test_a_tree_writes_parents_and_children(sandbox: Sandbox, sf: Client) -> None:
    answer = sandbox.rest("POST", "composite/tree/Account", json=tree({"LastName": "A"}, {"LastName": "B"}))
    assert answer.status_code == 201
    assert [result["referenceId"] for result in answer.json()["results"]] == ["a", "c0", "c1"]
    assert sf.query("SELECT COUNT() FROM Contact WHERE Account.Name = 'Acme'")["totalSize"] == 2


def test_a_tree_with_a_bad_leaf_leaves_nothing(sandbox: Sandbox, sf: Client) -> None:
    answer = sandbox.rest("POST", "composite/tree/Account", json=tree({"LastName": "A"}, {"FirstName": "B"}))
    assert answer.status_code == 400
    assert [result["referenceId"] for result in answer.json()["results"]] == ["c1"]
    assert accounts(sf) == 0
