"""Who wrote back, and what: the replies of all prospects, read once.

Invariant: absence notes, tickets and bounces are counted as labels, but nobody wrote them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from closeloop.domain.signals import Label, Signal, Understanding
from closeloop.domain.stalled import LastReply
from closeloop.domain.state_of_mind import Sign, wrote

POSITIVE = frozenset({Label.INTERESTED, Label.MEETING, Label.QUESTION})
WANTS_NO_ANSWER = frozenset({Label.UNSUBSCRIBE, Label.LEGAL, Label.WRONG_PERSON, Label.LEFT_COMPANY})
"""Words after which we are silent, as they asked."""


@dataclass(slots=True)
class Answers:
    """Who wrote back, and what."""

    labels: Counter[Label] = field(default_factory=Counter)
    last: dict[str, LastReply] = field(default_factory=dict)
    """Prospect key to the last reply that a person wrote."""
    positive: set[str] = field(default_factory=set)
    written: dict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    """Prospect key to the moments at which they wrote themselves."""
    to_answer: dict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    """Those of `written` that want an answer."""
    signs: dict[str, list[Sign]] = field(default_factory=lambda: defaultdict(list))
    """Prospect key to what these replies say about their state of mind."""


def answers(replies: Iterable[tuple[Signal, Understanding]]) -> Answers:
    """Absence notes, tickets and bounces are counted as labels, but nobody wrote them."""
    found = Answers()
    for signal, understood in replies:
        found.labels[understood.primary] += 1
        key = signal.prospect_key
        if key is None or understood.primary.is_automatic or understood.primary is Label.BOUNCE:
            continue
        found.written[key].append(signal.occurred_at)
        found.signs[key].append(wrote(understood.primary, signal.occurred_at))
        if understood.primary not in WANTS_NO_ANSWER:
            found.to_answer[key].append(signal.occurred_at)
        known = found.last.get(key)
        if known is None or known.at <= signal.occurred_at:
            found.last[key] = LastReply(at=signal.occurred_at, label=understood.primary)
        if understood.primary in POSITIVE:
            found.positive.add(key)
    return found
