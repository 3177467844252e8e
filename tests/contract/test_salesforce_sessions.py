"""Signing in at a real server: every way works, and however many threads meet an expired session, one renews it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from closeloop.adapters.salesforce.calls import Calls
from closeloop.adapters.salesforce.connection import SalesforceLogin, SignInRefused, connect
from closeloop.adapters.salesforce.crm import SalesforceCrm
from tests.contract.crm_orgs import draft, login_to
from tests.sandbox.conftest import Sandbox
from tests.sandbox.salesforce.test_auth import PRIVATE, PUBLIC

THREADS = 8
COUNTED: dict[str, Any] = {"kind": "slow", "seconds": 0.01, "match": {"operation": "token"}}
"""Does no harm, and counts the sign-ins."""


def strike(sandbox: Sandbox, *rules: dict[str, Any]) -> None:
    sandbox.post_control("faults", {"rules": list(rules), "seed": 1})


def struck(sandbox: Sandbox) -> list[int]:
    rules = requests.get(f"{sandbox.control}/faults", timeout=30).json()["rules"]
    return [rule["struck"] for rule in rules]


def by_jwt(sandbox: Sandbox) -> SalesforceLogin:
    sandbox.post_control("jwt_keys", {"client_id": "jwt-client", "public_key_pem": PUBLIC})
    user = sandbox.salesforce["username"]
    return SalesforceLogin(instance_url=sandbox.url, client_id="jwt-client", username=user, private_key=PRIVATE)


def by_session(sandbox: Sandbox) -> SalesforceLogin:
    return SalesforceLogin(instance_url=sandbox.url, session_id=sandbox.salesforce["access_token"])


def by_soap(sandbox: Sandbox) -> SalesforceLogin:
    known = sandbox.salesforce
    return SalesforceLogin(
        instance_url=sandbox.url,
        username=known["username"],
        password=known["password"],
        security_token=known["security_token"],
    )


@pytest.mark.parametrize("login", [login_to, by_jwt, by_session, by_soap])
def test_every_way_of_signing_in_opens_a_session(
    sandbox: Sandbox, login: Callable[[Sandbox], SalesforceLogin]
) -> None:
    assert Calls(connect(login(sandbox))).read("limits/")["DailyApiRequests"]["Max"] > 0


def test_a_wrong_security_token_is_refused_with_the_settings_to_check(sandbox: Sandbox) -> None:
    known = sandbox.salesforce
    login = SalesforceLogin(
        instance_url=sandbox.url, username=known["username"], password=known["password"], security_token="wrong-one"
    )
    with pytest.raises(SignInRefused, match="_SECURITY_TOKEN") as caught:
        connect(login)
    assert "wrong-one" not in str(caught.value)


def test_the_first_sign_in_is_tried_again_when_the_server_stumbles(sandbox: Sandbox) -> None:
    crm = SalesforceCrm(lambda: connect(login_to(sandbox)), sleep=lambda _: None)
    token = {"path": "/services/oauth2/token"}
    strike(sandbox, {"kind": "server_error", "status": 503, "html": True, "times": 2, "match": token})
    crm.ready()
    assert struck(sandbox) == [2]


def test_threads_that_meet_one_expired_session_sign_in_once(sandbox: Sandbox) -> None:
    calls = Calls(connect(login_to(sandbox)))
    strike(sandbox, COUNTED, {"kind": "expired_session", "times": 1})
    with ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(lambda _: calls.read("limits/"), range(THREADS * 3)))
    assert len(answers) == THREADS * 3
    assert struck(sandbox) == [1, 1]


@pytest.mark.parametrize("login", [login_to, by_soap])
def test_a_long_lived_process_signs_in_again_as_often_as_its_session_ends(
    sandbox: Sandbox, login: Callable[[Sandbox], SalesforceLogin]
) -> None:
    crm = SalesforceCrm(lambda: connect(login(sandbox)), sleep=lambda _: None)
    crm.upsert_leads([draft(1)])
    for _ in range(3):
        strike(sandbox, {"kind": "expired_session", "times": 1})
        assert len(crm.changed_leads(None, 10)) == 1
        assert struck(sandbox) == [1]


def test_a_user_whose_sessions_are_all_revoked_costs_one_sign_in_not_hundreds(sandbox: Sandbox) -> None:
    calls = Calls(connect(login_to(sandbox)))
    strike(sandbox, COUNTED, {"kind": "revoked_session"})
    with pytest.raises(SignInRefused):
        calls.read("limits/")
    assert struck(sandbox)[0] <= 1


def test_a_session_id_that_expired_is_said_to_be_that(sandbox: Sandbox) -> None:
    calls = Calls(connect(by_session(sandbox)))
    strike(sandbox, {"kind": "expired_session", "times": 1})
    with pytest.raises(SignInRefused, match="cannot be renewed"):
        calls.read("limits/")
