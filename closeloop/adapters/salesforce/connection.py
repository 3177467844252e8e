"""How to sign in to Salesforce: by JWT bearer, client credentials, a session id or, for as long as it lives, the
SOAP login. `client` does it, and is imported only when somebody does: most commands start without.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from closeloop.domain.crm_events import OUR_CLIENT
from closeloop.domain.errors import CrmRefused, CrmUnavailable, UsageError

if TYPE_CHECKING:
    from closeloop.adapters.salesforce.client import Client

API_VERSION = "62.0"
LAST_SOAP_LOGIN = 64.0
"""The SOAP login is not there from API 65.0 on, and ends for every version with Summer '27."""
OUR_MARK = ("Sforce-Call-Options", f"client={OUR_CLIENT}")
"""By this name the org's change events tell our own writes from those of others."""
SIGN_IN_TRIES = 3
TIMEOUTS = (5.0, 60.0)
"""Seconds to connect, and between two bytes of an answer."""
CHECK = {
    "session": "set a new CLOSELOOP_SALESFORCE_SESSION_ID",
    "jwt": "check CLOSELOOP_SALESFORCE_CLIENT_ID, _USERNAME and _PRIVATE_KEY_FILE",
    "client_credentials": "check CLOSELOOP_SALESFORCE_CLIENT_ID and CLOSELOOP_SALESFORCE_CLIENT_SECRET",
    "soap_login": "check CLOSELOOP_SALESFORCE_USERNAME, _PASSWORD and _SECURITY_TOKEN",
}
WORDS = {
    "session": "session id",
    "jwt": "JWT bearer",
    "client_credentials": "client credentials",
    "soap_login": "SOAP login with password and security token",
}
WARNINGS = {
    "session": "a session id cannot be renewed: work stops when it expires. Use client credentials or JWT for good",
    "soap_login": (
        "the SOAP login is not there from API 65.0 on and ends for every version with Summer '27: move to client "
        "credentials (CLOSELOOP_SALESFORCE_CLIENT_ID and _CLIENT_SECRET) or JWT now"
    ),
}
PASSING = frozenset({"420", "429", "500", "502", "503", "504", "server_error", "rate_limit_exceeded"})
"""Codes of a sign-in that fails for no reason of ours."""
LONGEST_WORDS = 160
"""Of what a server answered; a page of HTML is no message."""


class SignInRefused(CrmRefused, UsageError):
    """Salesforce does not take the credentials of the settings."""


@dataclass(frozen=True)
class SignInWay:
    """Which way of signing in the settings choose."""

    name: str
    words: str
    """For people: `client credentials`."""
    warning: str | None
    """Why a person should choose another way; None when there is no reason."""


@dataclass(frozen=True)
class SalesforceLogin:
    """How to sign in. At least one of the four ways is complete; the one that lasts longest is taken."""

    instance_url: str | None = None
    domain: str | None = None
    """`acme.my` for client credentials; `login` or `test` for JWT and SOAP login."""
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    username: str | None = None
    private_key: str | None = field(default=None, repr=False)
    session_id: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    security_token: str | None = field(default=None, repr=False)
    api_version: str = API_VERSION

    def way(self) -> str:
        """`jwt`, `client_credentials`, `session` or `soap_login`; raises `UsageError` naming what is missing."""
        if self.client_id and self.private_key and self.username:
            return "jwt"
        if self.client_id and self.client_secret and (self.domain or self.instance_url):
            return "client_credentials"
        if self.session_id and self.instance_url:
            return "session"
        if self.username and self.password:
            return "soap_login"
        raise UsageError(
            "Salesforce sign-in is not configured: set CLOSELOOP_SALESFORCE_INSTANCE_URL with "
            "CLOSELOOP_SALESFORCE_CLIENT_ID and CLOSELOOP_SALESFORCE_CLIENT_SECRET (or _USERNAME and "
            "_PRIVATE_KEY_FILE for JWT, or _SESSION_ID). `closeloop doctor` checks them."
        )


def sign_in_way(login: SalesforceLogin) -> SignInWay:
    """The way these settings choose and what speaks against it; raises `UsageError` when none is complete."""
    name = login.way()
    return SignInWay(name, WORDS[name], WARNINGS.get(name))


def signed_in(connect: Callable[[], Client], sleep: Callable[[float], None]) -> Client:
    """The first sign-in is as patient with a server that stumbles as every later call is."""
    for attempt in range(1, SIGN_IN_TRIES):
        try:
            return connect()
        except CrmUnavailable:
            sleep(random.uniform(0, attempt))  # noqa: S311 - no secret
    return connect()


def connect(login: SalesforceLogin) -> Client:
    """A signed-in client; raises `SignInRefused` for credentials and `CrmUnavailable` when nobody answers."""
    from closeloop.adapters.salesforce.client import signed_in_client

    return signed_in_client(login)
