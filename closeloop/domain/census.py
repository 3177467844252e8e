"""Counts prospects into figures in one pass over a stream; what it keeps grows with deals and accounts.

Invariant: every prospect is counted once in each table it belongs to, so the standings sum to the leads.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from closeloop.domain.answers import Answers
from closeloop.domain.endings import Why
from closeloop.domain.figures import QualifiedProspect
from closeloop.domain.history import History, Past, plain
from closeloop.domain.persistence import PERSISTENT_FROM, Dropped
from closeloop.domain.prospect import Prospect
from closeloop.domain.signals import Label
from closeloop.domain.stage import Stage, Standing
from closeloop.domain.stalled import DECIDERS, Account, name_of, record_id
from closeloop.domain.state_of_mind import Sign, StateOfMind, clicks_of, state_of_mind

SHOWN_QUALIFIED = 200
LET_GO = frozenset({Label.NOT_NOW, Label.REFERRAL, Label.WRONG_PERSON, Label.LEFT_COMPANY})
"""Last words after which resting is what they asked for, not giving up."""
IN_PLAY = frozenset({Standing.OPEN, Standing.CUSTOMER, Standing.NURTURE, Standing.LOST})


Rank = tuple[bool, Decimal, int, str]
"""Open before resting, then amount, then score; the key last, so that equal prospects keep one order."""


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
    reached: Counter[Stage] = field(default_factory=Counter)
    """Prospects who were ever in a stage."""
    went_on: Counter[Stage] = field(default_factory=Counter)
    """Those of them who came to a later one."""
    qualified: int = 0
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
    touched_by: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    """Owner to the touches of each of their people."""
    given_up_by: Counter[str] = field(default_factory=Counter)
    owners: dict[str, str] = field(default_factory=dict)
    """Owner's name of those whom we answered."""
    unanswered: int = 0
    """People in play whose last words have had no answer yet."""
    deals: Counter[str] = field(default_factory=Counter)
    endings: dict[str, Counter[Why]] = field(default_factory=lambda: {"won": Counter(), "lost": Counter()})
    """Deals that ended, by why."""
    amounts: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    worth: dict[str, Decimal | None] = field(default_factory=dict)
    """Amount of every deal, open or not."""
    clicks: dict[str, list[Sign]] = field(default_factory=dict)
    """Clicks by people who have a deal."""
    stays: dict[Stage, list[float]] = field(default_factory=lambda: defaultdict(list))
    """Days so far of those who are in a stage now."""
    open_deals: list[Prospect] = field(default_factory=list)
    waiting: Counter[tuple[Stage, str]] = field(default_factory=Counter)
    contacts: Counter[str] = field(default_factory=Counter)
    deciders: set[str] = field(default_factory=set)
    """Account domains where we know somebody who usually signs."""
    best: list[tuple[Rank, QualifiedProspect]] = field(default_factory=list)

    def add(self, prospect: Prospect) -> None:
        past = self.history.of(prospect.key)
        stages = reached(prospect, past)
        self.leads += 1
        self._way(stages, past)
        self.standings[prospect.standing] += 1
        self._standing(prospect, past)
        self._account(prospect)
        self._opening(prospect)
        self._persistence(prospect, past)
        self._deal(prospect, past)
        if is_qualified(stages) and prospect.standing in IN_PLAY:
            self._keep_if_best(prospect, past)

    def _way(self, stages: Set[Stage], past: Past | None) -> None:
        self.qualified += is_qualified(stages)
        self.reached.update(stages)
        self.went_on.update(stage for stage in stages if went_on(stage, stages, past))

    def account(self, prospect: Prospect) -> Account:
        """What is known of this prospect's account; complete only after the last `add`."""
        domain = prospect.domain
        if domain is None:
            return Account(contacts=1, has_decider=prospect.fact("seniority") in DECIDERS)
        return Account(contacts=self.contacts[domain], has_decider=domain in self.deciders)

    def _standing(self, prospect: Prospect, past: Past | None) -> None:
        if prospect.standing is Standing.OPEN:
            self.here[prospect.stage] += 1
            self.stays[prospect.stage].append((self.now - prospect.stage_entered_at) / timedelta(days=1))
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
        self._answered(prospect, past)
        touches = past.touches if past is not None else 0
        if touches == 0:
            return
        self.touches[touches] += 1
        self.touched_by[prospect.owner_name].append(touches)
        if not self._is_given_up(prospect):
            return
        self.given_up[touches] += 1
        self.given_up_by[prospect.owner_name] += 1
        if touches < PERSISTENT_FROM:
            self.dropped.append(_dropped(prospect, touches, reached(prospect, past)))

    def _answered(self, prospect: Prospect, past: Past | None) -> None:
        if prospect.key in self.history.reactions:
            self.owners[prospect.key] = prospect.owner_name
        in_work = prospect.standing is Standing.OPEN
        self.unanswered += bool(in_work and past is not None and past.unanswered)

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
        self.worth[prospect.key] = prospect.amount
        if found := clicks_of(prospect):
            self.clicks[prospect.key] = found
        if state in ("won", "lost"):
            ending = prospect.ending
            self.endings[state][ending.why if ending and ending.won is (state == "won") else Why.OTHER] += 1
        if state == "open":
            self.open_deals.append(prospect)

    def _keep_if_best(self, prospect: Prospect, past: Past | None) -> None:
        """Into a heap of bounded size."""
        is_open = prospect.standing is Standing.OPEN
        mind = self.mind(prospect, past)
        worth = (prospect.amount or Decimal(-1)) * Decimal(str(round(mind.willingness, 3)))
        rank = (is_open, worth, prospect.score or 0, prospect.key)
        if len(self.best) < SHOWN_QUALIFIED:
            heapq.heappush(self.best, (rank, _qualified(prospect, mind)))
        elif rank > self.best[0][0]:
            heapq.heapreplace(self.best, (rank, _qualified(prospect, mind)))

    def mind(self, prospect: Prospect, past: Past | None) -> StateOfMind:
        """The state of mind, from replies and touches in full."""
        run = past.run if past is not None else None
        last = [prospect.last_touch_at] if prospect.last_touch_at is not None else []
        signs = [*self.answers.signs.get(prospect.key, ()), *clicks_of(prospect)]
        return state_of_mind(signs, run.touches if run is not None else last, self.now)


def reached(prospect: Prospect, past: Past | None) -> Set[Stage]:
    """The stages it ever was in; follow-up only for buyers, since everybody else merely rests there."""
    found = {Stage.PROSPECTING, *(past.reached if past is not None else ())}
    if prospect.stage is not Stage.FOLLOW_UP:
        found.add(prospect.stage)
    if prospect.standing is Standing.CUSTOMER or (past is not None and past.won):
        found.add(Stage.FOLLOW_UP)
    return found


def is_qualified(stages: Set[Stage]) -> bool:
    """Prospecting is behind them."""
    return len(stages) > 1


def went_on(stage: Stage, stages: Set[Stage], past: Past | None) -> bool:
    """Whether somebody who was in this stage came to a later one. Objections are a side way: nobody gets on by
    raising one, and whoever leaves them for the work has got on.
    """
    if stage is Stage.OBJECTIONS:
        return Stage.FOLLOW_UP in stages or (past is not None and past.resolved)
    return any(other.number > stage.number for other in stages - {Stage.OBJECTIONS})


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


def _dropped(prospect: Prospect, touches: int, stages: Set[Stage]) -> Dropped:
    return Dropped(
        key=prospect.key,
        name=name_of(prospect),
        company=prospect.company,
        record_id=record_id(prospect),
        touches=touches,
        reason=prospect.reason or "no date to come back",
        owner=prospect.owner_name,
        stage=max(stages - {Stage.FOLLOW_UP}, key=lambda stage: stage.number),
    )


def _qualified(prospect: Prospect, mind: StateOfMind) -> QualifiedProspect:
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
        deck_outdated=prospect.deck_outdated,
        state_of_mind=mind,
    )
