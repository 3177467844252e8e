"""Slots: which mails a mailbox may send on which day, and when each of them.

Invariants: a day never gets more mails than its cap; with a pause set, two slots of a mailbox are at least the
shorter pause apart; a mail that has a slot keeps it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from closeloop.domain.record import Moment, Record
from closeloop.domain.sending_rules import Mailbox


class SlotDay(Record):
    """A day on which a mail may leave, as the mailbox counts days."""

    day: date
    opens: Moment
    closes: Moment
    cap: int | None = None


class SlotWish(Record):
    """A mail that wants to leave, and the days that suit it, the nearest first."""

    action_key: str
    mailbox: str
    days: tuple[SlotDay, ...]
    pause: timedelta = timedelta()
    """After the mail before it in this mailbox."""


class Slot(Record):
    """When a mail may leave."""

    action_key: str
    mailbox: str
    day: date
    at: Moment
    number: int = 0
    """Which mail of that day it is; 0 for one that had its slot before."""
    cap: int | None = None


@dataclass(slots=True)
class Load:
    """What a mailbox has on one day already."""

    used: int = 0
    last_at: datetime | None = None


Loads = dict[tuple[str, date], Load]


def assign(
    wishes: Iterable[SlotWish], loads: Loads, kept: Mapping[str, Slot], now: datetime
) -> dict[str, Slot | None]:
    """Action key to its slot, in the order of the wishes; None where none of its days has room."""
    return {wish.action_key: _still_good(wish, kept) or _new_slot(wish, loads, now) for wish in wishes}


def _still_good(wish: SlotWish, kept: Mapping[str, Slot]) -> Slot | None:
    """A slot taken before counts as long as its day has not passed."""
    slot = kept.get(wish.action_key)
    if slot is None or slot.mailbox != wish.mailbox or not wish.days or slot.day < wish.days[0].day:
        return None
    caps = {one.day: one.cap for one in wish.days}
    return slot.model_copy(update={"number": 0, "cap": caps.get(slot.day)})


def _new_slot(wish: SlotWish, loads: Loads, now: datetime) -> Slot | None:
    for one in wish.days:
        load = loads.setdefault((wish.mailbox, one.day), Load())
        if one.cap is not None and load.used >= one.cap:
            continue
        earliest = max(one.opens, now)
        follows = load.last_at + wish.pause if wish.pause and load.last_at is not None else earliest
        at = max(earliest, follows)
        if at >= one.closes:
            continue
        load.used += 1
        load.last_at = max(at, load.last_at) if load.last_at is not None else at
        return Slot(
            action_key=wish.action_key, mailbox=wish.mailbox, day=one.day, at=at, number=load.used, cap=one.cap
        )
    return None


def pause_before(box: Mailbox, action_key: str) -> timedelta:
    """The pause before this mail: the mailbox's average, moved by a share that its key decides."""
    if not box.seconds_between:
        return timedelta()
    mark = hashlib.sha256(f"{box.email}|{action_key}".encode()).digest()
    off = int.from_bytes(mark[:8], "big") / 2**63 - 1
    return timedelta(seconds=round(box.seconds_between * (1 + box.jitter * off), 3))


def days_asked(wishes: Sequence[SlotWish]) -> dict[str, tuple[date, date]]:
    """Mailbox to the first and the last day that any wish names."""
    found: dict[str, tuple[date, date]] = {}
    for wish in wishes:
        for one in wish.days:
            first, last = found.get(wish.mailbox, (one.day, one.day))
            found[wish.mailbox] = (min(first, one.day), max(last, one.day))
    return found
