"""SendGrid's suppression lists: read page by page, and told of our own stops.

Blocks are left out: they do not keep SendGrid from delivering, and say nothing about a person's wish. Invariant:
nothing is ever taken off a list.
"""

from __future__ import annotations

import urllib.error
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from http.client import HTTPException
from typing import Any

from python_http_client.exceptions import HTTPError
from sendgrid import SendGridAPIClient

from closeloop.application.stop_lists import Listed, Lists, Told
from closeloop.domain.signals import SignalKind

LISTS = {
    "bounces": SignalKind.BOUNCED,
    "invalid_emails": SignalKind.BOUNCED,
    "spam_reports": SignalKind.SPAM_REPORT,
    "unsubscribes": SignalKind.UNSUBSCRIBED,
}
"""List to what an entry means. Where somebody stands on several, the last of these is what counts most."""
PAGE = 500
MOST_PAGES = 2000
TIMEOUT_SECONDS = 30
LASTING = frozenset({401, 403})
"""Only a person can change these: the key is wrong, or may not read or write the lists."""
PERMISSION = "give the API key the Suppressions permission, or the lists are neither read nor told"
LOST = (urllib.error.URLError, OSError, HTTPException, ValueError)


class Silent(Exception):
    """No answer that can be used."""

    def __init__(self, why: str, status: int | None = None) -> None:
        super().__init__(f"{why}: {PERMISSION}" if status in LASTING else why)
        self.status = status


class SendGridStopLists:
    """Implements `closeloop.application.stop_lists.StopLists`. Makes a new client per call: it shares no state."""

    def __init__(self, api_key: str, host: str) -> None:
        self._api_key, self._host = api_key, host

    def listed(self, since: datetime | None) -> Lists:
        found: dict[str, Listed] = {}
        try:
            for name in LISTS:
                found |= {entry.address: entry for entry in self._list(name, since)}
        except Silent as problem:
            return Lists(entries=tuple(found.values()), silence=str(problem))
        return Lists(entries=tuple(found.values()))

    def tell(self, addresses: Sequence[str]) -> Told:
        """A request that is refused for its content is halved, so that one bad address keeps no other out."""
        if not addresses:
            return Told()
        try:
            self._post(addresses)
        except Silent as problem:
            if problem.status == 400 and len(addresses) == 1:
                return Told(refused=tuple(addresses))
            if problem.status != 400:
                return Told(silence=str(problem), lasting=problem.status in LASTING)
            middle = len(addresses) // 2
            return _both(self.tell(addresses[:middle]), self.tell(addresses[middle:]))
        return Told(taken=tuple(addresses))

    def _list(self, name: str, since: datetime | None) -> Iterator[Listed]:
        """Entries that come in while pages are read push others to the next page: these come twice."""
        asked = {"start_time": int(since.timestamp())} if since else {}
        for page in range(MOST_PAGES):
            rows = self._page(name, asked | {"limit": PAGE, "offset": page * PAGE})
            yield from (entry for row in rows if (entry := _entry(name, row)) is not None)
            if len(rows) < PAGE:
                return
        raise Silent(f"the list {name} has more than {MOST_PAGES * PAGE:,} entries")

    def _page(self, name: str, asked: dict[str, int]) -> list[dict[str, Any]]:
        place = self._client().client.suppression._(name)
        found = _answer(lambda: place.get(query_params=asked, timeout=TIMEOUT_SECONDS))
        rows = found.to_dict
        if not isinstance(rows, list):
            raise Silent("an answer of another shape")
        return [row for row in rows if isinstance(row, dict)]

    def _post(self, addresses: Sequence[str]) -> None:
        place = self._client().client.asm.suppressions._("global")
        body = {"recipient_emails": list(addresses)}
        _answer(lambda: place.post(request_body=body, timeout=TIMEOUT_SECONDS))

    def _client(self) -> SendGridAPIClient:
        return SendGridAPIClient(api_key=self._api_key, host=self._host)


def _answer(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except HTTPError as problem:
        raise Silent(f"answered {problem.status_code}", int(problem.status_code)) from None
    except LOST as problem:
        raise Silent(f"no answer: {type(problem).__name__}") from None


def _entry(name: str, row: dict[str, Any]) -> Listed | None:
    """None for a row without an address or a time: what it says is about nobody."""
    address, created = str(row.get("email") or "").strip().lower(), row.get("created")
    if "@" not in address or not isinstance(created, int):
        return None
    reason = str(row.get("reason") or "")[:500]
    try:
        at = datetime.fromtimestamp(created, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return Listed(name=name, kind=LISTS[name], address=address, at=at, reason=reason)


def _both(first: Told, second: Told) -> Told:
    return Told(
        taken=first.taken + second.taken,
        refused=first.refused + second.refused,
        silence=first.silence or second.silence,
        lasting=first.lasting or second.lasting,
    )
