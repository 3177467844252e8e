"""What a close promises, and whether the promise holds: the extra and its budget, the scarcity and its proof.

Invariant: an offer says what was true when it was made, with its last day and what was left, so that the last look
before the mail leaves can tell whether it still is.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from closeloop.domain.approval_rules import value_of
from closeloop.domain.business_days import local, place_of
from closeloop.domain.close_rules import CloseKind, Inducement, Scarcity
from closeloop.domain.mailboxes import home_day
from closeloop.domain.playbook import Playbook
from closeloop.domain.prospect import Prospect
from closeloop.domain.record import Record

OFFER = "offer"
"""In the payload of a mail: what it promises."""
DAYS_TO_ANSWER = 3
"""An extra is not offered to anybody who has fewer days to take it."""


class Supply(Record):
    """What the ledger says about offers now."""

    granted: Decimal = Decimal(0)
    """What the extras offered in this month are worth together."""
    won: int = 0
    """Deals won since seats or stock were counted."""


AS_WRITTEN = Supply()
"""Nothing granted, nothing won: what the playbook says by itself."""


class Offer(Record):
    """A promise in a mail; plain enough for its payload."""

    kind: CloseKind
    until: date | None = None
    """The last day on which it can be taken."""
    left: int | None = None
    """Seats or pieces, as the mail says it."""
    worth: Decimal | None = None
    month: str | None = None
    """Whose budget pays for the extra, such as `2026-11`."""
    proof: str = ""
    """In words, for the reasons of the decision."""


def offer_in(payload: Mapping[str, Any]) -> Offer | None:
    """The promise of a mail; None for one that makes none."""
    given = payload.get(OFFER)
    return Offer.model_validate(given) if given else None


def budget_account(month: str) -> str:
    """Where the ledger counts the extras of a month."""
    return f"inducement:{month}"


def month_of(day: date) -> str:
    """Whose budget pays on this day: `2026-11`."""
    return f"{day:%Y-%m}"


def today_of(prospect: Prospect, playbook: Playbook, now: datetime) -> date:
    """The later of the two days it is now, ours and the prospect's: what has ended for either has ended."""
    theirs = local(now, place_of(prospect, playbook.sending.time_zone)).date()
    return max(theirs, home_day(now, playbook))


def why_not(kind: CloseKind, prospect: Prospect, playbook: Playbook, now: datetime, supply: Supply) -> str:
    """Why this close may not be used for this deal now; empty when it may."""
    rules, day = playbook.closing, today_of(prospect, playbook, now)
    if kind is CloseKind.INDUCEMENT:
        return _no_extra(rules.inducement, prospect, playbook, supply, day)
    return _no_scarcity(rules.scarcity, supply, day) if kind is CloseKind.SCARCITY else ""


def _no_extra(extra: Inducement | None, prospect: Prospect, playbook: Playbook, supply: Supply, day: date) -> str:
    if extra is None:
        return "the playbook has no extra to offer"
    if value_of(prospect, playbook) < extra.from_amount:
        return f"the deal is below {extra.from_amount:,}"
    budget = extra.budget_per_month
    if budget is not None and supply.granted + extra.worth > budget:
        return f"the budget of {day:%B %Y} is used up ({supply.granted:,f} of {budget:,})"
    return ""


def _no_scarcity(proof: Scarcity | None, supply: Supply, day: date) -> str:
    if proof is None:
        return "the playbook proves no scarcity"
    if proof.ends_on is not None and proof.ends_on < day:
        return f"it ended on {proof.ends_on:%-d %B %Y}"
    return "" if proof.left(supply.won) != 0 else f"all {proof.count} are taken"


def offer_of(kind: CloseKind, playbook: Playbook, day: date, supply: Supply) -> Offer | None:
    """What this close promises on this day; None for the alternative choice, which promises nothing."""
    rules = playbook.closing
    if kind is CloseKind.INDUCEMENT and rules.inducement is not None:
        return _extra(rules.inducement, playbook, day, supply)
    if kind is CloseKind.SCARCITY and rules.scarcity is not None:
        return _standing_room(rules.scarcity, supply)
    return None


def _extra(extra: Inducement, playbook: Playbook, day: date, supply: Supply) -> Offer:
    budget = extra.budget_per_month
    spent = f", {supply.granted + extra.worth:,f} of {budget:,} of the month's budget" if budget is not None else ""
    return Offer(
        kind=CloseKind.INDUCEMENT,
        until=day + timedelta(days=extra.days_to_decide),
        worth=extra.worth,
        month=month_of(day),
        proof=f"the deal is at least {extra.from_amount:,}, the extra is worth {extra.worth:,}{spent}",
    )


def _standing_room(proof: Scarcity, supply: Supply) -> Offer:
    left = proof.left(supply.won)
    room = f" {left} left" if left is not None else ""
    end = f" until {proof.ends_on:%-d %B %Y}" if proof.ends_on is not None else ""
    said = ",".join(part for part in (room, end) if part)
    return Offer(
        kind=CloseKind.SCARCITY,
        until=proof.ends_on,
        left=left,
        proof=f"proved by the playbook: {proof.what}:{said}",
    )


def no_longer(offer: Offer, prospect: Prospect, playbook: Playbook, now: datetime, supply: Supply) -> str:
    """Why a promise that was planned must not be made any more; empty when every word of it still holds."""
    day, rules = today_of(prospect, playbook, now), playbook.closing
    if offer.kind is CloseKind.INDUCEMENT:
        return _extra_is_over(offer, prospect, playbook, day)
    proof = rules.scarcity
    if problem := _no_scarcity(proof, supply, day):
        return problem
    assert proof is not None  # noqa: S101 - without one there was a problem
    if offer.until != proof.ends_on:
        return "the playbook gives it another last day"
    left = proof.left(supply.won)
    return "" if offer.left == left else f"it says {offer.left} left, now it is {left}"


def _extra_is_over(offer: Offer, prospect: Prospect, playbook: Playbook, day: date) -> str:
    extra = playbook.closing.inducement
    if extra is None:
        return "the playbook has no extra to offer any more"
    if extra.worth != offer.worth:
        return "the playbook gives the extra another worth"
    if value_of(prospect, playbook) < extra.from_amount:
        return f"the deal is below {extra.from_amount:,}"
    if offer.until is not None and day + timedelta(days=DAYS_TO_ANSWER) > offer.until:
        return f"it stands until {offer.until:%-d %B %Y}, too short to decide"
    return ""
