"""How far two names may be one person's, in points: the same, short, swapped, misspelt, or somebody else's.

Invariant: a misspelling counts for less than a name that is the same, and a generation (`Jr`) parts what it parts.
"""

from __future__ import annotations

from functools import lru_cache

from rapidfuzz.distance import DamerauLevenshtein

from closeloop.domain.identity_traits import Traits
from closeloop.domain.nicknames import may_be_the_same
from closeloop.domain.person_names import PersonName, one_letter

Pair = tuple[str, float]
AGAINST = -7.0


def name_evidence(one: Traits, other: Traits) -> list[Pair]:
    """Words and points for the two names, the generation included."""
    a, b = one.name, other.name
    found = _names(a, b)
    if (a.generation or b.generation) and a.generation != b.generation:
        both = bool(a.generation and b.generation)
        found.append(("another generation", -8.0 if both else -3.2))
    return found


def _names(a: PersonName, b: PersonName) -> list[Pair]:
    if a.key and a.key == b.key:
        return [("same name", 6.0)] if a.surname == b.surname else [("same name in another order", 5.0)]
    found = [_surname(a.surname, b.surname), _given(a.given, b.given)]
    if sum(points for _, points in found) < 0 and _swapped(a, b):
        return [("given and last name swapped", 4.5)]
    return [pair for pair in found if pair[1]]


def _swapped(a: PersonName, b: PersonName) -> bool:
    return bool(a.given) and bool(b.given) and "".join(a.given) == "".join(b.surname) and b.given == a.surname


def _surname(one: tuple[str, ...], other: tuple[str, ...]) -> Pair:
    a, b = "".join(one), "".join(other)
    if a == b:
        return ("same last name", 3.0)
    if set(one) & set(other) and min(map(len, set(one) & set(other))) > 1:
        return ("one of two last names", 1.8)
    if slip(a, b):
        return ("last name a slip apart", 1.6)
    return ("other last name", AGAINST)


def _given(one: tuple[str, ...], other: tuple[str, ...]) -> Pair:
    if not one or not other:
        return ("", 0.0)
    a, b = one[0], other[0]
    if a == b or "".join(one) == "".join(other):
        return ("same given name", 3.0)
    if len(a) == 1 or len(b) == 1:
        return ("initial fits the given name", 0.8) if a[0] == b[0] else ("other initial", AGAINST)
    if may_be_the_same(a, b):
        return ("short form of the given name", 2.2)
    if _second_name(one, other):
        return ("one of two given names", 1.5)
    if slip(a, b):
        return ("given name a slip apart", 1.4)
    return ("other given name", AGAINST)


def _second_name(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """`Anna Maria` is called Maria by some."""
    return any(len(word) > 2 and word in other for word in one)


def slip(a: str, b: str) -> bool:
    """One key wrong in a word of four letters or more, two in nine."""
    longest = max(len(a), len(b))
    if a == b or longest < 4 or abs(len(a) - len(b)) > 2:
        return False
    allowed = 2 if longest >= 9 else 1
    return DamerauLevenshtein.distance(a, b, score_cutoff=allowed) <= allowed


def writes(name: PersonName, local: str) -> bool:
    """Whether the letters before an @ could be made of a name: `jdoe`, `doej`, `janedoe`, `jane`, `doe`, `jd`."""
    return local in _written(name)


@lru_cache(maxsize=16_384)
def _written(name: PersonName) -> frozenset[str]:
    surname, last, given = "".join(name.surname), name.surname[-1], "".join(name.given)
    made = {surname, last, name.whole, "".join(word[0] for word in (*name.given[:1], *name.surname))}
    initials = "".join(word[0] for word in name.given)
    made |= {initials + family for family in (surname, last, name.surname[0], name.whole)}
    for first in {given, *name.given[:1]} - {""}:
        for family in {surname, last, name.surname[0], name.whole}:
            made |= {first, first + family, family + first, first[0] + family, family + first[0], first + family[0]}
    return frozenset(map(one_letter, made))
