"""Persistence: how long we keep at it, against how soon sellers usually give up, by owner and by stage.

Touches are outbound steps before follow-up, on every channel. Invariant: whoever asked to be left alone was not
given up; nobody is counted as dropped for doing what they asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from operator import attrgetter

from closeloop.domain.record import Record, Share
from closeloop.domain.stage import Stage

USUAL_GIVING_UP: dict[int, float] = {1: 0.44, 2: 0.22, 3: 0.14, 4: 0.12}
"""Share of sellers who give up after so many refusals, as sales training quotes it; the rest go on."""

PERSISTENT_FROM = 5
"""Four of five sales take at least so many touches."""
SHOWN_DROPPED = 10


class Dropped(Record):
    """A prospect given up before the fifth touch."""

    key: str
    name: str
    company: str
    record_id: str
    touches: int
    reason: str
    owner: str = ""
    stage: Stage = Stage.APPROACH
    """The furthest it came."""


class GivingUp(Record):
    """How many stop after so many touches, here and among sellers at large."""

    touches: int
    """The last one stands for five and more."""
    prospects: int
    ours: Share | None
    """Of all prospects given up; None when there are none."""
    usual: Share


class OwnerEffort(Record):
    """One owner's persistence."""

    owner: str
    prospects: int
    """Touched at least once."""
    touches: float
    """Mean touches to each of them."""
    given_up: int
    dropped_early: int


class Persistence(Record):
    """How long we keep at it."""

    touches: dict[int, int]
    """Number of touches to prospects who had exactly so many; those never touched are left out."""
    given_up: dict[int, int]
    """The same for those given up: parked, lost or left without a date, though they never asked for it."""
    dropped_early: int
    """Given up with fewer than five touches."""
    compared: tuple[GivingUp, ...] = ()
    """`given_up` against what is usual, for one to five touches."""
    examples: tuple[Dropped, ...] = ()
    """The first of them, fewest touches first."""
    dropped_by_stage: dict[Stage, int] = {}
    """Those dropped early by the furthest stage they came to."""
    by_owner: tuple[OwnerEffort, ...] = ()
    """Most prospects first."""


def persistence(
    touches: Counter[int],
    given_up: Counter[int],
    dropped: Sequence[Dropped],
    touched_by: Mapping[str, Sequence[int]],
    given_up_by: Mapping[str, int],
) -> Persistence:
    """From counts: touches to prospects, the same of those given up, and touches to each of an owner's people."""
    stages, owners = Counter(one.stage for one in dropped), Counter(one.owner for one in dropped)
    return Persistence(
        touches=dict(sorted(touches.items())),
        given_up=dict(sorted(given_up.items())),
        dropped_early=len(dropped),
        compared=_compared(given_up),
        examples=tuple(sorted(dropped, key=attrgetter("touches", "key"))[:SHOWN_DROPPED]),
        dropped_by_stage={stage: stages[stage] for stage in Stage if stages[stage]},
        by_owner=tuple(
            OwnerEffort(
                owner=owner,
                prospects=len(each),
                touches=sum(each) / len(each),
                given_up=given_up_by.get(owner, 0),
                dropped_early=owners[owner],
            )
            for owner, each in sorted(touched_by.items(), key=lambda pair: (-len(pair[1]), pair[0]))
        ),
    )


def _compared(given_up: Counter[int]) -> tuple[GivingUp, ...]:
    """Sellers who go on after the fourth refusal are the usual share of `five and more`."""
    total = given_up.total()
    counts = {touches: given_up[touches] for touches in USUAL_GIVING_UP}
    usual = USUAL_GIVING_UP | {PERSISTENT_FROM: round(1 - sum(USUAL_GIVING_UP.values()), 4)}
    counts[PERSISTENT_FROM] = total - sum(counts.values())
    return tuple(
        GivingUp(touches=n, prospects=count, ours=count / total if total else None, usual=usual[n])
        for n, count in counts.items()
    )
