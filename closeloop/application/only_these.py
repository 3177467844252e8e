"""The same services for a run that works on some prospects only: those that an event has just told of.

Invariant: nobody else is due. All the rest of the ledger is seen and written as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from closeloop.application.ports import Ledger
from closeloop.application.services import Services
from closeloop.domain.prospect import Prospect
from closeloop.domain.stage import Stage, Standing


class _OnlyThese:
    """A ledger whose due prospects are among the given keys. Asks for these rows alone, however many are due."""

    def __init__(self, whole: Ledger, keys: Iterable[str]) -> None:
        self._whole, self._keys = whole, sorted(keys)

    def due(
        self, stages: Sequence[Stage], now: datetime, limit: int, standings: Sequence[Standing]
    ) -> list[Prospect]:
        found = [
            (prospect.due_at, prospect.key, prospect)
            for prospect in self._whole.prospects(self._keys).values()
            if prospect.stage in stages
            and prospect.standing in standings
            and prospect.due_at is not None
            and prospect.due_at <= now
        ]
        return [prospect for _, _, prospect in sorted(found, key=lambda one: one[:2])[:limit]]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._whole, name)


def only_these(services: Services, keys: Iterable[str]) -> Services:
    """Services whose passes find nobody due but these."""
    return replace(services, ledger=cast("Ledger", _OnlyThese(services.ledger, keys)))
