"""A reply from somebody we never wrote to, at a company that we do write to: a boss, an assistant, an alias.

It may be a no. So the owner of whoever we wrote to last there reads it, and asking us to stop stops the account.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from closeloop.application.deciding import Outcome, note
from closeloop.application.results import Tally
from closeloop.application.services import Services
from closeloop.domain.business_days import add_business_days
from closeloop.domain.decisions import AskHuman
from closeloop.domain.prospect import Prospect
from closeloop.domain.signals import Signal, SignalKind, Understanding
from closeloop.domain.web_domains import registrable_domain

HUMAN_DAYS = 5


def strangers_at(signal: Signal) -> str | None:
    """The domain a reply without a known writer came from."""
    if signal.kind is not SignalKind.REPLY or not signal.address:
        return None
    return registrable_domain(signal.address.rpartition("@")[2].lower())


def contacts(services: Services, accounts: Iterable[str]) -> dict[str, str]:
    """Account to the person there whom we wrote to last. Free-mail is no account: nobody there has a domain."""
    colleagues = services.ledger.colleagues(accounts)
    people = services.ledger.prospects(key for keys in colleagues.values() for key in keys)
    written = {a: [people[k] for k in keys if people[k].mails] for a, keys in colleagues.items()}
    return {account: max(found, key=_last_touch_of).key for account, found in written.items() if found}


def bring(found: Understanding, outcome: Outcome, tally: Tally) -> None:
    """Tell the owner, who decides; nothing goes to this contact meanwhile."""
    if found.primary.is_automatic:
        return
    tally.count("reply of a colleague")
    wish = "asks us to stop: the whole company is stopped" if found.stop else f"wrote ({found.primary.value})"
    asked = AskHuman(
        rule="receive.colleague",
        reasons=(f"a colleague whom we never wrote to {wish}",),
        subject=f"Somebody else at {outcome.prospect.company} {wish}: read it and answer",
        until=add_business_days(outcome.now, HUMAN_DAYS),
    )
    note(tally, outcome.take(asked))


def last_touch(outcome: Outcome) -> tuple[datetime, str]:
    """Orders contacts by when we last wrote to them."""
    return _last_touch_of(outcome.prospect)


def _last_touch_of(prospect: Prospect) -> tuple[datetime, str]:
    return prospect.last_touch_at or prospect.stage_entered_at, prospect.key
