"""Which records travel in one collection: those that lock the same parent, so that they never wait for each other.

Invariant: every record is in exactly one collection, there are no more collections than the size demands, and one
collection changes its type of record at most nine times, as the API allows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any, Protocol, TypeVar

COLLECTION = 200
CHUNKS = 10
"""Runs of one type of record that a collection may have."""
PARENTS = {
    "Contact": ("AccountId",),
    "Opportunity": ("AccountId",),
    "Task": ("WhatId", "WhoId"),
    "Event": ("WhatId", "WhoId"),
    "OpportunityContactRole": ("OpportunityId",),
    "CampaignMember": ("CampaignId",),
    "ContentDocumentLink": ("LinkedEntityId",),
}
"""The fields that name the record Salesforce locks when a child is written, the first that is filled."""


class HasValues(Protocol):
    """What is grouped: a type of record and its values."""

    @property
    def object(self) -> str: ...

    @property
    def values(self) -> dict[str, Any]: ...

    @property
    def parent(self) -> str | None: ...


R = TypeVar("R", bound=HasValues)


def parent_of(record: HasValues) -> str:
    """The record that writing this one locks; empty when it locks only itself."""
    if record.parent:
        return record.parent
    named = (record.values.get(field) for field in PARENTS.get(record.object, ()))
    return next((str(value) for value in named if value), "")


def collections(records: Sequence[R], size: int = COLLECTION) -> list[list[R]]:
    """Collections of at most `size` in the fewest number; children of one parent side by side in one of them, or,
    where they do not fit, in neighbours, which one call works off one after the other."""
    if not records:
        return []
    room = -(-len(records) // size)
    made: list[list[R]] = [[]]
    families = [list(family) for _, family in groupby(sorted(records, key=_place), key=_place)]
    for family in _whole_families(families):
        spare = len(made) < room and _left(records, made) <= (room - len(made)) * size
        if spare and len(made[-1]) + len(family) > size:
            made.append([])
        for record in family:
            if len(made[-1]) == size:
                made.append([])
            made[-1].append(record)
    return [part for whole in made for part in _few_chunks(whole)]


def _whole_families(families: list[list[R]]) -> Iterable[list[R]]:
    """A record without a parent is a family of its own."""
    for family in families:
        if parent_of(family[0]):
            yield family
        else:
            yield from ([record] for record in family)


def _left(records: Sequence[R], made: list[list[R]]) -> int:
    return len(records) - sum(len(part) for part in made)


def _place(record: HasValues) -> tuple[str, str]:
    return record.object, parent_of(record)


def _few_chunks(collection: list[R]) -> Iterable[list[R]]:
    runs = [list(run) for _, run in groupby(collection, key=lambda record: record.object)]
    for start in range(0, len(runs), CHUNKS):
        yield [record for run in runs[start : start + CHUNKS] for record in run]
