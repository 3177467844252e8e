"""Claims that are given back when nothing was done with them, so that a known failure is never `uncertain`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from closeloop.application.ports import Ledger
from closeloop.domain.actions import ActionState, ClaimedAction, Settlement
from closeloop.domain.errors import CloseloopError


@contextmanager
def given_back_on_error(ledger: Ledger, claimed: Sequence[ClaimedAction], now: datetime) -> Iterator[None]:
    """Wrap only steps that send nothing: after an error of ours inside, the claims are planned again."""
    try:
        yield
    except CloseloopError as problem:
        back = [
            Settlement(key=action.key, state=ActionState.PLANNED, detail=f"given back: {problem}", retry_at=now)
            for action in claimed
        ]
        ledger.settle(back, now)
        raise
