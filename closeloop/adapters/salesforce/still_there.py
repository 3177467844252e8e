"""Records that changed between being read and being written: they are left alone, to be read again.

Salesforce takes a condition for one record at a time only. Invariant: what is written in a batch was read, or found
unchanged, at most two calls before; a bulk job starts right after its records were looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from closeloop.adapters.salesforce.calls import Ambiguous
from closeloop.adapters.salesforce.failures import DailyLimit
from closeloop.adapters.salesforce.reading import Reader, Wanted
from closeloop.adapters.salesforce.results import LOCK_WAIT, Keyed, retry
from closeloop.application.ports import CrmOutcome
from closeloop.domain.errors import CrmRefused, CrmUnavailable

CHANGED_AT = "LastModifiedDate"
MOVED = "changed while we were about to write: read again first"
NOW = timedelta(0)


class Seen(Keyed, Protocol):
    """A record to write that was read before."""

    @property
    def seen_at(self) -> str | None:
        """When it had last changed as it was read; None when nobody read it."""
        ...


class StillThere:
    """Asks for the last change of many records at once."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def held_back(self, records: Sequence[Seen]) -> dict[str, CrmOutcome]:
        """By key: those that are not to be written now, because they changed or nobody could tell."""
        seen = [record for record in records if record.seen_at is not None]
        try:
            changed_at = self._changed_at(seen) if seen else {}
        except DailyLimit as problem:
            return {record.key: retry(record.key, str(problem), problem.retry_after) for record in seen}
        except (CrmRefused, CrmUnavailable, Ambiguous) as problem:
            return {record.key: retry(record.key, str(problem), LOCK_WAIT) for record in seen}
        moved = [record for record in seen if changed_at.get(record.values["Id"]) != record.seen_at]
        return {record.key: retry(record.key, MOVED, NOW) for record in moved}

    def _changed_at(self, records: Sequence[Seen]) -> dict[str, str]:
        ids: dict[str, list[str]] = {}
        for record in records:
            ids.setdefault(record.object, []).append(record.values["Id"])
        rows = self._reader.retrieve_all([Wanted(name, found, [CHANGED_AT]) for name, found in ids.items()])
        return {record_id: row[CHANGED_AT] for record_id, row in rows.items()}
