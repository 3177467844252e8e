"""Who asked to be forgotten is recognised at every door by the mark that is left of them, and kept out.

Invariant: what comes in about them is stored without a word, a name or an address; what would go out to them, or
take them in again, finds them here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from closeloop.application.services import Services
from closeloop.domain.forgetting import mark_of
from closeloop.domain.signals import Signal


def forgotten(services: Services, words: Iterable[str]) -> set[str]:
    """Those of these addresses and record ids, as given, that belong to people who asked to be forgotten."""
    marks = {word: mark_of(word, services.secret) for word in dict.fromkeys(words) if word}
    known = services.ledger.forgotten(marks.values()) if marks else set()
    return {word for word, mark in marks.items() if mark in known}


def as_kept(services: Services, signals: Sequence[Signal]) -> list[Signal]:
    """The signals as they may be stored: of forgotten people only that something came, and when."""
    about = {signal.identity: _words(signal) for signal in signals}
    known = forgotten(services, (word for words in about.values() for word in words))
    return [_bare(s, services) if known.intersection(about[s.identity]) else s for s in signals]


def _words(signal: Signal) -> tuple[str, ...]:
    """Address, prospect key, and the prospect in the key of the action it is about."""
    of_action = (signal.action_key or "").split(":")[1:2]
    return tuple(word for word in (signal.address, signal.prospect_key, *of_action) if word)


def _bare(signal: Signal, services: Services) -> Signal:
    """The same signal is still known again, by a mark of its id."""
    return Signal(
        id=mark_of(signal.id.replace("@", " "), services.secret),
        source=signal.source,
        kind=signal.kind,
        occurred_at=signal.occurred_at,
    )
