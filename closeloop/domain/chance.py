"""A chance that is itself not known for sure: a beta distribution.

Invariant: it lies strictly between 0 and 1, since no weight and no history makes an order certain.
"""

from __future__ import annotations

from math import exp, log
from random import Random

from pydantic import Field

from closeloop.domain.record import Record, Share

SURE = 0.005
"""No chance is put nearer to 0 or 1."""
Z_80 = 1.2815515655446004
"""Standard normal quantile for a two-sided 80 % interval."""


class Chance(Record):
    """So many orders to so many without, what was believed before included."""

    yes: float = Field(gt=0)
    no: float = Field(gt=0)

    @property
    def mean(self) -> Share:
        return self.yes / (self.yes + self.no)

    @property
    def middle(self) -> tuple[Share, Share]:
        """The middle 80 % of what it may be, by the normal approximation of its log-odds."""
        centre, half = log(self.yes / self.no), Z_80 * (1 / self.yes + 1 / self.no) ** 0.5
        return _expit(centre - half), _expit(centre + half)

    def drawn(self, rng: Random) -> float:
        """One of the values it may be."""
        return rng.betavariate(self.yes, self.no)


def held(share: Share) -> Share:
    """The share, away from 0 and 1."""
    return min(1 - SURE, max(SURE, share))


def shifted(share: Share, by: float) -> Share:
    """The share with its log-odds moved by so much."""
    kept = held(share)
    return _expit(log(kept / (1 - kept)) + by)


def _expit(log_odds: float) -> Share:
    return 1 / (1 + exp(-log_odds))
