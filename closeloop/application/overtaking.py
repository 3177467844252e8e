"""Two runs at once: what one of them read may be saved by the other before it saves itself.

Most decisions are simply taken again at the next pass. What must not be lost, since its evidence is read only
once (a changed owner, the ids of a conversion), is decided anew here until it is saved.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from closeloop.application.deciding import Outcome, save
from closeloop.application.ports import Change, Ledger
from closeloop.application.services import Services
from closeloop.domain.errors import LedgerUnavailable
from closeloop.domain.prospect import Prospect

MOST_TRIES = 50


def insist(
    services: Services,
    given: Mapping[str, Prospect],
    decide: Callable[[Mapping[str, Prospect]], Sequence[Outcome]],
) -> int:
    """Decides about these, and again about those that were overtaken; how many outcomes were saved."""
    saved = 0
    for _ in range(MOST_TRIES):
        outcomes = decide(given)
        overtaken = save(services, outcomes)
        saved += len(outcomes) - len(overtaken)
        if not overtaken:
            return saved
        given = services.ledger.prospects(sorted(overtaken))
    raise _never_alone()


def update(ledger: Ledger, keys: Iterable[str], change: Callable[[Prospect], Prospect]) -> dict[str, Prospect]:
    """Changes fields of these as they stand at the moment of saving; the prospects as saved."""
    saved: dict[str, Prospect] = {}
    left: Collection[str] = list(keys)
    for _ in range(MOST_TRIES):
        read = ledger.prospects(left)
        changed = {key: change(prospect) for key, prospect in read.items()}
        left = sorted(ledger.commit(Change(prospects=tuple(changed.values()), read=read)).overtaken)
        saved |= {key: prospect for key, prospect in changed.items() if key not in left}
        if not left:
            return saved
    raise _never_alone()


def _never_alone() -> LedgerUnavailable:
    return LedgerUnavailable("Other runs keep changing the same prospects: let them end, then start this run again")
