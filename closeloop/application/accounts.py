"""What a batch must know of its accounts before the rules are asked: who there is already in play."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from closeloop.application.services import Services
from closeloop.domain.colleagues import hold_for
from closeloop.domain.decisions import Hold
from closeloop.domain.prospect import Prospect


def held_for_colleagues(services: Services, due: Sequence[Prospect], now: datetime) -> dict[str, Hold]:
    """Prospect key to the hold of those with a colleague in play; one query for the whole batch."""
    in_play = services.ledger.in_play({prospect.domain for prospect in due if prospect.domain})
    found = {p.key: hold_for(p, in_play.get(p.domain.lower(), ()), now) for p in due if p.domain}
    return {key: hold for key, hold in found.items() if hold is not None}
