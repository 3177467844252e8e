"""What a batch must know before its rules are asked: the playbook line each is on, and mails that have not left.

Invariant: nobody gets a second mail of a stage while the first has not left, however long it had to wait.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from closeloop.application.services import Services
from closeloop.domain.business_days import add_business_days, place_of
from closeloop.domain.decisions import Hold
from closeloop.domain.errors import LedgerUnavailable
from closeloop.domain.playbook import Playbook
from closeloop.domain.playbook_lines import PlaybookLine, foreign_line, line_of, on_line
from closeloop.domain.prospect import Prospect


def on_their_lines(services: Services, prospects: Collection[Prospect]) -> dict[str, Services]:
    """Prospect key to the services under the playbook it started with, for those who are not on today's."""
    foreign = {p.key: line for p in prospects if (line := foreign_line(p, services.playbook)) is not None}
    if not foreign:
        return {}
    lines = services.ledger.playbook_lines(set(foreign.values()))
    if missing := set(foreign.values()) - lines.keys():
        raise LedgerUnavailable(f"the ledger lacks the playbook lines {sorted(missing)}: restore the last backup")
    theirs = {one: replace(services, playbook=on_line(services.playbook, line)) for one, line in lines.items()}
    return {key: theirs[line] for key, line in foreign.items()}


def entered_lines(moves: Iterable[tuple[Prospect, Prospect, Playbook]]) -> tuple[PlaybookLine, ...]:
    """The lines of those who entered a sequence: before, after, and the playbook that led them."""
    found = {}
    for before, after, playbook in moves:
        entered = after.enrollment
        if entered is None or entered.line is None:
            continue
        if before.enrollment is None or before.enrollment.line != entered.line:
            line = line_of(playbook)
            found[line.hash] = line
    return tuple(found.values())


def held_for_their_mail(services: Services, due: Sequence[Prospect], now: datetime) -> dict[str, Hold]:
    """Prospect key to the hold of those whose last mail of this stage has not left yet."""
    waiting = services.ledger.mail_on_its_way(prospect.key for prospect in due)
    return {p.key: _hold(p, waiting[p.key][p.stage], now) for p in due if p.stage in waiting.get(p.key, {})}


def _hold(prospect: Prospect, leaves_at: datetime, now: datetime) -> Hold:
    tomorrow = add_business_days(now, 1, place_of(prospect))
    return Hold(
        rule=f"{prospect.stage}.mail_on_its_way",
        reasons=("the mail before it has not left yet",),
        until=max(tomorrow, leaves_at),
    )
