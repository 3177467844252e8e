"""Variants of a step: who gets which, and what may honestly be said about which is better.

Invariant: a prospect's variant follows from its key, the step and the playbook line alone, so it never changes
within an enrolment and needs no memory. Nothing is called better before enough people got every variant.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import combinations
from math import sqrt
from statistics import NormalDist

from closeloop.domain.intervals import Rate, rate
from closeloop.domain.record import Record, Share
from closeloop.domain.steps import Variant

CONFIDENCE = 0.95
"""Of all comparisons of one step together."""


class VariantFigures(Record):
    """One wording, measured by the people who got it."""

    name: str
    replied: Rate
    """Who wrote back themselves before the next touch, of those who got it."""


class Difference(Record):
    """How much more often the better of two was answered; the interval allows for all the comparisons made."""

    better: str
    than: str
    points: float
    """Difference of the shares."""
    low: float
    high: float


class Comparison(Record):
    """The variants of one step against each other."""

    sequence: str
    step: int
    line: str
    """Hash of the playbook's sequences: an edited step is a new comparison."""
    variants: tuple[VariantFigures, ...]
    differences: tuple[Difference, ...] = ()
    winner: str | None = None
    """Only where every interval against it excludes no difference, and everybody had enough people."""
    verdict: str
    needed: int
    """People each variant must have reached before anything is said."""


def chosen(variants: Sequence[Variant], prospect_key: str, sequence: str, step: int, line: str) -> Variant:
    """The prospect's variant: as random as a hash, as stable as its key."""
    mark = hashlib.sha256(f"{prospect_key}|{sequence}|{step}|{line}".encode()).digest()
    point = int.from_bytes(mark[:8], "big") / 2**64 * sum(variant.weight for variant in variants)
    for variant in variants:
        point -= variant.weight
        if point < 0:
            return variant
    return variants[-1]


def compare(sequence: str, step: int, line: str, counts: dict[str, tuple[int, int]], needed: int) -> Comparison:
    """What `counts` (variant to answers and people) say; the interval of a difference is Newcombe's."""
    rows = tuple(VariantFigures(name=name, replied=rate(*count)) for name, count in sorted(counts.items()))
    pairs = list(combinations(sorted(counts), 2))
    z = NormalDist().inv_cdf(1 - (1 - CONFIDENCE) / (2 * max(1, len(pairs))))
    differences = tuple(_difference(a, b, counts, z) for a, b in pairs)
    enough = all(people >= needed for _, people in counts.values())
    winner = _winner(counts, differences) if enough else None
    return Comparison(
        sequence=sequence,
        step=step,
        line=line,
        variants=rows,
        differences=differences if enough else (),
        winner=winner,
        verdict=_verdict(counts, winner, needed, enough=enough),
        needed=needed,
    )


def _difference(a: str, b: str, counts: dict[str, tuple[int, int]], z: float) -> Difference:
    first, second = (counts[name] for name in (a, b))
    better, than = (a, b) if _share(first) >= _share(second) else (b, a)
    low, high = newcombe(counts[better], counts[than], z)
    points = _share(counts[better]) - _share(counts[than])
    return Difference(better=better, than=than, points=points, low=low, high=high)


def newcombe(first: tuple[int, int], second: tuple[int, int], z: float) -> tuple[float, float]:
    """Newcombe's interval of the difference of two shares, from Wilson's interval of each."""
    if not (first[1] and second[1]):
        return -1.0, 1.0
    (low1, high1), (low2, high2) = wilson(*first, z), wilson(*second, z)
    p1, p2 = _share(first), _share(second)
    low = p1 - p2 - sqrt((p1 - low1) ** 2 + (high2 - p2) ** 2)
    high = p1 - p2 + sqrt((high1 - p1) ** 2 + (p2 - low2) ** 2)
    return max(-1.0, low), min(1.0, high)


def wilson(hits: int, of: int, z: float) -> tuple[Share, Share]:
    """Wilson's interval of a share at any confidence."""
    share, z2 = hits / of, z * z
    centre = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = z / (1 + z2 / of) * sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    return max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half))


def _share(count: tuple[int, int]) -> float:
    return count[0] / count[1] if count[1] else 0.0


def _winner(counts: dict[str, tuple[int, int]], differences: Sequence[Difference]) -> str | None:
    """The one that beats every other beyond doubt."""
    for name in counts:
        beaten = {found.than for found in differences if found.better == name and found.low > 0}
        if beaten == counts.keys() - {name}:
            return name
    return None


def _verdict(counts: dict[str, tuple[int, int]], winner: str | None, needed: int, *, enough: bool) -> str:
    if not enough:
        fewest = min(people for _, people in counts.values())
        return f"too early: {fewest} of {needed} people have got the variant with the fewest"
    if winner is None:
        return "no difference that these numbers can show"
    return f"{winner} is answered more often than the others"
