"""Stops in both directions: what the mail provider's lists say comes in, and what we know goes out to them.

Invariant: a stop of somebody we know comes in as a signal, once, and takes the way of every other stop. Our own
stops go out until the provider has taken them, and only what people asked for does: a bounce is no wish.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from closeloop.application.forgotten import forgotten
from closeloop.application.ports import Ledger
from closeloop.application.results import StageResult, Tally
from closeloop.application.services import BATCH, Services
from closeloop.application.stop_lists import Listed, StopLists

CURSOR = "stop_lists"
"""Up to when they were read."""
LOOKED = "stop_lists_looked"
"""When somebody last wanted to."""
EVERY = timedelta(hours=1)
"""The webhook is faster; the lists are there for what it missed, and for what people enter by hand."""
OVERLAP = timedelta(hours=1)
"""The provider's clock may differ from ours, and an entry may show late."""
TOLD_AT_ONCE = 500
MOST_TOLD = 20 * TOLD_AT_ONCE


def lists_wait(ledger: Ledger, now: datetime) -> bool:
    """Whether the pass would do anything."""
    last = _moment(ledger, LOOKED, now)
    return last is None or now - last >= EVERY or bool(ledger.to_tell(1))


def _moment(ledger: Ledger, cursor: str, now: datetime) -> datetime | None:
    """What a cursor says; one that a clock wrote that was ahead says nothing."""
    said = ledger.cursor(cursor)
    last = datetime.fromisoformat(said) if said else None
    return None if last is None or last > now else last


def run_batch(services: Services, run_id: str, now: datetime, limit: int = BATCH) -> StageResult:
    """Read the lists at most once an hour, whole; then tell the provider what it does not know."""
    tally = Tally("suppressions", run_id)
    if services.stop_lists is not None:
        _read(services.stop_lists, services, now, tally)
        _tell(services.stop_lists, services, tally)
    services.ledger.set_cursor(LOOKED, now.isoformat())
    return tally.result()


def _read(lists: StopLists, services: Services, now: datetime, tally: Tally) -> None:
    last = _moment(services.ledger, CURSOR, now)
    if last is not None and now - last < EVERY:
        return
    found = lists.listed(last - OVERLAP if last else None)
    _take_in(found.entries, services, now, tally)
    if found.silence:
        tally.hold(f"the mail provider's lists could not be read: {found.silence}")
    else:
        services.ledger.set_cursor(CURSOR, now.isoformat())


def _take_in(entries: Sequence[Listed], services: Services, now: datetime, tally: Tally) -> None:
    """Whoever is stopped already is no news, whoever is forgotten not even an address."""
    addresses = [entry.address for entry in entries]
    old = services.ledger.suppressed(addresses).keys() | forgotten(services, addresses)
    news = [entry for entry in entries if entry.address not in old]
    known = services.ledger.by_address(entry.address for entry in news)
    signals = [entry.signal() for entry in news if entry.address in known]
    tally.count("stops found in the provider's lists", services.ledger.receive(signals, now))
    strangers = {entry.address: (entry.name, entry.at) for entry in news if entry.address not in known}
    services.ledger.suppress_all(strangers)
    tally.count("addresses of strangers suppressed", len(strangers))


def _tell(lists: StopLists, services: Services, tally: Tally) -> None:
    for _ in range(MOST_TOLD // TOLD_AT_ONCE):
        waiting = services.ledger.to_tell(TOLD_AT_ONCE)
        if not waiting:
            return
        told = lists.tell(waiting)
        services.ledger.told((*told.taken, *told.refused))
        tally.count("stops told to the provider", len(told.taken))
        tally.count("stops the provider refuses", len(told.refused))
        if told.silence:
            tally.hold(f"the mail provider could not be told of our own stops: {told.silence}")
            return
