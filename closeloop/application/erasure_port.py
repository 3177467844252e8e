"""What the ledger is asked when people are forgotten, old words are blanked, stops go to the provider, and backups
are restored. Part of the ledger port."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol

from closeloop.domain.forgetting import Erasure
from closeloop.domain.record import Record


class Footprint(Record):
    """Where a person left traces outside the ledger, as the ledger knows it."""

    task_keys: tuple[str, ...] = ()
    """Of Tasks that were planned, whatever became of them."""
    event_keys: tuple[str, ...] = ()
    made: tuple[tuple[str, str], ...] = ()
    """Object and id of CRM records that we made for them."""


class ErasureLedger(Protocol):
    """See `closeloop.application.ledger_port.Ledger`, whose promises hold here too."""

    # forgetting
    def begin_erasure(self, erasure: Erasure, marks: Iterable[str]) -> Erasure:
        """From now on these marks are known. The erasure as it is stored: the given one, or what an earlier call
        under the same id left."""
        ...

    def note_erasure(self, erasure: Erasure) -> None:
        """How far it has come."""
        ...

    def erasure_of(self, marks: Iterable[str]) -> Erasure | None:
        """The one that one of these marks belongs to."""
        ...

    def forgotten(self, marks: Iterable[str]) -> set[str]:
        """Those of them that are known."""
        ...

    def addresses_under(self, mail_domains: Iterable[str]) -> dict[str, str]:
        """Prospect key to address, of everybody whose address ends in one of these domains."""
        ...

    def footprint(self, prospect_keys: Iterable[str]) -> Footprint: ...

    def erase(
        self, prospect_keys: Iterable[str], addresses: Iterable[str], record_ids: Iterable[str]
    ) -> dict[str, int] | None:
        """Delete all rows about them in one transaction; what was deleted, in words, with how many.

        None when a worker holds an action of theirs: nothing was deleted, ask again when its lease is over.
        """
        ...

    # retention
    def blank_signals(self, before: datetime, limit: int) -> int:
        """Take the words out of handled signals received before then; how many had any."""
        ...

    def blank_payloads(self, before: datetime, limit: int) -> int:
        """The same for mails and logs that are over and were due before then."""
        ...

    def blank_receipts(self, before: datetime, limit: int) -> int:
        """The same for receipts of actions that are over, checked before then."""
        ...

    # stops
    def suppress_all(self, stops: Mapping[str, tuple[str, datetime]]) -> None:
        """Address to reason and time; those that are suppressed already stay as they are. Nobody is told."""
        ...

    def to_tell(self, limit: int) -> list[str]:
        """Suppressed addresses that the mail provider has still to be told, in order."""
        ...

    def told(self, addresses: Iterable[str]) -> None:
        """It knows these now."""
        ...

    # after a restore
    def doubt(self, prospect_keys: Iterable[str]) -> None:
        """These may have been written to by a life of this ledger that it does not remember."""
        ...

    def doubted(self, prospect_keys: Iterable[str]) -> set[str]: ...

    def trust(self, prospect_keys: Iterable[str]) -> None:
        """What they were sent is known again."""
        ...
