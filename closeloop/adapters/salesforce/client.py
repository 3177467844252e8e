"""The only place where a Salesforce client is made: sign-in, renewal, timeouts, the way to an `http://` instance.

simple-salesforce speaks `https://` only and has no timeout; both are put right in a transport adapter. It brings a
SOAP client and much cryptography with it, so `connection` imports this module when somebody signs in, not before.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import jwt
import requests
from requests.adapters import HTTPAdapter
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceAuthenticationFailed, SalesforceError

from closeloop.adapters.salesforce.connection import (
    CHECK,
    LAST_SOAP_LOGIN,
    LONGEST_WORDS,
    OUR_MARK,
    PASSING,
    TIMEOUTS,
    WORDS,
    SalesforceLogin,
    SignInRefused,
)
from closeloop.domain.errors import CrmUnavailable, UsageError


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


def signed_in_client(login: SalesforceLogin) -> Client:
    """See `connection.connect`; raises `SignInRefused` for credentials and `CrmUnavailable` when nobody answers."""
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
