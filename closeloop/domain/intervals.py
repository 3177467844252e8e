"""How sure a share is: Wilson's interval, which stays honest when counts are small.

Invariant: 0 <= low <= share <= high <= 1. Nothing counted means no share, and an interval that says nothing.
"""

from __future__ import annotations

from math import sqrt

from pydantic import Field, computed_field

from closeloop.domain.record import Record, Share

Z_90 = 1.6448536269514722
"""Standard normal quantile for a two-sided 90 % interval."""


class Rate(Record):
    """`hits` out of `of`, with the 90 % interval of the share behind it."""

    hits: int = Field(ge=0)
    of: int = Field(ge=0)
    low: Share
    high: Share

    @computed_field  # type: ignore[prop-decorator]
    @property
    def share(self) -> float | None:
        """None when nothing was counted."""
        return self.hits / self.of if self.of else None


def rate(hits: int, of: int) -> Rate:
    """The share with Wilson's 90 % interval. `hits` may not exceed `of`."""
    if not 0 <= hits <= of:
        raise ValueError(f"{hits} of {of} is not a share: count the hits among the cases")
    if of == 0:
        return Rate(hits=0, of=0, low=0.0, high=1.0)
    share, z2 = hits / of, Z_90**2
    centre = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = Z_90 / (1 + z2 / of) * sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    # the interval touches the share at 0 and 1; rounding must not push it past
    low, high = max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half))
    return Rate(hits=hits, of=of, low=low, high=high)
