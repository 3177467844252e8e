"""Every way to log in works with the unmodified client; everything else is refused in Salesforce's words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from simple_salesforce.exceptions import SalesforceAuthenticationFailed, SalesforceExpiredSession

from tests.sandbox.conftest import Client, Sandbox, content

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PRIVATE = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()
PUBLIC = (
    KEY.public_key()
    .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    .decode()
)


def counts(client: Client) -> int:
    return int(client.query("SELECT COUNT() FROM User")["totalSize"])


def test_client_credentials_open_a_session(sandbox: Sandbox) -> None:
    known = sandbox.salesforce
    client = sandbox.client(
        consumer_key=known["client_id"], consumer_secret=known["client_secret"], domain="acme.my"
    )
    assert counts(client) == 3


def test_soap_login_opens_a_session(sandbox: Sandbox) -> None:
    known = sandbox.salesforce
    client = sandbox.client(
        username=known["username"], password=known["password"], security_token=known["security_token"]
    )
    assert counts(client) == 3


def test_the_password_grant_opens_a_session(sandbox: Sandbox) -> None:
    known = sandbox.salesforce
    client = sandbox.client(
        username=known["username"],
        password=known["password"],
        consumer_key=known["client_id"],
        consumer_secret=known["client_secret"],
    )
    assert counts(client) == 3


def test_a_jwt_of_a_registered_key_opens_a_session(sandbox: Sandbox) -> None:
    sandbox.post_control("jwt_keys", {"client_id": "jwt-client", "public_key_pem": PUBLIC})
    client = sandbox.client(username=sandbox.salesforce["username"], consumer_key="jwt-client", privatekey=PRIVATE)
    assert counts(client) == 3


def test_a_jwt_of_an_unregistered_client_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(SalesforceAuthenticationFailed, match="client identifier invalid"):
        sandbox.client(username=sandbox.salesforce["username"], consumer_key="stranger", privatekey=PRIVATE)


def ask_with(sandbox: Sandbox, key: rsa.RSAPrivateKey = KEY, **changed: Any) -> requests.Response:
    claims = {
        "iss": "jwt-client",
        "sub": sandbox.salesforce["username"],
        "aud": "https://login.salesforce.com",
        "exp": datetime.now(UTC) + timedelta(minutes=3),
    } | changed
    sandbox.post_control("jwt_keys", {"client_id": "jwt-client", "public_key_pem": PUBLIC})
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "assertion": jwt.encode(claims, key, algorithm="RS256"),
    }
    return requests.post(f"{sandbox.url}/services/oauth2/token", data=form, timeout=30)


def test_the_claims_of_a_jwt_are_checked(sandbox: Sandbox) -> None:
    assert ask_with(sandbox).status_code == 200
    assert ask_with(sandbox, aud="https://elsewhere.example").json()["error_description"] == "audience is invalid"
    assert ask_with(sandbox, sub="stranger@sandbox.example").json()["error"] == "invalid_grant"
    past = datetime.now(UTC) - timedelta(minutes=1)
    assert "expired" in ask_with(sandbox, exp=past).json()["error_description"]


def test_a_jwt_signed_by_another_key_is_refused(sandbox: Sandbox) -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    answer = ask_with(sandbox, other)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_a_key_that_is_no_public_key_is_not_registered(sandbox: Sandbox) -> None:
    body = {"client_id": "x", "public_key_pem": "hello"}
    answer = requests.post(f"{sandbox.control}/jwt_keys", json=body, timeout=30)
    assert answer.status_code == 400
    assert "PEM public key" in answer.json()["error"]


def test_wrong_secrets_are_refused(sandbox: Sandbox) -> None:
    known = sandbox.salesforce
    with pytest.raises(SalesforceAuthenticationFailed, match="invalid_client"):
        sandbox.client(consumer_key=known["client_id"], consumer_secret="wrong", domain="acme.my")
    with pytest.raises(SalesforceAuthenticationFailed, match="INVALID_LOGIN"):
        sandbox.client(username=known["username"], password="wrong", security_token="x")


def test_soap_login_has_ended_with_version_65(sandbox: Sandbox) -> None:
    known = sandbox.salesforce
    with pytest.raises(SalesforceAuthenticationFailed, match="UNSUPPORTED_API_VERSION"):
        sandbox.client(
            username=known["username"],
            password=known["password"],
            security_token=known["security_token"],
            version="65.0",
        )


def test_an_unknown_session_is_told_that_it_expired(sandbox: Sandbox) -> None:
    client = sandbox.client(session_id="00D000000000001!nobody", instance_url=sandbox.url)
    with pytest.raises(SalesforceExpiredSession) as caught:
        client.query("SELECT Id FROM Lead")
    assert content(caught) == [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]


def test_a_revoked_session_is_over(sandbox: Sandbox) -> None:
    known = sandbox.salesforce
    client = sandbox.client(
        consumer_key=known["client_id"], consumer_secret=known["client_secret"], domain="acme.my"
    )
    requests.post(f"{sandbox.url}/services/oauth2/revoke", data={"token": client.session_id}, timeout=30)
    direct = sandbox.client(session_id=client.session_id, instance_url=sandbox.url)
    with pytest.raises(SalesforceExpiredSession):
        direct.query("SELECT Id FROM Lead")


def test_userinfo_names_the_user_behind_the_session(sandbox: Sandbox) -> None:
    headers = {"Authorization": f"Bearer {sandbox.salesforce['access_token']}"}
    for method in ("GET", "POST"):
        found = requests.request(
            method, f"{sandbox.url}/services/oauth2/userinfo", headers=headers, timeout=10
        ).json()
        assert (found["preferred_username"], found["name"]) == (
            sandbox.salesforce["username"],
            "Closeloop Integration",
        )
        (lead,) = sandbox.rest(
            "POST",
            "composite/sobjects",
            json={"records": [{"attributes": {"type": "Lead"}, "LastName": "A", "Company": "B"}]},
        ).json()
        made = sandbox.rest("GET", f"sobjects/Lead/{lead['id']}").json()
        assert made["CreatedById"] == found["user_id"]


def test_userinfo_tells_a_stranger_nothing(sandbox: Sandbox) -> None:
    answer = requests.get(
        f"{sandbox.url}/services/oauth2/userinfo", headers={"Authorization": "Bearer 00D!x"}, timeout=10
    )
    assert (answer.status_code, answer.json()["error"]) == (403, "Bad_OAuth_Token")
