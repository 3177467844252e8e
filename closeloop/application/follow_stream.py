"""Following the change stream: what came is stored before the place behind it is.

Invariant: a place is stored only after everything before it, so after any break the stream goes on where it ended;
what is told twice is stored once. A place that is gone becomes an event of its own: polling finds what was missed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Protocol

from closeloop.application.on_event import ECHO
from closeloop.application.ports import Ledger
from closeloop.domain.crm_events import ChangeKind, CrmEvent, is_echo


class Batch(Protocol):
    """Changes in order, and the place behind them."""

    @property
    def events(self) -> tuple[CrmEvent, ...]: ...

    @property
    def replay_id(self) -> bytes: ...


class Stream(Protocol):
    """A topic, read from a place on until something breaks."""

    topic: str

    def batches(self, behind: bytes | None) -> Iterator[Batch]: ...


def cursor_of(stream: Stream) -> str:
    """The name under which the ledger keeps the place."""
    return f"stream:{stream.topic}"


def follow(stream: Stream, ledger: Ledger, now: Callable[[], datetime], stored: Callable[[], None]) -> None:
    """Until the stream breaks, which it tells by what it raises. `stored` is called after something new came in."""
    name = cursor_of(stream)
    place = ledger.cursor(name)
    for batch in stream.batches(bytes.fromhex(place) if place else None):
        if _store(batch.events, ledger, now()):
            stored()
        if batch.replay_id:
            ledger.set_cursor(name, batch.replay_id.hex())


def _store(events: tuple[CrmEvent, ...], ledger: Ledger, at: datetime) -> bool:
    """True when somebody should look. Our own writes, by the name our calls give, need nobody."""
    new = ledger.receive_crm_events(events, at) if events else 0
    echoes = {event.identity: ECHO for event in events if is_echo(event, None)}
    marked = ledger.handle_crm_events(echoes, at) if echoes else 0
    return new > marked


def begin_anew(stream: Stream, ledger: Ledger, at: datetime, stored: Callable[[], None]) -> None:
    """The place is gone: what happened since is read by polling, and the stream goes on from now."""
    lost = CrmEvent(
        source="stream",
        id=f"lost/{stream.topic}/{at.isoformat()}",
        object="Lead",
        record_id="Lead",
        change=ChangeKind.GAP,
        occurred_at=at,
    )
    ledger.receive_crm_events([lost], at)
    ledger.set_cursor(cursor_of(stream), "")
    stored()
