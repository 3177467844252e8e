"""The only place where a Salesforce client is made: sign-in, renewal, timeouts, the way to an `http://` instance.

simple-salesforce speaks `https://` only and has no timeout; both are put right in a transport adapter. Sign-in is
by JWT bearer, client credentials, a session id or, for as long as it lives, the SOAP login.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import jwt
import requests
from requests.adapters import HTTPAdapter
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceAuthenticationFailed, SalesforceError

from closeloop.domain.crm_events import OUR_CLIENT
from closeloop.domain.errors import CrmRefused, CrmUnavailable, UsageError

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
        request.headers.setdefault(*OUR_MARK)
        answer = super().send(request, *args, **kwargs)
        if str(answer.status_code) in PASSING and "/services/oauth2/" in str(request.url):
            # The client would take any refusal at this address for wrong credentials.
            raise requests.HTTPError(f"it answered {answer.status_code}")
        return answer


class Client(Salesforce):
    """A signed-in client that signs in again once for all threads that met the same expired session."""

    def __init__(self, login: SalesforceLogin, session: requests.Session, **arguments: Any) -> None:
        self._login = login
        self._renewal = Lock()
        super().__init__(session=session, version=login.api_version, **arguments)

    def address(self, path: str) -> str:
        """The whole address of a path below the versioned base, or of one that starts with `/services/`."""
        base = f"https://{self.sf_instance}"
        return f"{base}{path}" if path.startswith("/") else f"{base}/services/data/v{self.sf_version}/{path}"

    def renew(self, stale: str) -> str:
        """A session id that is not `stale`: another thread's, or that of a new sign-in.

        Raises `SignInRefused` when there can be none, and `CrmUnavailable` when nobody answers.
        """
        with self._renewal:
            if self.session_id == stale:
                if self._login.way() == "session":
                    raise SignInRefused(
                        "the Salesforce session has expired or is wrong, and a session id cannot be renewed: set a "
                        "new CLOSELOOP_SALESFORCE_SESSION_ID, or client credentials, which last"
                    )
                _told(self._login, self._refresh_session)
            return str(self.session_id)


def connect(login: SalesforceLogin) -> Client:
    """A signed-in client; raises `SignInRefused` for credentials and `CrmUnavailable` when nobody answers."""
    arguments = _arguments(login, login.way())
    made: list[Client] = []
    _told(login, lambda: made.append(Client(login, _session(login), **arguments)))
    return made[0]


def _told(login: SalesforceLogin, sign_in: Callable[[], None]) -> None:
    """Signs in; what goes wrong is said in words that name the setting to look at."""
    way = login.way()
    place = login.instance_url or login.domain
    try:
        sign_in()
    except SalesforceAuthenticationFailed as problem:
        raise _not_signed_in(problem, way) from None
    except SalesforceError as problem:
        raise CrmUnavailable(f"Salesforce sign-in failed ({_short(str(problem))}): try again later") from None
    except requests.HTTPError as problem:
        raise CrmUnavailable(f"Salesforce sign-in failed, {problem}: try again later") from None
    except requests.RequestException as problem:
        raise CrmUnavailable(
            f"Salesforce cannot be reached at {place} ({type(problem).__name__}): check the network and "
            "CLOSELOOP_SALESFORCE_INSTANCE_URL"
        ) from None
    except (AttributeError, TypeError):  # the client looks for a session in whatever JSON it was given
        raise UsageError(
            f"{place} answers, but not as Salesforce does: check CLOSELOOP_SALESFORCE_INSTANCE_URL"
        ) from None


def _not_signed_in(problem: SalesforceAuthenticationFailed, way: str) -> CrmUnavailable | SignInRefused:
    said = _short(f"{problem.code}: {problem.auth_message}")
    if str(problem.code) in PASSING:
        return CrmUnavailable(f"Salesforce sign-in failed ({said}): try again later")
    return SignInRefused(f"Salesforce refuses the sign-in by {WORDS[way]} ({said}): {CHECK[way]}")


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
    if way == "soap_login":
        return _soap_login(login)
    return {
        "consumer_key": login.client_id,
        "consumer_secret": login.client_secret,
        "domain": login.domain or my_domain(login.instance_url or ""),
    }


def _soap_login(login: SalesforceLogin) -> dict[str, Any]:
    if float(login.api_version) > LAST_SOAP_LOGIN:
        raise UsageError(
            f"the SOAP login is not there in API {login.api_version}: set CLOSELOOP_SALESFORCE_CLIENT_ID and "
            "CLOSELOOP_SALESFORCE_CLIENT_SECRET, or CLOSELOOP_SALESFORCE_API_VERSION to 64.0 at most"
        )
    domain = login.domain or (my_domain(login.instance_url) if login.instance_url else "login")
    # An org may trust our network and ask for no token; the client takes this way only with one given.
    token = login.security_token or ""
    return {"username": login.username, "password": login.password, "security_token": token, "domain": domain}


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
