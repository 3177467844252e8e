"""Which wording each person got, and whether they wrote back before the next touch.

Invariant: a person counts once for a step and a line, with the wording they got first, and an answer counts for the
last touch before it and for no other.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from closeloop.domain.variants import Comparison, compare

Trial = tuple[str, int, str]
"""Sequence, step and line: what is compared with each other."""


@dataclass(slots=True)
class Tries:
    """Touches of people who ever got a step with several wordings. Memory grows with these alone."""

    got: dict[Trial, dict[str, tuple[str, datetime]]] = field(default_factory=lambda: defaultdict(dict))
    touches: dict[str, list[datetime]] = field(default_factory=dict)
    """Prospect key to the moments of their touches, from their first trial on."""

    def note(self, key: str, at: datetime, detail: Mapping[str, Any]) -> None:
        """A touch, oldest first."""
        variant, line = detail.get("variant"), detail.get("line")
        if isinstance(variant, str) and isinstance(line, str):
            trial = (str(detail.get("sequence")), int(detail.get("step", 0)), line)
            self.got[trial].setdefault(key, (variant, at))
            self.touches.setdefault(key, [])
        if key in self.touches:
            self.touches[key].append(at)

    def compared(self, replies: Mapping[str, Iterable[datetime]], needed: int) -> tuple[Comparison, ...]:
        """One comparison for each trial; `replies` are the moments at which a person wrote, by prospect."""
        answered = {key: sorted(moments) for key, moments in replies.items() if key in self.touches}
        found = []
        for (sequence, step, line), people in sorted(self.got.items()):
            counts: dict[str, tuple[int, int]] = {}
            for key, (variant, at) in people.items():
                hits, of = counts.get(variant, (0, 0))
                counts[variant] = (hits + self._was_answered(key, at, answered.get(key, [])), of + 1)
            found.append(compare(sequence, step, line, counts, needed))
        return tuple(found)

    def _was_answered(self, key: str, at: datetime, replies: list[datetime]) -> bool:
        """The first reply behind the touch comes before the touch after it."""
        first = bisect_left(replies, at)
        if first == len(replies):
            return False
        following = next((touch for touch in self.touches[key] if touch > at), None)
        return following is None or replies[first] <= following
