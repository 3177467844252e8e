"""What a batch must know of its accounts before the rules are asked: who there is already in play."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from closeloop.application.services import Services
from closeloop.domain.account_pace import paced
from closeloop.domain.colleagues import hold_for
from closeloop.domain.decisions import Hold
from closeloop.domain.prospect import Prospect


def held_for_colleagues(services: Services, due: Sequence[Prospect], now: datetime) -> dict[str, Hold]:
    """Prospect key to the hold of those with a colleague in play, or with as many in outreach as may be.

    Two queries for the whole batch.
    """
    accounts: dict[str, list[Prospect]] = defaultdict(list)
    for prospect in due:
        if prospect.domain:
            accounts[prospect.domain.lower()].append(prospect)
    in_play = services.ledger.in_play(accounts)
    found = {p.key: hold_for(p, in_play.get(domain, ()), now) for domain, ps in accounts.items() for p in ps}
    held = {key: hold for key, hold in found.items() if hold is not None}
    return _paced(services, accounts, held, now) | held


def _paced(
    services: Services, accounts: dict[str, list[Prospect]], held: dict[str, Hold], now: datetime
) -> dict[str, Hold]:
    """Only those whom nothing else holds take up a place."""
    outreach = services.ledger.in_outreach(accounts)
    holds: dict[str, Hold] = {}
    for domain, people in accounts.items():
        free = [person for person in people if person.key not in held]
        holds |= paced(free, outreach.get(domain, ()), services.playbook, now)
    return holds
