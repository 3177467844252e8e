"""The port to the mail provider's own lists of people who get no mail, read and written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from closeloop.domain.record import Moment, Record
from closeloop.domain.signals import Signal, SignalKind

SOURCE = "sendgrid-list"
"""Of signals that were read from a list."""


class Listed(Record):
    """One entry of one list."""

    name: str
    kind: SignalKind
    """What it means to us: a bounce, a complaint, an opt-out."""
    address: str
    at: Moment
    reason: str = ""

    def signal(self) -> Signal:
        """Unique by list, address and time: however often the list is read, it is one."""
        return Signal(
            id=f"{self.name}:{self.address}:{int(self.at.timestamp())}",
            source=SOURCE,
            kind=self.kind,
            occurred_at=self.at,
            address=self.address,
            payload={"list": self.name, "reason": self.reason},
        )


class Lists(Record):
    """What the lists said."""

    entries: tuple[Listed, ...] = ()
    silence: str = ""
    """Why they were not read to the end; empty when they were."""


class Told(Record):
    """What became of stops that the provider was told."""

    taken: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    """Addresses it will never take."""
    silence: str = ""
    """Why the others were not taken; empty when there are no others."""
    lasting: bool = False
    """Only a person can change that: the key or its permissions are wrong."""


class StopLists(Protocol):
    """Never raises for what the provider does: a source that is not there says so and is no error."""

    def listed(self, since: datetime | None) -> Lists:
        """Entries of all lists made from then on (None: ever)."""
        ...

    def tell(self, addresses: Sequence[str]) -> Told:
        """From now on nobody who mails through this account reaches these. Telling twice is telling once."""
        ...
