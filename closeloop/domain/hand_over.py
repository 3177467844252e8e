"""Hand-over: the relation stays with the owner who began it, until that owner leaves.

Invariant: nobody is handed over twice for one departure; who takes over is there, and is not the one who left. The
CRM's own owner fields are left to people: they are asked by Task.
"""

from __future__ import annotations

from datetime import date, datetime

from closeloop.domain.decisions import HandOver
from closeloop.domain.mailboxes import home_day
from closeloop.domain.playbook import Playbook
from closeloop.domain.prospect import Prospect
from closeloop.domain.stage import Standing

KEPT = frozenset({Standing.OPEN, Standing.CUSTOMER, Standing.NURTURE, Standing.LOST})
LEFT = "is no longer active in the CRM"


def hand_over(prospect: Prospect, playbook: Playbook, now: datetime, *, inactive: bool = False) -> HandOver | None:
    """What to do about an owner who left; None for one who is there. `inactive`: the CRM says so."""
    if not prospect.is_deal or prospect.standing not in KEPT or prospect.owner_left == prospect.owner_id:
        return None
    day = home_day(now, playbook)
    why = LEFT if inactive else _long_absence(prospect, playbook, day)
    if why is None:
        return None
    former = prospect.owner_name or prospect.owner_id
    to_id, to_name = successor(prospect, playbook, day)
    goes_on = f"{to_name} takes over" if to_id else "the playbook names nobody who is there: a person has to choose"
    return HandOver(
        rule="follow_up.hand_over",
        reasons=(f"{former} {why}", goes_on),
        to_id=to_id,
        to_name=to_name,
        former=former,
    )


def successor(prospect: Prospect, playbook: Playbook, on: date) -> tuple[str | None, str]:
    """CRM id and name of whoever goes on: the one the playbook names, else a seller of the territory."""
    rules, routing = playbook.follow_up.hand_over, playbook.routing
    gone = prospect.owner_id[:15]
    if rules.to_id and rules.to_id[:15] != gone:
        return rules.to_id, rules.to_name
    territory = next((t for t in routing.territories if t.fits(prospect)), None)
    sellers = [routing.seller(name) for name in territory.sellers] if territory else []
    there = [s for s in sellers if s.is_there(on) and s.id[:15] != gone]
    # The same prospect always gets the same one: a hand-over that is decided anew is no second one.
    chosen = there[sum(prospect.key.encode()) % len(there)] if there else None
    return (chosen.id, chosen.name) if chosen else (None, "")


def _long_absence(prospect: Prospect, playbook: Playbook, day: date) -> str | None:
    names = {prospect.owner_id, prospect.owner_name} - {""}
    for gone in playbook.sending.absences:
        long = (gone.last_day - gone.first_day).days >= playbook.follow_up.hand_over.absent_days
        if long and gone.owner in names and gone.first_day <= day <= gone.last_day:
            return f"is away until {gone.last_day:%-d %B %Y}"
    return None
