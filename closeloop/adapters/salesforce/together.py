"""Several reads in one API call: a composite request takes five queries or retrieves of 2,000 records each.

Invariant: no answer is guessed. A part that failed, or that the answer does not name, comes back as None and is
asked alone by the caller, where its error is judged as that of any other call.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from closeloop.adapters.salesforce.calls import Calls, Request
from closeloop.adapters.salesforce.failures import DailyLimit, ShareSpent
from closeloop.domain.errors import CrmRefused

READS_PER_CALL = 5
"""Queries and retrieves that one composite request may have."""
OK_BELOW = 300


class Together:
    """Asks for several things at once."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._may_follow = True

    def ask(self, parts: Sequence[Request]) -> list[Any]:
        """The bodies of at most five reads, in order; None for one that has to be asked alone."""
        base = f"/services/data/v{self._calls.client.sf_version}/"
        requests = [_subrequest(part, base, number) for number, part in enumerate(parts)]
        body = {"allOrNone": False, "compositeRequest": requests}
        answer = self._calls.read("composite", method="POST", json=body)
        bodies = {one["referenceId"]: one["body"] for one in answer["compositeResponse"] if _is_good(one)}
        return [bodies.get(_name(number)) for number in range(len(parts))]

    def further_pages(self, url: str, number: int) -> list[Any]:
        """Pages of one query, each found through the one before; at most five, up to the first that is not there.

        An org that will not follow one page to the next is not asked that way again.
        """
        if not self._may_follow:
            return []
        follow = [Request("GET", url)]
        follow += [Request("GET", f"@{{{_name(page)}.nextRecordsUrl}}") for page in range(number - 1)]
        try:
            pages = self.ask(follow[:READS_PER_CALL])
        except (DailyLimit, ShareSpent):
            raise
        except CrmRefused:
            pages = [None]
        self._may_follow = None not in pages
        return pages if self._may_follow else pages[: pages.index(None)]


def _name(number: int) -> str:
    return f"part{number}"


def _subrequest(part: Request, base: str, number: int) -> dict[str, Any]:
    url = part.path if part.path.startswith(("/", "@")) else base + part.path
    found = {"method": part.method, "url": url, "referenceId": _name(number)}
    return found | ({"body": part.json} if part.json is not None else {})


def _is_good(part: dict[str, Any]) -> bool:
    return bool(part["httpStatusCode"] < OK_BELOW)
