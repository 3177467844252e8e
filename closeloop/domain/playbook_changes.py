"""What two versions of a playbook say differently, place by place, and for whom the new words count.

Invariant: only meaning is compared. Comments, the order of sections and values written out that are the default
anyway are no change; entries of a list are told apart by their name, so that one put in front changes no other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from closeloop.domain.playbook import Playbook
from closeloop.domain.record import Record

Counts = Literal["newcomers", "everybody"]
PINNED = ("approaches", "sequences")
"""Who is inside a sequence stays on the form of these that it had when they entered."""
NAMES = ("id", "name", "kind", "label", "email", "use")
"""What an entry of a list may be known by."""


class PlaybookChange(Record):
    """One place that differs: its value before and after, None where there was or is none."""

    place: str
    """As in `qualification.icp.criteria[size].weight`."""
    before: Any = None
    after: Any = None
    counts_for: Counts


def changes(old: Playbook, new: Playbook) -> list[PlaybookChange]:
    """Every place that differs, in the order of the file."""
    found = _between("", old.model_dump(mode="json"), new.model_dump(mode="json"))
    return [
        PlaybookChange(place=place, before=before, after=after, counts_for=_counts(place))
        for place, before, after in found
    ]


def _counts(place: str) -> Counts:
    return "newcomers" if place.startswith(PINNED) else "everybody"


def _between(place: str, old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    if old == new:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in dict.fromkeys([*old, *new]):
            yield from _between(f"{place}.{key}" if place else str(key), old.get(key), new.get(key))
    elif isinstance(old, Sequence) and isinstance(new, Sequence) and _has_entries(old, new):
        yield from _between_lists(place, old, new)
    else:
        yield place, old, new


def _has_entries(*lists: Sequence[Any]) -> bool:
    """Lists of plain words or numbers are one value."""
    return all(isinstance(one, Mapping) for entries in lists for one in entries)


def _between_lists(place: str, old: Sequence[Any], new: Sequence[Any]) -> Iterator[tuple[str, Any, Any]]:
    before, after = _named(old, new)
    kept = [[name for name in one if name in other] for one, other in ((before, after), (after, before))]
    if kept[0] != kept[1]:
        yield f"{place}, their order", kept[0], kept[1]
    for name in dict.fromkeys([*before, *after]):
        yield from _between(f"{place}[{name}]", before.get(name), after.get(name))


def _named(*lists: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The entries of each list under what tells them apart in all of them: a name, else their number."""
    for key in NAMES:
        names = [[entry.get(key) for entry in entries] for entries in lists]
        if all(None not in some and len(set(some)) == len(some) for some in names):
            return [
                dict(zip(map(str, some), entries, strict=True)) for some, entries in zip(names, lists, strict=True)
            ]
    return [{str(number): entry for number, entry in enumerate(entries, 1)} for entries in lists]
