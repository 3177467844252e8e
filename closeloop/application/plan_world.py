"""What a plan rests on, read of the world as it is: ledger, inbox, do-not-contact list and what the CRM said."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from closeloop.application.ports import Ledger
from closeloop.application.receive import ACCOUNT_MARK
from closeloop.application.services import Services
from closeloop.application.strangers import strangers_at
from closeloop.domain.plan import RestsOn, fingerprint
from closeloop.domain.prospect import Prospect
from closeloop.domain.signals import Signal, name_of_signal

EVERY_SIGNAL = 1_000_000
ABOUT = ("", "look:", "pull:")
"""What was read of a record is kept apart by the occasion it was read on."""


def what_it_rests_on(
    real: Services, people: Iterable[Prospect], seen: Mapping[str, Mapping[str, Any]]
) -> dict[str, RestsOn]:
    """By prospect key. `people` may be unknown to the ledger yet; `seen` is what was read of records."""
    given = list(people)
    ledger = real.ledger
    stored = ledger.prospects(prospect.key for prospect in given)
    signals = _signals(ledger, given)
    halted = ledger.halted(given)
    suppressed = ledger.suppressed(address for prospect in given for address in _addresses(prospect))
    return {
        prospect.key: RestsOn(
            version=_version(stored.get(prospect.key)),
            signals=signals.get(prospect.key, {}),
            halted=prospect.key in halted,
            suppressed={a: suppressed[a] for a in _addresses(prospect) if a in suppressed},
            crm=_read_of(stored.get(prospect.key, prospect), seen),
        )
        for prospect in given
    }


def _version(prospect: Prospect | None) -> str | None:
    return None if prospect is None else fingerprint(prospect.model_dump(mode="json"))


def _addresses(prospect: Prospect) -> list[str]:
    account = [f"{ACCOUNT_MARK}{prospect.domain}".lower()] if prospect.domain else []
    return [prospect.email.lower(), *account]


def _read_of(prospect: Prospect, seen: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    ids = dict.fromkeys([prospect.key, *(known for known in prospect.crm.model_dump().values() if known)])
    places = [mark + record for record in ids for mark in ABOUT]
    return {place: dict(seen[place]) for place in places if place in seen}


def _signals(ledger: Ledger, people: Collection[Prospect]) -> dict[str, dict[str, str]]:
    """Prospect key to the waiting signals that a run would take for its: its own, and those of strangers there."""
    waiting = ledger.waiting_signals(EVERY_SIGNAL)
    if not waiting:
        return {}
    owner_of = _owners(ledger, waiting, {prospect.email.lower(): prospect.key for prospect in people})
    at: dict[str, list[str]] = {}
    for prospect in people:
        if prospect.domain:
            at.setdefault(prospect.domain.lower(), []).append(prospect.key)
    found: dict[str, dict[str, str]] = {}
    for signal in waiting:
        owner = owner_of(signal)
        for key in [owner] if owner else at.get(strangers_at(signal) or "", []):
            found.setdefault(key, {})[name_of_signal(signal)] = signal.kind.value
    return found


def _owners(ledger: Ledger, waiting: Collection[Signal], new: Mapping[str, str]) -> Callable[[Signal], str | None]:
    """Says whom a signal names: by key, by the mail it is about, or by its address, also those in `new`."""
    mails = ledger.actions({signal.action_key for signal in waiting if signal.action_key})
    known = ledger.by_address({signal.address.lower() for signal in waiting if signal.address})

    def owner_of(signal: Signal) -> str | None:
        mail, address = mails.get(signal.action_key or ""), (signal.address or "").lower()
        return signal.prospect_key or (mail[0].prospect_key if mail else known.get(address) or new.get(address))

    return owner_of
