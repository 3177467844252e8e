"""Reading back from SendGrid which mails it took: the Email Activity API, else the Email Logs API.

Both are paid for apart; an account without them answers 403 or 404, and then there simply is no evidence. A mail is
found by its address and subject and recognised by our own key and attempt, never by its looks.
"""

from __future__ import annotations

import json
import urllib.error
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, timedelta
from http.client import HTTPException
from typing import Any

from python_http_client.exceptions import HTTPError
from sendgrid import SendGridAPIClient

from closeloop.adapters.sendgrid.payload import CUSTOM_ARG, TRY
from closeloop.application.ports import Evidence, MailInDoubt

TIMEOUT_SECONDS = 30
ADDRESSES_PER_QUERY = 10
MOST_FOUND = 1000
MOST_REQUESTS = 60
"""In one pass: the limit is said to be a few requests a minute, and what is left is asked about in the next."""
EARLIER = timedelta(minutes=5)
"""The provider's clock may be behind ours."""
Found = dict[str, Any]
Source = Callable[[Sequence[MailInDoubt]], Iterator[tuple[MailInDoubt, str]]]


class Silent(Exception):
    """The source says nothing: not paid for, too many requests, or no answer."""


class ActivityReader:
    """Asks for mails in doubt until the source has had enough; one reader serves one pass."""

    def __init__(self, client: SendGridAPIClient) -> None:
        self._client = client.client
        self._left = MOST_REQUESTS

    def evidence(self, mails: Sequence[MailInDoubt]) -> Evidence:
        """From the first source that answers."""
        silences = []
        for name, ask in (("Activity", self._by_activity), ("Logs", self._by_logs)):
            try:
                return self._gathered(mails, ask)
            except Silent as problem:
                silences.append(f"{name}: {problem}")
        return Evidence(silence="; ".join(silences))

    def _gathered(self, mails: Sequence[MailInDoubt], ask: Source) -> Evidence:
        """What was learned until the source fell silent still counts."""
        accepted: dict[str, str] = {}
        asked: set[str] = set()
        for start in range(0, len(mails), ADDRESSES_PER_QUERY):
            part = mails[start : start + ADDRESSES_PER_QUERY]
            try:
                accepted |= {mail.action_key: message for mail, message in ask(part)}
            except Silent as problem:
                if not asked:
                    raise
                return Evidence(accepted=accepted, absent=frozenset(asked - set(accepted)), silence=str(problem))
            asked |= {mail.action_key for mail in part}
        return Evidence(accepted=accepted, absent=frozenset(asked - set(accepted)))

    def _by_activity(self, mails: Sequence[MailInDoubt]) -> Iterator[tuple[MailInDoubt, str]]:
        query = " OR ".join(f'to_email="{address}"' for address in sorted({mail.to for mail in mails}))
        found = self._get(self._client.messages, {"query": query, "limit": str(MOST_FOUND)})
        messages = _rows(found, "messages")
        if len(messages) >= MOST_FOUND:
            raise Silent("more messages to these addresses than one answer holds")
        for message in messages:
            if alike := [mail for mail in mails if _looks_like(message, mail)]:
                ours = self._get(self._client.messages._(message["msg_id"]), {})
                yield from _recognised(alike, _arguments(ours.get("unique_args")), str(message["msg_id"]))

    def _by_logs(self, mails: Sequence[MailInDoubt]) -> Iterator[tuple[MailInDoubt, str]]:
        for mail in mails:
            since = (mail.since - EARLIER).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            query = f"to_email = '{mail.to}' AND sg_message_id_created_at >= TIMESTAMP '{since}'"
            found = self._post(self._client.logs, {"query": query, "limit": MOST_FOUND})
            for message in _rows(found, "messages"):
                if _looks_like(message, mail):
                    ours = self._get(self._client.logs._(message["sg_message_id"]), {})
                    yield from _recognised([mail], _arguments(ours.get("custom_args")), message["sg_message_id"])

    def _get(self, place: Any, asked: dict[str, str]) -> Found:
        return self._answer(lambda: place.get(query_params=asked, timeout=TIMEOUT_SECONDS))

    def _post(self, place: Any, asked: Found) -> Found:
        return self._answer(lambda: place.post(request_body=asked, timeout=TIMEOUT_SECONDS))

    def _answer(self, call: Callable[[], Any]) -> Found:
        if self._left <= 0:
            raise Silent("the rest is asked about in the next pass")
        self._left -= 1
        try:
            found = call().to_dict
        except HTTPError as problem:
            raise Silent(f"answered {problem.status_code}") from None
        except (urllib.error.URLError, OSError, HTTPException, ValueError) as problem:
            raise Silent(f"no answer: {type(problem).__name__}") from None
        if not isinstance(found, dict):
            raise Silent("an answer of another shape")
        return found


def _rows(found: Found, name: str) -> list[Found]:
    rows = found.get(name)
    if not isinstance(rows, list):
        raise Silent("an answer of another shape")
    return [row for row in rows if isinstance(row, dict)]


def _looks_like(message: Found, mail: MailInDoubt) -> bool:
    """A first choice, to save requests; the subject is compared only where the list shows one."""
    subject = message.get("subject", mail.subject)
    return str(message.get("to_email", "")).casefold() == mail.to.casefold() and subject == mail.subject


def _arguments(given: Any) -> Found:
    """The Activity API gives them as JSON text, the Logs API as an object."""
    try:
        found = json.loads(given) if isinstance(given, str) else given
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _recognised(mails: Sequence[MailInDoubt], arguments: Found, message: str) -> Iterator[tuple[MailInDoubt, str]]:
    for mail in mails:
        said = str(arguments.get(TRY, mail.attempt))
        later = mail.or_later and said.isdigit() and int(said) > mail.attempt
        same_try = later or said == str(mail.attempt)
        if arguments.get(CUSTOM_ARG) == mail.action_key and same_try:
            yield mail, message
