"""Whose a field is, asked right before a write: write it, fill it, or keep what stands there, with the reason.

Invariant: a value that a person put into a field after we last knew it is never written over, unless the mapping
enforces the field or what we know is younger; a value that was taken back by `undo` is not written again; what may
be a person's counts as a person's.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from closeloop.domain.crm_mapping import Rule
from closeloop.domain.record import Moment, Record


class Memory(Record):
    """What we remember of one field of one record."""

    value: Any = None
    """What we last wrote, or found there when we first read it."""
    at: Moment
    ours: bool = False
    """We wrote it; otherwise we only saw it."""
    undone: bool = False
    """The write was taken back: somebody does not want this value there."""
    in_doubt: bool = False
    """Whether this value was ever there is not known, and somebody may have written since."""


class Wish(Record):
    """What one field should say, by what we know."""

    word: str
    field: str
    rule: Rule
    value: Any
    """In the org's words, as plain JSON."""
    reason: str
    """The decision or the source that stands behind it."""
    observed_at: Moment
    """When we learned it."""


class Found(Record):
    """What the org says now."""

    value: Any
    changed_at: datetime | None = None
    """The record's last change; the field's own is not later."""
    touched: bool = False
    """Somebody else changed the record after it was made."""


class Answer(StrEnum):
    """What to do with a field."""

    SAME = "same"
    WRITE = "write"
    FILL = "fill"
    KEEP = "keep"


class Verdict(Record):
    """The answer, and why."""

    answer: Answer
    reason: str = ""

    @property
    def writes(self) -> bool:
        return self.answer in {Answer.WRITE, Answer.FILL}


SAME = Verdict(answer=Answer.SAME)


def judge(wish: Wish, found: Found, memory: Memory | None) -> Verdict:
    """What may be done with one field."""
    if same(found.value, wish.value):
        return SAME
    if wish.rule is Rule.THEIRS:
        return _keep("belongs to people by the mapping")
    if memory and memory.undone and not same(found.value, memory.value):
        return _after_undo(wish, found, memory)
    if wish.rule is Rule.FILL_IF_BLANK:
        return _fill(wish, found, memory)
    if wish.rule is Rule.NEWEST_WINS:
        return _newest(wish, found, memory)
    return _ours(wish, found, memory)


def never_writes(wish: Wish, memory: Memory | None) -> bool:
    """True when `judge` leaves the field alone whatever stands in it now, so that it need not even be read: it says
    what we wish, or a person changed it since and it is kept."""
    if wish.rule is Rule.THEIRS:
        return True
    if memory is None or memory.in_doubt or memory.undone:
        return False
    return wish.rule in {Rule.OURS, Rule.FILL_IF_BLANK} and same(wish.value, memory.value)


def _ours(wish: Wish, found: Found, memory: Memory | None) -> Verdict:
    if memory is None:
        edited = found.touched and not blank(found.value) and found.value is not False
    else:
        edited = memory.in_doubt or not same(found.value, memory.value)
    if edited and wish.rule is not Rule.ENFORCED:
        return _keep("was changed by a person: kept")
    return _write(f"{wish.reason} (enforced over a person's edit)" if edited else wish.reason)


def _fill(wish: Wish, found: Found, memory: Memory | None) -> Verdict:
    if not blank(found.value):
        return _keep("is filled in already: kept")
    if memory and (memory.in_doubt or not blank(memory.value)):
        return _keep("was emptied by a person: kept")
    return Verdict(answer=Answer.FILL, reason=wish.reason)


def _newest(wish: Wish, found: Found, memory: Memory | None) -> Verdict:
    untouched = memory is not None and not memory.in_doubt and same(found.value, memory.value)
    if memory and untouched and memory.ours:
        return _write(wish.reason)
    if memory is None and blank(found.value):
        return Verdict(answer=Answer.FILL, reason=wish.reason)
    changed_at = memory.at if memory and untouched else found.changed_at
    if changed_at is not None and wish.observed_at > changed_at:
        return _write(f"{wish.reason} (younger than the org's value)")
    return _keep("is younger in the org: kept")


def _after_undo(wish: Wish, found: Found, memory: Memory) -> Verdict:
    """Taking a value back was a person's choice, made at `memory.at`; only younger knowledge may go over it."""
    younger = found.changed_at is not None and wish.observed_at > max(found.changed_at, memory.at)
    if wish.rule is Rule.NEWEST_WINS and younger and not same(wish.value, memory.value):
        return _write(f"{wish.reason} (younger than the org's value)")
    return _keep("was taken back by an undo: kept")


def is_echo(value: Any, memory: Memory | None) -> bool:
    """True when a value that comes in from the org is what we ourselves wrote there."""
    return memory is not None and memory.ours and same(value, memory.value)


def first_sight(value: Any, at: datetime) -> Memory:
    """What to remember of a field of which nothing was known."""
    return Memory(value=value, at=at)


def written(value: Any, at: datetime) -> Memory:
    """What to remember after a write of ours that happened."""
    return Memory(value=value, at=at, ours=True)


def doubted(value: Any, at: datetime) -> Memory:
    """What to remember after a write that may have happened to a record that somebody may have changed since."""
    return Memory(value=value, at=at, in_doubt=True)


def undone(value: Any, at: datetime) -> Memory:
    """What to remember after a write of ours was taken back; `value` is what nobody should write there again."""
    return Memory(value=value, at=at, ours=True, undone=True)


def blank(value: Any) -> bool:
    """Nothing is said: an unticked box says something."""
    return value is None or (isinstance(value, str) and not value.strip())


def same(one: Any, other: Any) -> bool:
    """True when the org would show one for the other: it trims texts, and a number has no type."""
    if blank(one) or blank(other):
        return blank(one) and blank(other)
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float | Decimal) and isinstance(other, int | float | Decimal):
        return Decimal(str(one)) == Decimal(str(other))
    if isinstance(one, str) and isinstance(other, str):
        return _tidy(one) == _tidy(other)
    return bool(one == other)


def _tidy(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def _keep(reason: str) -> Verdict:
    return Verdict(answer=Answer.KEEP, reason=reason)


def _write(reason: str) -> Verdict:
    return Verdict(answer=Answer.WRITE, reason=reason)
