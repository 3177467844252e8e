"""The same ledger, as a run sees it that may work on some prospects only: those of a plan that is being applied.

Invariant: nothing about anybody else is claimed, decided or read as work. What is true of everybody (who may not be
written to, whose reply waits, whose lease ran out) stays in full view.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from sqlalchemy import JSON, ColumnElement, String, cast, func, literal, select

from closeloop.adapters.ledger.columns import POSTGRESQL
from closeloop.adapters.ledger.schema import actions
from closeloop.adapters.ledger.sql_ledger import SqlLedger
from closeloop.domain.actions import ActionKind, ActionState, ClaimedAction
from closeloop.domain.prospect import Prospect
from closeloop.domain.signals import Signal, name_of_signal
from closeloop.domain.stage import Stage, Standing

ALL = 10_000_000
READ_ON = frozenset({"leads", "deals"})
"""Cursors up to which the CRM was read."""


class ScopedLedger(SqlLedger):
    """Shares the database of the ledger it narrows."""

    def __init__(
        self,
        whole: SqlLedger,
        keys: Iterable[str],
        signals: Iterable[str],
        read_all: Callable[[], bool],
    ) -> None:
        """`signals`, by name, may be worked on; while `read_all` is false, no place to read on from moves."""
        super().__init__(whole._database)
        self._keys, self._signals, self._read_all = frozenset(keys), frozenset(signals), read_all
        self._listed = json.dumps(sorted(self._keys))

    def due(
        self, stages: Sequence[Stage], now: datetime, limit: int, standings: Sequence[Standing]
    ) -> list[Prospect]:
        found = super().due(stages, now, ALL, standings)
        return [prospect for prospect in found if prospect.key in self._keys][:limit]

    def changed_since_sync(self, limit: int) -> list[Prospect]:
        return [prospect for prospect in super().changed_since_sync(ALL) if prospect.key in self._keys][:limit]

    def waiting_signals(self, limit: int) -> list[Signal]:
        return [signal for signal in super().waiting_signals(ALL) if name_of_signal(signal) in self._signals][
            :limit
        ]

    def in_state(self, state: ActionState, kind: ActionKind | None, limit: int) -> list[ClaimedAction]:
        found = super().in_state(state, kind, ALL)
        return [action for action in found if action.prospect_key in self._keys][:limit]

    def set_cursor(self, name: str, value: str) -> None:
        """What was kept back is not lost: the next run reads from where this one began."""
        if name not in READ_ON or self._read_all():
            super().set_cursor(name, value)

    def _in_scope(self) -> ColumnElement[bool]:
        """The keys go as one value: there may be more of them than a statement takes values."""
        if self._database.engine.dialect.name == POSTGRESQL:
            rows = func.json_array_elements_text(cast(literal(self._listed, String), JSON)).column_valued("listed")
            return actions.c.prospect_key.in_(select(rows))
        each = func.json_each(literal(self._listed, String)).table_valued("value")
        return actions.c.prospect_key.in_(select(each.c.value))
