"""Which way of signing in the settings choose, what is said about it, and what never appears in words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from closeloop.adapters.salesforce.connection import SalesforceLogin, SignInRefused, connect, sign_in_way
from closeloop.domain.errors import CrmUnavailable, UsageError
from tests.scripted_server import HANGUP, Answer, Hangup, ScriptedServer
from tests.unit.adapters.salesforce.scripts import error

URL = "https://acme.my.salesforce.com"
EVERYTHING = SalesforceLogin(
    instance_url=URL,
    client_id="key",
    client_secret="hidden-1",
    username="ops@acme.example",
    private_key="hidden-2",
    session_id="hidden-3",
    password="hidden-4",
    security_token="hidden-5",
)


@pytest.mark.parametrize(
    ("without", "name", "warned"),
    [
        ({}, "jwt", False),
        ({"private_key": None}, "client_credentials", False),
        ({"private_key": None, "client_secret": None}, "session", True),
        ({"client_id": None, "session_id": None}, "soap_login", True),
    ],
)
def test_the_way_that_lasts_longest_is_taken(without: dict[str, Any], name: str, *, warned: bool) -> None:
    way = sign_in_way(replace(EVERYTHING, **without))
    assert way.name == name
    assert (way.warning is not None) is warned


def test_the_soap_login_is_called_what_it_is_a_way_that_ends() -> None:
    way = sign_in_way(SalesforceLogin(username="ops@acme.example", password="x", security_token="y"))
    assert way.warning is not None
    assert "65.0" in way.warning
    assert "CLOSELOOP_SALESFORCE_CLIENT_ID" in way.warning


def test_no_secret_is_shown() -> None:
    assert "hidden" not in repr(EVERYTHING)


def test_the_soap_login_is_not_tried_where_it_is_gone() -> None:
    login = SalesforceLogin(username="ops@acme.example", password="x", security_token="y", api_version="65.0")
    with pytest.raises(UsageError, match=r"CLOSELOOP_SALESFORCE_API_VERSION to 64\.0"):
        connect(login)


@pytest.mark.parametrize("answer", [HANGUP, Answer(503, "<html>"), error(500, "X"), Answer(429, "")])
def test_a_sign_in_that_fails_for_a_moment_is_for_later(script: ScriptedServer, answer: Answer | Hangup) -> None:
    script.then(answer)
    with pytest.raises(CrmUnavailable):
        connect(SalesforceLogin(instance_url=script.url, client_id="a", client_secret="b"))


def test_wrong_credentials_are_not_for_later(script: ScriptedServer) -> None:
    script.then(Answer(400, '{"error": "invalid_client", "error_description": "invalid client credentials"}'))
    with pytest.raises(SignInRefused, match=r"client credentials .*CLOSELOOP_SALESFORCE_CLIENT_SECRET"):
        connect(SalesforceLogin(instance_url=script.url, client_id="a", client_secret="b"))
