"""What a close may promise now, by the ledger: asked before it is decided, and again before its mail leaves.

Invariant: a mail whose promise no longer holds is never sent; its ask counts as not made, and another close is
chosen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from closeloop.application.deciding import Outcome
from closeloop.application.overtaking import insist
from closeloop.application.services import Services
from closeloop.domain import closing
from closeloop.domain.actions import Action
from closeloop.domain.close_rules import CloseKind
from closeloop.domain.decisions import Decision, Hold, Touch
from closeloop.domain.last_look import World
from closeloop.domain.offers import Supply, budget_account, month_of, no_longer, offer_in, today_of
from closeloop.domain.playbook import Playbook
from closeloop.domain.prospect import Prospect
from closeloop.domain.stage import Stage, Standing

WITHDRAWN = "closing.withdrawn"
SOON = timedelta(hours=1)
"""After so long another close is chosen in place of one that was withdrawn."""


class ClosingRule:
    """The rule of the closing stage over one batch: what it grants to one prospect, the next can no longer have."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._granted: dict[str, Decimal] = {}
        self._won: int | None = None

    def __call__(self, prospect: Prospect, playbook: Playbook, now: datetime) -> Decision:
        month = month_of(today_of(prospect, playbook, now))
        found = closing.decide(prospect, playbook, now, self.supply(month))
        offer = offer_in(found.props) if isinstance(found, Touch) else None
        if offer is not None and offer.worth is not None:
            self._granted[month] += offer.worth
        return found

    def supply(self, month: str) -> Supply:
        """Asked of the ledger once for a batch, and only where the playbook counts anything."""
        if month not in self._granted:
            self._granted[month] = _granted(self._services, month)
        if self._won is None:
            self._won = _won(self._services)
        return Supply(granted=self._granted[month], won=self._won)


def _granted(services: Services, month: str) -> Decimal:
    extra = services.playbook.closing.inducement
    if extra is None or extra.budget_per_month is None:
        return Decimal(0)
    account = budget_account(month)
    return services.ledger.granted([account])[account]


def _won(services: Services) -> int:
    """Deals that took a seat or a piece since these were counted."""
    proof = services.playbook.closing.scarcity
    if proof is None or proof.count is None:
        return 0
    since = datetime.combine(proof.counted_on, time(), UTC) if proof.counted_on else None
    return services.ledger.deals_won_since(since)


def promised(
    claimed: Iterable[Action],
    prospects: Mapping[str, Prospect],
    worlds: Mapping[str, World],
    services: Services,
    now: datetime,
) -> dict[str, World]:
    """Action key to the world, with why a promise must not be made any more."""
    offers = {action.key: (action, offer) for action in claimed if (offer := offer_in(action.payload)) is not None}
    counts = any(offer.kind is CloseKind.SCARCITY for _, offer in offers.values())
    supply = Supply(won=_won(services)) if counts else Supply()
    ended = {
        key: no_longer(offer, prospects[action.prospect_key], services.playbook, now, supply)
        for key, (action, offer) in offers.items()
    }
    return {
        key: world.model_copy(update={"offer_ended": why}) if (why := ended.get(key)) else world
        for key, world in worlds.items()
    }


def withdraw(ended: Mapping[str, str], services: Services, run_id: str, now: datetime) -> int:
    """Another close for these, by prospect key, with why theirs could not be made; how many."""
    if not ended:
        return 0

    def take_back(given: Mapping[str, Prospect]) -> list[Outcome]:
        return [_taken_back(p, ended[p.key], services, run_id, now) for p in given.values() if _waits(p)]

    return insist(services, services.ledger.prospects(ended), take_back)


def _waits(prospect: Prospect) -> bool:
    is_asked = prospect.closes > 0 and bool(prospect.tried_closes)
    return prospect.stage is Stage.CLOSING and prospect.standing is Standing.OPEN and is_asked


def _taken_back(prospect: Prospect, why: str, services: Services, run_id: str, now: datetime) -> Outcome:
    outcome = Outcome(services, prospect, run_id, now)
    kind = CloseKind(prospect.tried_closes[-1])
    reason = f"the {kind.in_words} was not sent: {why}; another close is chosen"
    outcome.take(Hold(rule=WITHDRAWN, reasons=(reason,), until=now + SOON))
    was_quoted = kind is CloseKind.INDUCEMENT
    outcome.change(
        closes=prospect.closes - 1,
        withdrawn=prospect.withdrawn + 1,
        tried_closes=prospect.tried_closes[:-1],
        quote=None if was_quoted else prospect.quote,
    )
    return outcome
