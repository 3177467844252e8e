"""Sending: every mail of a batch ends as accepted, rejected, `try again`, or uncertain; never as a guess.

A connection that was never made and every 4xx say that nothing was accepted. A timeout, a broken connection and
a 5xx say nothing at all, so all mails of that request are uncertain. Only what is wrong with a mail itself rejects
it; a key, an address of the provider or a limit that is wrong is tried again when somebody has put it right.
"""

from __future__ import annotations

import json
import socket
import ssl
import urllib.error
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from http.client import HTTPException

from python_http_client.exceptions import HTTPError
from sendgrid import SendGridAPIClient

from closeloop.adapters.sendgrid.activity import ActivityReader
from closeloop.adapters.sendgrid.holding import MAILS_HELD_TOGETHER, Hold, cancelled, new_batch
from closeloop.adapters.sendgrid.payload import LARGEST, MAILS_PER_REQUEST, body, goes_with_others, size
from closeloop.application.ports import Evidence, HeldBatch, MailInDoubt, OutgoingMail, SendOutcome
from closeloop.domain.actions import ActionState
from closeloop.domain.errors import UsageError
from closeloop.domain.playbook import Sender

TIMEOUT_SECONDS = 30
WAIT = timedelta(minutes=5)
ACCEPTED = 202
SURELY_NOT_ACCEPTED = range(400, 500)
LOOK_AT_EACH = frozenset({400, 413})
NEVER_CONNECTED = (ConnectionRefusedError, socket.gaierror, ssl.SSLCertVerificationError)


class SendGridMailer:
    """Implements `closeloop.application.ports.Mailer`. Makes a new client per call: it shares no state."""

    def __init__(
        self,
        api_key: str | None,
        sender: Sender,
        host: str,
        wall_seconds: Callable[[], float],
        hold: Hold | None = None,
    ) -> None:
        self._api_key, self._sender, self._host = api_key, sender, host
        self._wall_seconds, self._hold = wall_seconds, hold
        self.requests = 0

    def ready(self) -> None:
        if not self._api_key:
            raise UsageError("no SendGrid key: set CLOSELOOP_SENDGRID_API_KEY to one with the Mail Send permission")

    def send(self, mails: Sequence[OutgoingMail]) -> list[SendOutcome]:
        outcomes = [_too_large(mail) for mail in mails if size(mail) > LARGEST]
        most = MAILS_HELD_TOGETHER if self._hold else MAILS_PER_REQUEST
        for group in _requests((mail for mail in mails if size(mail) <= LARGEST), most):
            outcomes.extend(self._send(group))
        return outcomes

    def evidence(self, mails: Sequence[MailInDoubt]) -> Evidence:
        """From SendGrid's Activity or Logs, where the account and the key have them."""
        if not mails or not self._api_key:
            return Evidence(silence="" if mails else "there is no key")
        return ActivityReader(self._client()).evidence(mails)

    def call_back(self, batches: Sequence[HeldBatch]) -> frozenset[str]:
        """Each batch is asked about once, however many mails it holds."""
        if not batches or not self._api_key:
            return frozenset()
        found = {batch.id: batch for batch in batches}
        client, now = self._client(), self._wall_clock()
        return frozenset(key for key, batch in found.items() if cancelled(client, batch, now))

    def _send(self, mails: Sequence[OutgoingMail]) -> list[SendOutcome]:
        """A request that is refused for its content is halved, so that one bad address costs one mail."""
        outcome = self._post(mails)
        if outcome.status in LOOK_AT_EACH and len(mails) > 1:
            middle = len(mails) // 2
            return self._send(mails[:middle]) + self._send(mails[middle:])
        return [outcome.of(mail) for mail in mails]

    def _post(self, mails: Sequence[OutgoingMail]) -> _Answer:
        client, held = self._client(), None
        if self._hold:
            # A batch of its own for every request: calling it back must not touch mails that are known to be taken.
            held = new_batch(client, self._hold.wait, self._wall_clock())
            if held is None:
                return _Answer(ActionState.PLANNED, "the provider gave no batch to hold mails under", wait=WAIT)
            self._hold.note([mail.action_key for mail in mails], held)
        self.requests += 1
        try:
            answer = client.send(body(mails, self._sender, held))
        except HTTPError as problem:
            return self._refused(problem)
        except urllib.error.URLError as problem:
            return _unreached(problem)
        except (OSError, ValueError, HTTPException) as problem:
            return _Answer(ActionState.UNCERTAIN, f"no answer: {type(problem).__name__}")
        if answer.status_code != ACCEPTED:
            return _Answer(ActionState.UNCERTAIN, f"the provider answered {answer.status_code}")
        taken = str(answer.headers.get("X-Message-Id") or "") or None
        if held:
            detail = f"handed over: it leaves on {held.leaves_at:%Y-%m-%d at %H:%M} UTC unless it is called back"
            return _Answer(ActionState.UNCERTAIN, detail, provider_id=taken, held=held)
        return _Answer(ActionState.ACCEPTED, "", provider_id=taken)

    def _client(self) -> SendGridAPIClient:
        client = SendGridAPIClient(api_key=self._api_key, host=self._host)
        client.client.timeout = TIMEOUT_SECONDS
        return client

    def _wall_clock(self) -> datetime:
        return datetime.fromtimestamp(self._wall_seconds(), UTC)

    def _refused(self, problem: HTTPError) -> _Answer:
        status = int(problem.status_code)
        if status == 429:
            return _Answer(ActionState.PLANNED, "too many requests", status, wait=self._until_reset(problem))
        if status in LOOK_AT_EACH:
            return _Answer(ActionState.REJECTED, _words(problem), status)
        if status in SURELY_NOT_ACCEPTED:
            detail = f"the mail provider refuses us ({status}): check the API key and the host"
            return _Answer(ActionState.PLANNED, detail, status, wait=WAIT)
        return _Answer(ActionState.UNCERTAIN, f"the provider answered {status}", status)

    def _until_reset(self, problem: HTTPError) -> timedelta:
        reset = problem.headers.get("X-RateLimit-Reset") if problem.headers else None
        if reset is None or not str(reset).isdigit():
            return WAIT
        return timedelta(seconds=max(1.0, int(reset) - self._wall_seconds()))


class _Answer:
    """What one request says about each of its mails."""

    def __init__(
        self,
        state: ActionState,
        detail: str,
        status: int | None = None,
        *,
        provider_id: str | None = None,
        wait: timedelta | None = None,
        held: HeldBatch | None = None,
    ) -> None:
        self.state, self.detail, self.status = state, detail, status
        self.provider_id, self.wait, self.held = provider_id, wait, held

    def of(self, mail: OutgoingMail) -> SendOutcome:
        return SendOutcome(
            action_key=mail.action_key,
            state=self.state,
            detail=self.detail,
            provider_id=self.provider_id,
            retry_after=self.wait,
            held=self.held,
        )


def _requests(mails: Iterable[OutgoingMail], most: int) -> Iterator[list[OutgoingMail]]:
    """Mails that may share a request: no address twice, at most so many. A large one and an invitation go alone."""
    given = list(mails)
    yield from _without_twins([mail for mail in given if goes_with_others(mail)], most)
    yield from ([mail] for mail in given if not goes_with_others(mail))


def _without_twins(mails: list[OutgoingMail], most: int) -> Iterator[list[OutgoingMail]]:
    while mails:
        batch: dict[str, OutgoingMail] = {}
        rest = []
        for mail in mails:
            full = len(batch) >= most
            if full or mail.to.casefold() in batch:
                rest.append(mail)
            else:
                batch[mail.to.casefold()] = mail
        yield list(batch.values())
        mails = rest


def _too_large(mail: OutgoingMail) -> SendOutcome:
    detail = f"the mail has {size(mail):,} bytes, {LARGEST:,} fit: shorten the template"
    return SendOutcome(action_key=mail.action_key, state=ActionState.REJECTED, detail=detail)


def _unreached(problem: urllib.error.URLError) -> _Answer:
    """Only a connection that was never made is sure to have sent nothing."""
    reason = problem.reason
    if isinstance(reason, NEVER_CONNECTED):
        return _Answer(ActionState.PLANNED, "the mail provider cannot be reached", wait=WAIT)
    return _Answer(ActionState.UNCERTAIN, f"no answer: {type(reason).__name__}")


def _words(problem: HTTPError) -> str:
    try:
        errors = json.loads(problem.body)["errors"]
        return "; ".join(f"{e.get('field') or 'request'}: {e.get('message')}" for e in errors)
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"the provider answered {problem.status_code}"
