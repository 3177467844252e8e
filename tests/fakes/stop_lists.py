"""The provider's stop lists as a test fills them, and what they were told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from closeloop.application.stop_lists import Listed, Lists, Told
from closeloop.domain.signals import SignalKind

KINDS = {
    "bounces": SignalKind.BOUNCED,
    "spam_reports": SignalKind.SPAM_REPORT,
    "unsubscribes": SignalKind.UNSUBSCRIBED,
}


class MemoryStopLists:
    """Implements `closeloop.application.stop_lists.StopLists`."""

    def __init__(self) -> None:
        self.entries: list[Listed] = []
        self.asked: list[datetime | None] = []
        self.calls: list[tuple[str, ...]] = []
        """What each request told."""
        self.silence = ""
        """Why it does not answer, while it is set."""
        self.lasting = False

    @property
    def told(self) -> list[str]:
        return [address for call in self.calls for address in call]

    def put(self, name: str, address: str, at: datetime) -> None:
        self.entries.append(Listed(name=name, kind=KINDS[name], address=address, at=at, reason="550 no such user"))

    def listed(self, since: datetime | None) -> Lists:
        self.asked.append(since)
        found = () if self.silence else tuple(e for e in self.entries if since is None or e.at >= since)
        return Lists(entries=found, silence=self.silence)

    def tell(self, addresses: Sequence[str]) -> Told:
        if self.silence:
            return Told(silence=self.silence, lasting=self.lasting)
        self.calls.append(tuple(addresses))
        return Told(taken=tuple(addresses))
