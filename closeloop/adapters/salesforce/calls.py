"""One door for every API call: it counts them, retries what may be retried, and speaks in our errors.

A read is tried again after a lock, a 5xx or a broken body. A write is tried again only when Salesforce
certainly did nothing; when that is not known, the caller is told `Ambiguous`.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

import requests
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceError, SalesforceExpiredSession

from closeloop.domain.errors import CloseloopError, CrmRefused, CrmUnavailable

TRIES = 4
FIRST_WAIT = 0.5
SERVER_ERRORS = frozenset({500, 502, 503, 504})
BUSY = frozenset({420, 429})
LIMIT_CODE = "REQUEST_LIMIT_EXCEEDED"


class Ambiguous(CloseloopError):
    """The request left and no answer says what became of it."""


class Calls:
    """The client and the number of API calls made through it."""

    def __init__(self, client: Salesforce, sleep: Callable[[float], None] = time.sleep) -> None:
        self.client = client
        self.made = 0
        self._sleep = sleep

    def read(self, path: str, *, method: str = "GET", **arguments: Any) -> Any:
        """A call that changes nothing; tried again when the server stumbles."""
        return self._patiently(lambda: self._once(path, method, arguments))

    def write(self, path: str, body: Any, *, method: str = "POST") -> Any:
        """A call that changes something; raises `Ambiguous` instead of trying it twice."""
        return self._once(path, method, {"json": body})

    def read_next(self, url: str) -> Any:
        """The next page of a query."""
        return self._patiently(lambda: self._send(lambda: self.client.query_more(url, identifier_is_url=True)))

    def soap(self, path: str, envelope: str) -> str:
        """A SOAP call; the answer's text. Faults are in it, not raised."""
        url = f"https://{self.client.sf_instance}{path}"
        headers = {"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": '""'}
        answer = self._send(lambda: self.client.session.post(url, data=envelope.encode(), headers=headers))
        if answer.status_code in SERVER_ERRORS and "Fault" not in answer.text:
            raise Ambiguous(f"Salesforce answered {answer.status_code}")
        return str(answer.text)

    def _once(self, path: str, method: str, arguments: dict[str, Any]) -> Any:
        return self._send(lambda: self.client.restful(path, method=method, **arguments))

    def _send(self, call: Callable[[], Any]) -> Any:
        self.made += 1
        try:
            return call()
        except SalesforceExpiredSession:
            raise CrmRefused(
                "Salesforce does not take the session, it has expired or is wrong: start again, with a new "
                "CLOSELOOP_SALESFORCE_SESSION_ID if you set one"
            ) from None
        except SalesforceError as problem:
            raise _ours(problem) from None
        except requests.ConnectTimeout as problem:
            raise CrmUnavailable(f"Salesforce cannot be reached: {type(problem).__name__}") from None
        except requests.ConnectionError as problem:
            raise _connection_error(problem) from None
        except (requests.RequestException, ValueError) as problem:
            raise Ambiguous(f"no readable answer from Salesforce: {type(problem).__name__}") from None

    def _patiently(self, call: Callable[[], Any]) -> Any:
        for attempt in range(1, TRIES + 1):
            try:
                return call()
            except (CrmUnavailable, Ambiguous) as problem:
                if attempt == TRIES:
                    raise CrmUnavailable(f"{problem}, {TRIES} times") from None
                self._sleep(FIRST_WAIT * 2**attempt * random.uniform(0.5, 1.5))  # noqa: S311 - jitter
        raise AssertionError("unreachable")


def _connection_error(problem: requests.ConnectionError) -> CloseloopError:
    """Only a connection that was never made is sure to have changed nothing."""
    if "NewConnectionError" in repr(problem):
        return CrmUnavailable("Salesforce cannot be reached: the connection was refused")
    return Ambiguous("the connection to Salesforce broke")


def _ours(problem: SalesforceError) -> CloseloopError:
    text = f"{_first_code(problem)}: {_first_message(problem)}"
    if LIMIT_CODE in text:
        return CrmRefused(f"the org's daily API limit is used up; it frees up over the next 24 hours ({text})")
    if problem.status in BUSY or "UNABLE_TO_LOCK_ROW" in text or "SERVER_UNAVAILABLE" in text:
        return CrmUnavailable(f"Salesforce is busy ({text})")
    if problem.status in SERVER_ERRORS:
        return Ambiguous(f"Salesforce answered {problem.status} ({text})")
    return CrmRefused(f"Salesforce refused the call ({text})")


def _first_code(problem: SalesforceError) -> str:
    content = problem.content
    if isinstance(content, list) and content and isinstance(content[0], dict):
        return str(content[0].get("errorCode", problem.status))
    return str(problem.status)


def _first_message(problem: SalesforceError) -> str:
    content = problem.content
    if isinstance(content, list) and content and isinstance(content[0], dict):
        return " ".join(str(content[0].get("message", "")).split())
    return "no JSON answer"
