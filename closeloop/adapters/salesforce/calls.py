"""One door for every API call: it counts them, signs in again, repeats what may be repeated, speaks in our errors.

Invariant: a request whose repetition could do something twice is repeated only when Salesforce certainly did
nothing; else the caller is told `Ambiguous`. The client's own calls are not used: on a lasting 401 they sign in
without end.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar
from xml.sax.saxutils import escape

import requests

from closeloop.adapters.salesforce.connection import SignInRefused
from closeloop.adapters.salesforce.failures import (
    LIMIT_CODE,
    LOCKS,
    SERVER_ERRORS,
    Ambiguous,
    DailyLimit,
    connection_error,
    failure,
    is_daily_limit,
    limit_words,
    share_spent,
    usage,
)
from closeloop.domain.api_budget import ApiUsage, Budget
from closeloop.domain.errors import CrmUnavailable

if TYPE_CHECKING:
    from closeloop.adapters.salesforce.client import Client

__all__ = ["Ambiguous", "Calls", "DailyLimit", "Request"]

A = TypeVar("A")
TRIES = 5
FIRST_WAIT = 0.5
LONGEST_WAIT = 20.0
"""Seconds; a wait is drawn between zero and the bound, which doubles each time (full jitter)."""
EXPIRED = 401
OK_BELOW = 300


@dataclass(frozen=True)
class Request:
    """One request. `path` is below the versioned base, or starts with `/services/`."""

    method: str
    path: str
    params: dict[str, str] | None = None
    json: Any = None
    data: bytes | None = None
    content_type: str = "application/json"
    accept: str = "application/json"


class Calls:
    """The signed-in client and the number of API calls made through it. May be shared by threads."""

    def __init__(
        self,
        client: Client,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[float], float] = lambda most: random.uniform(0, most),  # noqa: S311 - no secret
    ) -> None:
        self.client = client
        self.made = 0
        self.usage: tuple[int, int] | None = None
        """(calls used, calls allowed) in the last 24 hours by everybody, as the last answer told."""
        self._sleep = sleep
        self._jitter = jitter
        self._counting = Lock()
        self._share: float | None = None
        self._ours = 0

    def read(self, path: str, *, method: str = "GET", **arguments: Any) -> Any:
        """A call that changes nothing; tried again when the server stumbles."""
        return self._read(Request(method, path, **arguments))

    def write(self, path: str, body: Any, *, method: str = "POST", repeatable: bool = False) -> Any:
        """A call that changes something. Say `repeatable` when doing it twice is doing it once; without it an
        answer that is lost raises `Ambiguous`."""
        return self.json(Request(method, path, json=body), repeatable=repeatable)

    def read_next(self, url: str) -> Any:
        """The next page of a query; raises `StaleCursor` when it is gone."""
        return self._read(Request("GET", url))

    def _read(self, request: Request) -> Any:
        try:
            return self.json(request, repeatable=True)
        except Ambiguous as problem:  # a read that is lost has done nothing
            raise CrmUnavailable(str(problem)) from None

    def json(self, request: Request, *, repeatable: bool) -> Any:
        """The answer's JSON; None for an empty answer."""
        return self._patiently(lambda: _parsed(self._once(request)), repeatable=repeatable)

    def text(self, request: Request, *, repeatable: bool) -> requests.Response:
        """The answer itself, for what is no JSON."""
        return self._patiently(lambda: self._once(request), repeatable=repeatable)

    def soap(self, path: str, envelope: str) -> str:
        """A SOAP call; the answer's text, faults included. The session id in the envelope is exchanged when it
        has expired. A lost answer raises `Ambiguous`."""
        return self._patiently(lambda: self._soap(path, envelope), repeatable=False)

    def wait(self, round_number: int) -> None:
        """Waits before the given repetition (1 for the first): a random part of a bound that doubles."""
        self._sleep(self._jitter(min(LONGEST_WAIT, FIRST_WAIT * 2**round_number)))

    def pause(self, seconds: float) -> None:
        """Waits, for something that takes its time."""
        self._sleep(seconds)

    def keep_to(self, share: float, ours: int, allowed: int | None = None) -> None:
        """No call beyond this share (per cent) of the org's calls in 24 hours, of which `ours` are used up. Until
        an answer tells how many the org allows, it is `allowed`."""
        self._share, self._ours = share, ours - self.made
        self.usage = self.usage or ((0, allowed) if allowed else None)

    def _refuse_beyond_our_share(self) -> None:
        if self._share is None or self.usage is None:
            return
        used, allowed = self.usage
        seen = Budget(share=self._share, usage=ApiUsage(used=used, allowed=allowed), ours=self._ours + self.made)
        if seen.left <= 0:
            raise share_spent(seen)

    def _patiently(self, call: Callable[[], A], *, repeatable: bool) -> A:
        for attempt in range(1, TRIES + 1):
            try:
                return call()
            except CrmUnavailable as problem:
                if attempt == TRIES:
                    raise CrmUnavailable(f"{problem}, {TRIES} times") from None
            except Ambiguous as problem:
                if not repeatable:
                    raise
                if attempt == TRIES:
                    raise Ambiguous(f"{problem}, {TRIES} times") from None
            self.wait(attempt)
        raise AssertionError("unreachable")

    def _once(self, request: Request) -> requests.Response:
        """One answer below 300. An expired session is renewed and the request sent once more, never again."""
        session_id = self.client.session_id
        answer = self._exchange(request, session_id)
        if answer.status_code == EXPIRED:
            answer = self._exchange(request, self.client.renew(session_id))
        if answer.status_code == EXPIRED:
            raise _refused_again()
        if answer.status_code >= OK_BELOW:
            raise failure(answer)
        return answer

    def _soap(self, path: str, envelope: str) -> str:
        session_id = self.client.session_id
        answer = self._exchange(_soap_request(path, envelope), session_id)
        if _expired(answer):
            fresh = self.client.renew(session_id)
            renewed = envelope.replace(escape(session_id), escape(fresh))
            answer = self._exchange(_soap_request(path, renewed), fresh)
        if _expired(answer):
            raise _refused_again()
        return _soap_text(answer)

    def _exchange(self, request: Request, session_id: str) -> requests.Response:
        with self._counting:
            self._refuse_beyond_our_share()
            self.made += 1
        headers = {"Authorization": f"Bearer {session_id}", "Accept": request.accept}
        if request.method != "GET":
            headers["Content-Type"] = request.content_type
        if request.content_type.startswith("text/xml"):
            headers["SOAPAction"] = '""'
        sent = {"params": request.params, "json": request.json, "data": request.data, "headers": headers}
        try:
            answer = self.client.session.request(request.method, self.client.address(request.path), **sent)
        except requests.ConnectionError as problem:
            raise connection_error(problem) from None
        except requests.RequestException as problem:
            raise Ambiguous(f"no readable answer from Salesforce: {type(problem).__name__}") from None
        self.usage = usage(answer.headers.get("Sforce-Limit-Info")) or self.usage
        return answer


def _parsed(answer: requests.Response) -> Any:
    if not answer.content:
        return None
    try:
        return answer.json()
    except ValueError:
        raise Ambiguous("no readable answer from Salesforce: the body is no JSON") from None


def _refused_again() -> SignInRefused:
    return SignInRefused(
        "Salesforce does not take a session it has just given us (INVALID_SESSION_ID): look at the login history "
        "of the integration user and at the session policies of the connected app"
    )


def _soap_request(path: str, envelope: str) -> Request:
    return replace(
        Request("POST", path), data=envelope.encode(), content_type="text/xml; charset=UTF-8", accept="text/xml"
    )


def _expired(answer: requests.Response) -> bool:
    return answer.status_code == EXPIRED or (
        answer.status_code in SERVER_ERRORS and "INVALID_SESSION_ID" in answer.text
    )


def _soap_text(answer: requests.Response) -> str:
    """Faults are in the text; a status without a fault is judged as for REST."""
    text = answer.text
    if answer.status_code < OK_BELOW:
        return text
    if is_daily_limit(text):
        raise DailyLimit(limit_words(answer.headers.get("Sforce-Limit-Info")))
    if any(code in text for code in (*LOCKS, LIMIT_CODE)):
        raise CrmUnavailable("Salesforce is busy")
    if "Fault" not in text:
        raise failure(answer)
    return text
