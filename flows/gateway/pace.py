"""How often somebody may knock: so many requests at once, and so many a second after that.

Invariant: what is refused costs nearly nothing and is told when to come again, so a sender that is in earnest loses
nothing by it.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

MOST_VISITORS = 10_000
"""So many are remembered; who was not here for longest is forgotten first, as if it had never come."""


class Pace:
    """A bucket of permits for each visitor, which fills up again by itself."""

    def __init__(self, at_once: int, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._at_once, self._per_second, self._clock = float(at_once), per_second, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def seconds_to_wait(self, visitor: str) -> float:
        """0 when the visitor may come in, which uses up one permit; else how long until there is one."""
        now = self._clock()
        left, since = self._left.pop(visitor, (self._at_once, now))
        left = min(self._at_once, left + (now - since) * self._per_second)
        allowed = left >= 1
        self._left[visitor] = (left - 1 if allowed else left, now)
        if len(self._left) > MOST_VISITORS:
            self._left.popitem(last=False)
        return 0.0 if allowed else (1 - left) / self._per_second
