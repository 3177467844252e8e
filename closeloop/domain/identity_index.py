"""Finds the records that may be the same person without comparing all with all: only those that share a block.

Invariant: the order in which records come decides nothing but which of two equals is the earlier one; a block that
half the world is in is left out, since a finer one holds the same pairs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from closeloop.domain.identity import Likeness, compare
from closeloop.domain.identity_traits import Traits

LARGEST_BLOCK = 300
"""Records in one block; a surname at a huge employer may reach it, and its full names are a block of their own."""


class Match(NamedTuple):
    """An earlier record and how like it is."""

    traits: Traits
    likeness: Likeness


class PeopleIndex:
    """Remembers people and finds those a record may be."""

    def __init__(self) -> None:
        self._blocks: dict[str, list[int]] = {}
        self._people: list[Traits] = []
        self.compared = 0
        """Pairs looked at, which is what it costs."""

    def __len__(self) -> int:
        return len(self._people)

    def add(self, traits: Traits) -> None:
        """Remember one."""
        number = len(self._people)
        self._people.append(traits)
        for block in blocks(traits):
            self._blocks.setdefault(block, []).append(number)

    def candidates(self, traits: Traits) -> list[Traits]:
        """Those that share a block, in the order they came."""
        numbers: set[int] = set()
        for block in blocks(traits):
            there = self._blocks.get(block, ())
            if len(there) <= LARGEST_BLOCK:
                numbers.update(there)
        self.compared += len(numbers)
        return [self._people[number] for number in sorted(numbers)]

    def matches(self, traits: Traits, at_least: float) -> list[Match]:
        """Every record that is as likely the same as asked, the likeliest first."""
        found = (Match(other, compare(traits, other)) for other in self.candidates(traits))
        return sorted((m for m in found if m.likeness.score >= at_least), key=lambda m: -m.likeness.score)


def blocks(traits: Traits) -> set[str]:
    """The blocks of a record: mailbox, phone, whole name, and how last names begin and end within a company."""
    return set(_blocks(traits))


def _blocks(traits: Traits) -> Iterator[str]:
    name = traits.name
    beginnings = {word[:3] for word in name.surname if len(word) > 1} | {f"~{''.join(name.surname)[-3:]}"}
    if traits.mailbox:
        yield f"m{traits.mailbox}"
    if len(traits.phone) > 6:
        yield f"p{traits.phone[-9:]}"
    if name.key:
        yield f"n{name.key}"
    if traits.domain:
        yield from (f"d{traits.domain}:{start}" for start in beginnings)
        if name.key:
            yield f"w{traits.domain}:{name.key}"
        if traits.local:
            yield f"l{traits.domain}:{traits.local[:4]}"
    if traits.company:
        yield from (f"c{traits.company.squeezed[:5]}:{start}" for start in beginnings)
