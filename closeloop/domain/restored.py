"""What a restored ledger does not remember: the time between its backup and the moment it was put back.

In that time an earlier life of it may have sent mails. Invariant: a mail that it may have sent is never sent again
on silence; the time is carried with the doubt, so that evidence is looked for in all of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from closeloop.domain.record import Moment, Record

CURSOR = "restored"
FROM, TO, LATER = "gap_from", "gap_to", "planned_after_restore"


class Gap(Record):
    """From the backup to its restore."""

    begins: Moment
    ends: Moment

    @property
    def in_words(self) -> str:
        return f"{self.begins:%Y-%m-%d %H:%M} and {self.ends:%Y-%m-%d %H:%M} UTC"

    @property
    def doubt(self) -> str:
        """The detail of an action that may have been carried out in it."""
        return f"the ledger was restored: this may have been done between {self.in_words}"

    def receipt(self, *, later: bool = False) -> dict[str, Any]:
        """What a receipt says of a mail in this doubt; `later`: it was planned after the restore, perhaps again."""
        return {FROM: self.begins.isoformat(), TO: self.ends.isoformat(), LATER: later}


def gap_of(values: Mapping[str, Any]) -> Gap | None:
    """The gap that a receipt speaks of."""
    if FROM not in values:
        return None
    return Gap(begins=datetime.fromisoformat(values[FROM]), ends=datetime.fromisoformat(values[TO]))


def was_planned_later(values: Mapping[str, Any]) -> bool:
    """Whether the mail was planned after the restore."""
    return bool(values.get(LATER))
