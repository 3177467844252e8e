"""How long things usually last, where some have not ended yet: Kaplan and Meier's estimate.

Stays that still go on, or that ended in another way, count for as long as they were seen. Left out, they would
make every stage look faster than it is. Invariant: the curve never rises, and it stays within 0 and 1.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from closeloop.domain.record import Record, Share

ROUNDING = 1e-9
"""What a product of shares may be off by."""
ENOUGH_ENDINGS = 20
"""Fewer say too little about the slow ones, and those are what a limit is for."""


class Curve(Record):
    """The share that still goes on after so many days, as steps."""

    steps: tuple[tuple[float, Share], ...] = ()
    """Days and the share that lasts longer, by days."""
    ended: int = 0
    """Endings that were seen."""
    watched: int = 0
    """Stays behind it, those that still go on included."""

    @property
    def says_enough(self) -> bool:
        return self.ended >= ENOUGH_ENDINGS

    def lasting(self, days: float) -> Share:
        """The share of stays that are longer than this."""
        found = 1.0
        for day, share in self.steps:
            if day > days:
                break
            found = share
        return found

    def days_until(self, left: Share) -> float | None:
        """Days after which no more than this share goes on; None where the curve never gets there."""
        return next((day for day, share in self.steps if share <= left + ROUNDING), None)


def kaplan_meier(ended: Sequence[float], still: Iterable[float]) -> Curve:
    """The curve of these stays in days: `ended` as watched for, `still` seen so far and no longer."""
    endings, all_stays = Counter(ended), sorted([*ended, *still])
    at_risk, share, steps, gone = len(all_stays), 1.0, [], 0
    for day in sorted(endings):
        while gone < len(all_stays) and all_stays[gone] < day:
            gone += 1
        at_risk = len(all_stays) - gone
        share *= 1 - endings[day] / at_risk
        steps.append((day, min(1.0, max(0.0, share))))
    return Curve(steps=tuple(steps), ended=len(ended), watched=len(all_stays))
