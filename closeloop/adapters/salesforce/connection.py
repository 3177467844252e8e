"""The only place where a Salesforce client is made: sign-in, timeouts, and the way to an `http://` instance.

simple-salesforce speaks `https://` only and has no timeout; both are put right in a transport adapter, so the
client itself stays as it is. Sign-in is by client credentials, JWT bearer or a session id.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import jwt
import requests
from requests.adapters import HTTPAdapter
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceAuthenticationFailed, SalesforceError

from closeloop.domain.errors import CrmRefused, CrmUnavailable, UsageError

API_VERSION = "62.0"
TIMEOUTS = (5.0, 60.0)
"""Seconds to connect, and between two bytes of an answer."""
CHECK = {
    "session": "set a new CLOSELOOP_SALESFORCE_SESSION_ID",
    "jwt": "check CLOSELOOP_SALESFORCE_CLIENT_ID, _USERNAME and _PRIVATE_KEY_FILE",
    "client_credentials": "check CLOSELOOP_SALESFORCE_CLIENT_ID and CLOSELOOP_SALESFORCE_CLIENT_SECRET",
}
LONGEST_WORDS = 160
"""Of what a server answered; a page of HTML is no message."""


class SignInRefused(CrmRefused, UsageError):
    """Salesforce does not take the credentials of the settings."""


@dataclass(frozen=True)
class SalesforceLogin:
    """How to sign in. Exactly one of the three ways is complete."""

    instance_url: str | None = None
    domain: str | None = None
    """`acme.my` for client credentials; `login` or `test` for JWT."""
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    username: str | None = None
    private_key: str | None = field(default=None, repr=False)
    session_id: str | None = field(default=None, repr=False)
    api_version: str = API_VERSION

    def way(self) -> str:
        """`session`, `client_credentials` or `jwt`; raises `UsageError` naming what is missing."""
        if self.session_id and self.instance_url:
            return "session"
        if self.client_id and self.private_key and self.username:
            return "jwt"
        if self.client_id and self.client_secret and (self.domain or self.instance_url):
            return "client_credentials"
        raise UsageError(
            "Salesforce sign-in is not configured: set CLOSELOOP_SALESFORCE_INSTANCE_URL with "
            "CLOSELOOP_SALESFORCE_CLIENT_ID and CLOSELOOP_SALESFORCE_CLIENT_SECRET (or _SESSION_ID, or "
            "_USERNAME and _PRIVATE_KEY_FILE for JWT). `closeloop doctor` checks them."
        )


class Transport(HTTPAdapter):
    """Gives every request a timeout, and sends it in clear text when the instance is an `http://` one."""

    def __init__(self, plain_netloc: str | None = None) -> None:
        self.plain_netloc = plain_netloc
        super().__init__(pool_maxsize=10)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        if self.plain_netloc and request.url:
            parts = urlsplit(request.url)
            request.url = urlunsplit(("http", self.plain_netloc, parts.path, parts.query, ""))
        kwargs["timeout"] = kwargs.get("timeout") or TIMEOUTS
        return super().send(request, *args, **kwargs)


def connect(login: SalesforceLogin) -> Salesforce:
    """A signed-in client; raises `SignInRefused` for credentials and `CrmUnavailable` when nobody answers."""
    way = login.way()
    arguments = _arguments(login, way)
    place = login.instance_url or login.domain
    try:
        return Salesforce(session=_session(login), version=login.api_version, **arguments)
    except SalesforceAuthenticationFailed as problem:
        said = f"{problem.code}: {problem.auth_message}"
        raise SignInRefused(
            f"Salesforce refuses the sign-in by {way.replace('_', ' ')} ({_short(said)}): {CHECK[way]}"
        ) from None
    except SalesforceError as problem:
        raise CrmUnavailable(f"Salesforce sign-in failed ({_short(str(problem))}): try again later") from None
    except requests.RequestException as problem:
        raise CrmUnavailable(
            f"Salesforce cannot be reached at {place} ({type(problem).__name__}): check the network and "
            "CLOSELOOP_SALESFORCE_INSTANCE_URL"
        ) from None
    except AttributeError:  # the client looks for a session in whatever JSON it was given
        raise UsageError(
            f"{place} answers, but not as Salesforce does: check CLOSELOOP_SALESFORCE_INSTANCE_URL"
        ) from None


def _short(said: str) -> str:
    words = " ".join(said.split())
    return words if len(words) <= LONGEST_WORDS else f"{words[:LONGEST_WORDS]}…"


def _session(login: SalesforceLogin) -> requests.Session:
    session = requests.Session()
    # Environment variables such as CURL_CA_BUNDLE would silently override the verification of this session.
    session.trust_env = False
    parts = urlsplit(login.instance_url or "")
    session.mount("https://", Transport(parts.netloc if parts.scheme == "http" else None))
    return session


def _arguments(login: SalesforceLogin, way: str) -> dict[str, Any]:
    if way == "session":
        return {"session_id": login.session_id, "instance_url": login.instance_url}
    if way == "jwt":
        keys = {"consumer_key": login.client_id, "privatekey": _checked_key(login.private_key or "")}
        return {"username": login.username, "domain": login.domain or "login", **keys}
    return {
        "consumer_key": login.client_id,
        "consumer_secret": login.client_secret,
        "domain": login.domain or my_domain(login.instance_url or ""),
    }


def _checked_key(pem: str) -> str:
    try:
        jwt.get_algorithm_by_name("RS256").prepare_key(pem)
    except (ValueError, TypeError, jwt.PyJWTError):
        raise UsageError(
            "the private key for Salesforce is none: set CLOSELOOP_SALESFORCE_PRIVATE_KEY_FILE to an RSA key "
            "in PEM format, without a passphrase"
        ) from None
    return pem


def my_domain(instance_url: str) -> str:
    """`https://acme.my.salesforce.com` gives `acme.my`. At an `http://` instance any name does: the transport
    leads it there."""
    parts = urlsplit(instance_url)
    return "local.my" if parts.scheme == "http" else parts.netloc.removesuffix(".salesforce.com")
