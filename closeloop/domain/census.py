"""Counts prospects into figures in one pass over a stream; what it keeps grows with deals and accounts.

Invariant: every prospect is counted once in each table it belongs to, so the standings sum to the leads.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from closeloop.domain.figures import PERSISTENT_FROM, Dropped, QualifiedProspect
from closeloop.domain.history import History, Past, plain
from closeloop.domain.prospect import Prospect
from closeloop.domain.signals import Label, Signal, Understanding
from closeloop.domain.stage import Stage, Standing
from closeloop.domain.stalled import DECIDERS, Account, LastReply, name_of, record_id

SHOWN_QUALIFIED = 200
SHOWN_DROPPED = 10
POSITIVE = frozenset({Label.INTERESTED, Label.MEETING, Label.QUESTION})
LET_GO = frozenset({Label.NOT_NOW, Label.REFERRAL, Label.WRONG_PERSON, Label.LEFT_COMPANY})
"""Last words after which resting is what they asked for, not giving up."""
IN_PLAY = frozenset({Standing.OPEN, Standing.CUSTOMER, Standing.NURTURE, Standing.LOST})


Rank = tuple[bool, Decimal, int, str]
"""Open before resting, then amount, then score; the key last, so that equal prospects keep one order."""


@dataclass(slots=True)
class Answers:
    """Who wrote back, and what."""

    labels: Counter[Label] = field(default_factory=Counter)
    last: dict[str, LastReply] = field(default_factory=dict)
    """Prospect key to the last reply that a person wrote."""
    positive: set[str] = field(default_factory=set)
    written: dict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    """Prospect key to the moments at which they wrote themselves."""


def answers(replies: Iterable[tuple[Signal, Understanding]]) -> Answers:
    """Absence notes, tickets and bounces are counted as labels, but nobody wrote them."""
    found = Answers()
    for signal, understood in replies:
        found.labels[understood.primary] += 1
        key = signal.prospect_key
        if key is None or understood.primary.is_automatic or understood.primary is Label.BOUNCE:
            continue
        found.written[key].append(signal.occurred_at)
        known = found.last.get(key)
        if known is None or known.at <= signal.occurred_at:
            found.last[key] = LastReply(at=signal.occurred_at, label=understood.primary)
        if understood.primary in POSITIVE:
            found.positive.add(key)
    return found


@dataclass(slots=True)
class Opened:
    """What one approach brought."""

    written_to: int = 0
    replied: int = 0
    positive: int = 0


@dataclass(slots=True)
class Census:
    """The running counts. Call `add` once for each prospect, in any order."""

    history: History
    answers: Answers
    now: datetime
    leads: int = 0
    reached: Counter[int] = field(default_factory=Counter)
    """Highest stage number to prospects who got exactly so far."""
    here: Counter[Stage] = field(default_factory=Counter)
    standings: Counter[Standing] = field(default_factory=Counter)
    disqualified_for: Counter[str] = field(default_factory=Counter)
    stopped_for: Counter[str] = field(default_factory=Counter)
    written_to: int = 0
    replied: int = 0
    approaches: dict[str, Opened] = field(default_factory=lambda: defaultdict(Opened))
    touches: Counter[int] = field(default_factory=Counter)
    given_up: Counter[int] = field(default_factory=Counter)
    dropped: list[Dropped] = field(default_factory=list)
    deals: Counter[str] = field(default_factory=Counter)
    amounts: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    outcomes: list[tuple[float, bool]] = field(default_factory=list)
    open_deals: list[Prospect] = field(default_factory=list)
    waiting: Counter[tuple[Stage, str]] = field(default_factory=Counter)
    contacts: Counter[str] = field(default_factory=Counter)
    deciders: set[str] = field(default_factory=set)
    """Account domains where we know somebody who usually signs."""
    best: list[tuple[Rank, QualifiedProspect]] = field(default_factory=list)

    def add(self, prospect: Prospect) -> None:
        past = self.history.of(prospect.key)
        furthest = reached(prospect, past)
        self.leads += 1
        self.reached[furthest] += 1
        self.standings[prospect.standing] += 1
        self._standing(prospect, past)
        self._account(prospect)
        self._opening(prospect)
        self._persistence(prospect, past)
        self._deal(prospect, past)
        if furthest >= Stage.PREPARATION.number and prospect.standing in IN_PLAY:
            self._keep_if_best(prospect)

    def account(self, prospect: Prospect) -> Account:
        """What is known of this prospect's account; complete only after the last `add`."""
        domain = prospect.domain
        if domain is None:
            return Account(contacts=1, has_decider=prospect.fact("seniority") in DECIDERS)
        return Account(contacts=self.contacts[domain], has_decider=domain in self.deciders)

    def _standing(self, prospect: Prospect, past: Past | None) -> None:
        if prospect.standing is Standing.OPEN:
            self.here[prospect.stage] += 1
            if past is not None and past.waits_for is not None:
                self.waiting[past.waits_for] += 1
        if prospect.standing is Standing.DISQUALIFIED:
            self.disqualified_for[_why(prospect, past)] += 1
        if prospect.standing is Standing.STOPPED:
            self.stopped_for[_why(prospect, past)] += 1

    def _account(self, prospect: Prospect) -> None:
        if prospect.domain is None or not prospect.standing.may_be_written_to:
            return
        self.contacts[prospect.domain] += 1
        if prospect.fact("seniority") in DECIDERS:
            self.deciders.add(prospect.domain)

    def _opening(self, prospect: Prospect) -> None:
        if prospect.mails == 0:
            return
        answered = prospect.key in self.answers.last
        self.written_to += 1
        self.replied += answered
        if prospect.approach is not None:
            opened = self.approaches[prospect.approach]
            opened.written_to += 1
            opened.replied += answered
            opened.positive += prospect.key in self.answers.positive

    def _persistence(self, prospect: Prospect, past: Past | None) -> None:
        touches = past.touches if past is not None else 0
        if touches == 0:
            return
        self.touches[touches] += 1
        if not self._is_given_up(prospect):
            return
        self.given_up[touches] += 1
        if touches < PERSISTENT_FROM:
            self.dropped.append(_dropped(prospect, touches))

    def _is_given_up(self, prospect: Prospect) -> bool:
        """Resting or forgotten, though they neither asked for it nor were stopped."""
        last = self.answers.last.get(prospect.key)
        if last is not None and last.label in LET_GO:
            return False
        if prospect.standing is Standing.OPEN:
            return prospect.due_at is None and prospect.next_step is None
        return prospect.standing in {Standing.NURTURE, Standing.LOST}

    def _deal(self, prospect: Prospect, past: Past | None) -> None:
        if not prospect.is_deal:
            return
        state = deal_state(prospect, past)
        self.deals[state] += 1
        self.amounts[state] += prospect.amount or Decimal(0)
        if state == "open":
            self.open_deals.append(prospect)
        elif prospect.predicted is not None and state != "paused":
            self.outcomes.append((prospect.predicted, state == "won"))

    def _keep_if_best(self, prospect: Prospect) -> None:
        """Into a heap of bounded size."""
        is_open = prospect.standing is Standing.OPEN
        rank = (is_open, prospect.amount or Decimal(-1), prospect.score or 0, prospect.key)
        if len(self.best) < SHOWN_QUALIFIED:
            heapq.heappush(self.best, (rank, _qualified(prospect)))
        elif rank > self.best[0][0]:
            heapq.heapreplace(self.best, (rank, _qualified(prospect)))


def reached(prospect: Prospect, past: Past | None) -> int:
    """Number of the furthest stage: 7 for buyers, else the highest before follow-up that it ever was in."""
    if prospect.standing is Standing.CUSTOMER or (past is not None and past.won):
        return Stage.FOLLOW_UP.number
    now_in = 1 if prospect.stage is Stage.FOLLOW_UP else prospect.stage.number
    return max(now_in, past.furthest if past is not None else 1)


def deal_state(prospect: Prospect, past: Past | None) -> str:
    """`won`, `lost`, `open` or `paused`; a customer who later opts out has bought all the same."""
    if prospect.standing is Standing.CUSTOMER or (past is not None and past.won):
        return "won"
    if prospect.standing is Standing.OPEN:
        return "open"
    return "paused" if prospect.standing is Standing.NURTURE else "lost"


def _why(prospect: Prospect, past: Past | None) -> str:
    """`score: below 30`: the rule's own name before the reason, where it says more than that it stopped."""
    reason = plain(prospect.reason or "no reason given")
    if past is None or past.stopped_by is None:
        return reason
    rule, said = past.stopped_by
    name = rule.rpartition(".")[2].replace("_", " ")
    return said if name == "stop" else f"{name}: {said}"


def _dropped(prospect: Prospect, touches: int) -> Dropped:
    return Dropped(
        key=prospect.key,
        name=name_of(prospect),
        company=prospect.company,
        record_id=record_id(prospect),
        touches=touches,
        reason=prospect.reason or "no date to come back",
    )


def _qualified(prospect: Prospect) -> QualifiedProspect:
    step = prospect.next_step
    return QualifiedProspect(
        key=prospect.key,
        name=name_of(prospect),
        title=prospect.title,
        company=prospect.company,
        record_id=record_id(prospect),
        stage=prospect.stage,
        standing=prospect.standing,
        score=prospect.score,
        amount=prospect.amount,
        next_step=step.what if step else None,
        next_step_on=step.on if step else None,
        deck=prospect.deck,
    )
