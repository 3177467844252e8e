"""Colleagues: while somebody at an account buys from us or talks with us, nobody else there gets cold mail.

The owner of that deal decides who else is spoken to; the process only waits, and says for whom.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from closeloop.domain.business_days import add_business_days, place_of
from closeloop.domain.decisions import Hold
from closeloop.domain.prospect import Prospect
from closeloop.domain.stage import Standing

LOOK_AGAIN_DAYS = 10
"""Business days; a deal that is lost by then sets the others free again."""


def is_in_play(prospect: Prospect) -> bool:
    """A customer, or somebody with an open deal."""
    return prospect.standing is Standing.CUSTOMER or prospect.is_open_deal


def hold_for(prospect: Prospect, account: Sequence[Prospect], now: datetime) -> Hold | None:
    """The hold of somebody we have no deal with, while a colleague of theirs is in play; a customer weighs most."""
    if is_in_play(prospect):
        return None
    others = [other for other in account if other.key != prospect.key and is_in_play(other)]
    if not others:
        return None
    found = min(others, key=lambda other: (other.standing is not Standing.CUSTOMER, other.key))
    what = "is a customer" if found.standing is Standing.CUSTOMER else "has an open deal"
    return Hold(
        rule="approach.colleague_in_play",
        reasons=(f"a colleague at {prospect.company} {what}",),
        until=add_business_days(now, LOOK_AGAIN_DAYS, place_of(prospect)),
    )
