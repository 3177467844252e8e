"""A market of buyers whose minds are known: the rules of the process against the scripts of the sandbox's buyers.

No mail is rendered and none travels: each decision is applied, each mail moves its buyer on, each answer comes back
with its true meaning. Invariant: one seed, one market; every state a prospect ever was in is kept, so that any day
can be looked at as it was.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from closeloop.application.ports import DecisionRow
from closeloop.domain import approach, closing, follow_up, objections, presentation
from closeloop.domain.decisions import Advance, Channel, Close, Decision, Touch
from closeloop.domain.observed import shown_by, with_seen
from closeloop.domain.playbook import Playbook
from closeloop.domain.prospect import CrmIds, Prospect
from closeloop.domain.replies import on_event, on_reply
from closeloop.domain.signals import STOPPING_LABELS, Label, Signal, SignalKind, Understanding
from closeloop.domain.stage import Stage, Standing
from closeloop.domain.transitions import apply
from sandbox.agenda import moment, seconds
from sandbox.buyers import script, timing
from sandbox.buyers.chance import Chance
from sandbox.buyers.models import Standing as Mind
from sandbox.buyers.personas import Outcome, draw, personas
from sandbox.buyers.writing import is_automatic
from tests.unit.domain.people import GOOD_FACTS, NOW, playbook, prospect

START = NOW
RULES = {
    Stage.APPROACH: approach.decide,
    Stage.PRESENTATION: presentation.decide,
    Stage.OBJECTIONS: objections.decide,
    Stage.CLOSING: closing.decide,
}
SENIORITIES = ("c_level", "director", "manager", "other")
EVENTS = {"bounce": SignalKind.BOUNCED, "spam": SignalKind.SPAM_REPORT, "opt_out": SignalKind.UNSUBSCRIBED}
Replied = tuple[Signal, Understanding]


@dataclass
class Market:
    """What happened in it, in order of time."""

    playbook: Playbook
    lives: list[Life] = field(default_factory=list)

    def prospects(self, at: datetime) -> list[Prospect]:
        """Everybody as they stood then; who had not come yet is left out."""
        return [found for life in self.lives if (found := life.then(at)) is not None]

    def decisions(self, at: datetime) -> list[DecisionRow]:
        return sorted((r for life in self.lives for r in life.decisions if r.at <= at), key=lambda row: row.at)

    def replies(self, at: datetime) -> list[Replied]:
        return [one for life in self.lives for one in life.replies if one[0].occurred_at <= at]


@dataclass
class Life:
    """One prospect and the buyer behind it."""

    prospect: Prospect
    playbook: Playbook
    chance: Chance
    mind: Mind
    decisions: list[DecisionRow] = field(default_factory=list)
    replies: list[Replied] = field(default_factory=list)
    versions: list[tuple[datetime, Prospect]] = field(default_factory=list)
    answer: tuple[datetime, Outcome] | None = None
    """What the buyer is about to do."""

    def then(self, at: datetime) -> Prospect | None:
        place = bisect_right(self.versions, at, key=lambda version: version[0])
        return self.versions[place - 1][1] if place else None

    def brings_order(self, after: datetime) -> bool:
        """Whether the deal that was open then ended with an order: the first ending tells."""
        later = (p for at, p in self.versions if at > after)
        ended = next((p for p in later if p.standing is not Standing.OPEN), None)
        return ended is not None and ended.standing is Standing.CUSTOMER

    def live(self, until: datetime) -> None:
        """Day by day, whatever comes first."""
        self._keep(self.prospect.stage_entered_at)
        while (at := self._next()) is not None and at <= until:
            if self.answer is not None and self.answer[0] == at:
                outcome, self.answer = self.answer[1], None
                self._answered(outcome, at)
            else:
                self._decide(at)
            self._keep(at)

    def _next(self) -> datetime | None:
        due = self.prospect.due_at if self.prospect.standing.may_be_written_to else None
        moments = [one for one in (due, self.answer[0] if self.answer else None) if one is not None]
        return min(moments) if moments else None

    def _decide(self, at: datetime) -> None:
        is_open = self.prospect.standing is Standing.OPEN
        rule = RULES[self.prospect.stage] if is_open else follow_up.decide
        before = self.prospect.due_at
        self._take(rule(self.prospect, self.playbook, at), at)
        if self.prospect.due_at == before:
            self.prospect = self.prospect.model_copy(update={"due_at": at + timedelta(days=1)})

    def _take(self, decision: Decision, at: datetime) -> None:
        self.decisions.append(row_of(decision, self.prospect, at))
        stage = self.prospect.stage
        self.prospect = apply(decision, self.prospect, self.playbook, at).prospect
        if isinstance(decision, Touch) and decision.channel is Channel.EMAIL:
            self._mail(stage, at)

    def _mail(self, stage: Stage, at: datetime) -> None:
        """It reaches the buyer, who may be moved to something."""
        self.mind.mails += 1
        persona, now = personas()[self.mind.persona], seconds(at)
        outcome = script.next_outcome(self.chance, persona, self.mind, stage.value, now)
        if outcome is None:
            return
        if outcome.do == "nothing":
            self.mind.ends = outcome.ends
            return
        self.mind.busy = 1
        if outcome.do == "bounce" or is_automatic(outcome):
            when = timing.answers_by_machine_at(self.chance, now, self.mind.mails)
        else:
            opened = timing.opens_at(self.chance, now, 1, self.mind.mails)
            when = timing.replies_at(self.chance, now, opened, 1, self.mind.mails)
        self.answer = (moment(when), outcome)

    def _answered(self, outcome: Outcome, at: datetime) -> None:
        self.mind.busy, self.mind.ends = 0, outcome.ends or self.mind.ends
        if outcome.do in EVENTS:
            signal = self._signal(EVENTS[outcome.do], at)
            for decision in on_event(self.prospect, signal):
                self._take(decision, at)
        else:
            self._replied(Label(outcome.label), at)
        if self.mind.ends not in {"stop", "lost"}:
            self._plan_unprompted(at)

    def _replied(self, label: Label, at: datetime) -> None:
        resume = at + timedelta(days=self.chance.between(5, 30, "resume", self.mind.mails))
        back = resume if label in {Label.OUT_OF_OFFICE, Label.NOT_NOW} else None
        if label is Label.OUT_OF_OFFICE:
            self.mind.away_until = seconds(resume)
        signal = self._signal(SignalKind.REPLY, at)
        found = Understanding(
            labels=(label,), primary=label, confidence=0.9, resume_on=back, stop=label in STOPPING_LABELS
        )
        self.replies.append((signal, found))
        seen = with_seen(self.prospect, shown_by(signal, found), at)
        changes = {} if label.is_automatic else {"replies": self.prospect.replies + 1, "last_reply_at": at}
        self.prospect = self.prospect.model_copy(update={"seen": seen, **changes})
        for decision in on_reply(self.prospect, found, self.playbook, at):
            self._take(decision, at)

    def _plan_unprompted(self, at: datetime) -> None:
        beat = script.unprompted_next(personas()[self.mind.persona], self.mind)
        if beat is None:
            return
        outcome = script.finish_beat(self.chance, beat, self.mind)
        if outcome.do == "nothing":
            self.mind.ends = outcome.ends
            return
        self.mind.busy = 1
        back = max(self.mind.away_until, seconds(at)) + self.chance.between(
            0, 2 * timing.DAY, "back", self.mind.beat
        )
        self.answer = (moment(back), outcome)

    def _signal(self, kind: SignalKind, at: datetime) -> Signal:
        key = self.prospect.key
        return Signal(id=f"{key}-{at.timestamp()}", source="inbound", kind=kind, occurred_at=at, prospect_key=key)

    def _keep(self, at: datetime) -> None:
        self.versions.append((at, self.prospect))


def row_of(decision: Decision, before: Prospect, at: datetime) -> DecisionRow:
    """The decision as the ledger would keep it."""
    detail: dict[str, object] = {}
    if isinstance(decision, Touch):
        detail = decision.model_dump(mode="json", include={"channel", "template", "sequence", "step"})
    elif isinstance(decision, Advance):
        detail = {"from": before.stage.value, "to": decision.to.value}
    elif isinstance(decision, Close):
        detail = {"from": before.stage.value, "to": Stage.FOLLOW_UP.value, "won": decision.won}
    return DecisionRow(
        prospect_key=before.key,
        run_id="backtest",
        stage=before.stage,
        at=at,
        kind=type(decision).__name__,
        rule=decision.rule,
        reasons=decision.reasons,
        playbook_version="1",
        detail=detail,
    )


def market(seed: int, leads: int, days: int, until: datetime) -> Market:
    """So many leads that come evenly over so many days, each lived until the same end."""
    rules = playbook()
    found = Market(rules)
    rng = random.Random(seed)  # noqa: S311 - a simulation
    for number in range(leads):
        life = newcomer(seed, number, START + timedelta(days=days * number / leads), rng, rules)
        life.live(until)
        found.lives.append(life)
    return found


def newcomer(seed: int, number: int, at: datetime, rng: random.Random, rules: Playbook) -> Life:
    """Somebody whom the approach begins with; companies have one to four people we know."""
    domain = f"account{number // rng.choice((1, 2, 3, 4))}.example"
    address, key = f"p{number}@{domain}", f"00Q{number:012}"
    chance = Chance(seed, address)
    facts = GOOD_FACTS | {"employees": int(10 ** rng.uniform(2.3, 4.3)), "seniority": rng.choice(SENIORITIES)}
    person = prospect(
        facts,
        key=key,
        crm=CrmIds(lead=key),
        email=address,
        domain=domain,
        company=domain.partition(".")[0].title(),
        owner_name=rng.choice(("Mina Sato", "Jonas Berg")),
        stage=Stage.APPROACH,
        stage_entered_at=at,
        due_at=at,
        pains=("slow_close",),
    )
    return Life(person, rules, chance, Mind(address, draw(chance).name, "Anna"))
