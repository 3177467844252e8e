"""The one way decisions become state: decide, apply, render, and save a whole batch in one transaction.

A prospect whose rule or template fails is held for a day with the reason; it never stops the batch. A mail
whose very words this person already got becomes a task for the owner: a person finds new ones. After its
turn no prospect is due again at the same moment, so a pass always ends.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from closeloop.application.approval_asking import for_mail
from closeloop.application.grant_port import Grant
from closeloop.application.letters import Letter, write
from closeloop.application.pinned import entered_lines, held_for_their_mail, on_their_lines
from closeloop.application.ports import Change, DecisionRow
from closeloop.application.results import StageResult, Tally
from closeloop.application.services import BATCH, Services
from closeloop.domain.account_pace import Pace
from closeloop.domain.actions import Action, ActionKind
from closeloop.domain.approval_rules import mail_needs
from closeloop.domain.approvals import Approval, ApprovalKind
from closeloop.domain.business_days import add_business_days, place_of
from closeloop.domain.decisions import Advance, Channel, Close, Decision, Hold, Touch
from closeloop.domain.errors import RenderError
from closeloop.domain.offers import OFFER, budget_account, offer_in
from closeloop.domain.playbook import Playbook
from closeloop.domain.playbook_lines import line_of
from closeloop.domain.prospect import Prospect
from closeloop.domain.signals import SignalId
from closeloop.domain.stage import Stage, Standing
from closeloop.domain.transitions import Applied, apply

KEPT = ("template", "step", "mailbox", "is_answer", "variant", OFFER)
"""What the payload of a mail keeps of how it was decided."""
Rule = Callable[[Prospect, Playbook, datetime], Decision]
Finish = Callable[[Sequence["Outcome"], Tally], None]
"""Called once for a batch that is decided and not saved yet."""
Guard = Callable[[Services, Sequence[Prospect], datetime], Mapping[str, Hold]]
"""Asked once for a batch: prospect key to the hold of those about whom the rule is not asked at all."""


class Outcome:
    """The running state of one prospect in a pass: decisions are applied one after the other."""

    def __init__(
        self, services: Services, prospect: Prospect, run_id: str, now: datetime, words: Iterable[str] = ()
    ) -> None:
        self.services, self.run_id, self.now = services, run_id, now
        self.words = set(words)
        self.before = self.prospect = prospect
        self.rows: list[DecisionRow] = []
        self.actions: list[Action] = []
        self.approvals: list[Approval] = []
        self.learned = False

    def take(self, decision: Decision) -> Decision:
        """Apply one decision; one that cannot be rendered or applied becomes a hold, which is returned instead."""
        try:
            applied = self._applied(decision)
        except Exception as problem:  # noqa: BLE001 - whatever one prospect does to a template, the batch goes on
            decision = self._cannot_say(decision, problem)
            applied = self._applied(decision)
        said = {action.words for action in applied.actions if action.words}
        if isinstance(decision, Touch) and said & self.words:
            decision = _by_hand(decision, applied.actions[0].payload["subject"])
            applied, said = self._applied(decision), set()
        self.words |= said
        decision = self._with_its_language(decision, applied)
        self.rows.append(_row(decision, self.prospect, self.run_id, self.services.playbook, self.now))
        self.prospect = applied.prospect
        self.actions.extend(applied.actions)
        self.approvals.extend(applied.approvals)
        return decision

    def start_over(self) -> None:
        """As if nothing had been decided."""
        self.prospect = self.before
        self.rows, self.actions, self.approvals = [], [], []

    def change(self, **fields: Any) -> None:
        """Set fields no decision speaks of, such as the path of a deck."""
        self.prospect = self.prospect.model_copy(update=fields)

    def learn(self, **fields: Any) -> None:
        """Set fields that say something new about the prospect, and nothing about when it is due."""
        self.change(**fields)
        self.learned = True

    def grants(self) -> Iterator[Grant]:
        """The extras that its mails promise, each to be paid by the budget of its month."""
        extra = self.services.playbook.closing.inducement
        for action in self.actions:
            offer = offer_in(action.payload) if action.kind is ActionKind.EMAIL else None
            if offer is not None and offer.month is not None and offer.worth is not None:
                yield Grant(
                    action_key=action.key,
                    prospect_key=action.prospect_key,
                    account=budget_account(offer.month),
                    amount=offer.worth,
                    budget=extra.budget_per_month if extra is not None else None,
                )

    def settled(self) -> Prospect:
        """The prospect to save: never due again at this very moment in the same stage."""
        after = self.prospect
        if self.learned and not self.rows:  # nobody asked what to do: what is due stays due
            return after
        still_due = after.due_at is not None and after.due_at <= self.now and after.stage is self.before.stage
        if still_due and after.standing is self.before.standing:
            return after.model_copy(update={"due_at": add_business_days(self.now, 1, place_of(after))})
        return after

    def _applied(self, decision: Decision) -> Applied:
        applied = apply(decision, self.prospect, self.services.playbook, self.now)
        prospect, actions = applied.prospect, []
        for action in applied.actions:
            if action.kind is ActionKind.EMAIL:
                letter = write(action, prospect, self.services, self.now)
                prospect = prospect.model_copy(update={"conversation": letter.conversation})
                action = self._with(action, letter)  # noqa: PLW2901 - the same action, written out
            actions.append(action)
        applied = applied.model_copy(update={"prospect": prospect, "actions": tuple(actions)})
        kind = mail_needs(decision, self.prospect, self.services.playbook) if isinstance(decision, Touch) else None
        return self._asking_for(kind, applied) if kind else applied

    def _asking_for(self, kind: ApprovalKind, applied: Applied) -> Applied:
        """The mail waits, and whoever is asked gets a Task."""
        asked = [for_mail(kind, mail, applied.prospect, self.services, self.now) for mail in applied.actions]
        actions = tuple(action for mail, _, task in asked for action in (mail, task))
        return applied.model_copy(update={"actions": actions, "approvals": tuple(one for _, one, _ in asked)})

    def _with_its_language(self, decision: Decision, applied: Applied) -> Decision:
        """The decision with the reason for the language of its mail, where anybody would ask for it."""
        found = (action.payload.get("language_reason") for action in applied.actions)
        reasons = tuple(reason for reason in found if reason)
        return decision.model_copy(update={"reasons": (*decision.reasons, *reasons)}) if reasons else decision

    def _with(self, action: Action, letter: Letter) -> Action:
        """The action with all that a later send needs, and the mark of its words."""
        kept = {name: action.payload[name] for name in KEPT if name in action.payload}
        reason = letter.choice.reason(self.services.playbook.locale)
        payload = kept | letter.payload() | ({"language_reason": reason} if reason else {})
        return action.model_copy(update={"payload": payload, "words": letter.words})

    def _cannot_say(self, decision: Decision, problem: Exception) -> Hold:
        return Hold(
            rule=f"{decision.rule}.cannot_render",
            reasons=(f"the mail cannot be written: {_words(problem)}",),
            until=add_business_days(self.now, 1, place_of(self.prospect)),
        )


def outcomes_of(
    services: Services, prospects: Collection[Prospect], run_id: str, now: datetime
) -> dict[str, Outcome]:
    """An outcome for each prospect, by key, knowing what each was told before."""
    words = services.ledger.words_sent(prospect.key for prospect in prospects)
    own = on_their_lines(services, prospects)
    return {p.key: Outcome(own.get(p.key, services), p, run_id, now, words.get(p.key, ())) for p in prospects}


def _by_hand(touch: Touch, subject: str) -> Touch:
    """The same touch, carried out by the owner."""
    reason = "this person already got a mail with the very same words"
    return touch.model_copy(
        update={
            "channel": Channel.CALL,
            "template": f"Call, or write in your own words: our mail '{subject}' has been sent before",
            "reasons": (*touch.reasons, reason),
            # What an owner offers in their own words is theirs to decide, and counts against no budget.
            "props": {name: value for name, value in touch.props.items() if name != OFFER},
        }
    )


def _words(problem: Exception) -> str:
    """Which properties are wrong and how, never their values: reasons are shown to everybody."""
    if isinstance(problem, RenderError):
        return str(problem)
    if not isinstance(problem, ValidationError):
        return f"nobody foresaw this ({type(problem).__name__})"
    return "; ".join(f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in problem.errors())


def _row(decision: Decision, prospect: Prospect, run_id: str, playbook: Playbook, now: datetime) -> DecisionRow:
    return DecisionRow(
        prospect_key=prospect.key,
        run_id=run_id,
        stage=prospect.stage,
        at=now,
        kind=type(decision).__name__,
        rule=decision.rule,
        reasons=decision.reasons,
        playbook_version=playbook.version,
        detail=_detail(decision, prospect, playbook),
    )


def _detail(decision: Decision, prospect: Prospect, playbook: Playbook) -> dict[str, Any]:
    if isinstance(decision, Touch):
        fields = decision.model_dump(mode="json", include={"channel", "template", "sequence", "step"})
        variant = {"variant": decision.variant, "line": line_of(playbook).hash} if decision.variant else {}
        return fields | variant | {"approach": decision.props.get("approach", prospect.approach)}
    if isinstance(decision, Advance):
        return {"from": prospect.stage.value, "to": decision.to.value}
    if isinstance(decision, Close):
        return {"from": prospect.stage.value, "to": Stage.FOLLOW_UP.value, "won": decision.won}
    return {}


def note(tally: Tally, decision: Decision) -> None:
    """Count a decision where the artifact of the run shows it."""
    if isinstance(decision, Hold):
        tally.hold(decision.reasons[0])
    name = f"touch: {decision.channel}" if isinstance(decision, Touch) else type(decision).__name__.lower()
    tally.count(name)


def save(
    services: Services, outcomes: Sequence[Outcome], handled: Mapping[SignalId, str | None] | None = None
) -> Set[str]:
    """One transaction for the whole batch; `handled` are signals with the prospect each is about.

    Returns the keys of prospects that another run has saved meanwhile, or whose extra the month's budget no longer
    pays for: nothing was written about these.
    """
    found = services.ledger.commit(
        Change(
            prospects=tuple(o.settled() for o in outcomes if o.prospect != o.before or o.rows),
            decisions=tuple(row for o in outcomes for row in o.rows),
            actions=tuple(action for o in outcomes for action in o.actions),
            approvals=tuple(asked for o in outcomes for asked in o.approvals),
            handled_signals=tuple(handled or ()),
            lines=entered_lines([(o.before, o.prospect, o.services.playbook) for o in outcomes]),
            grants=tuple(grant for o in outcomes for grant in o.grants()),
            read={o.before.key: o.before for o in outcomes},
            pace=_pace(services, outcomes),
            signals_about={signal: key for signal, key in (handled or {}).items() if key},
        )
    )
    return found.overtaken


def _pace(services: Services, outcomes: Sequence[Outcome]) -> Pace | None:
    """Only where somebody begins: looking once more costs a query."""
    rules = services.playbook.account
    begin = [o for o in outcomes if o.before.enrollment is None and o.prospect.enrollment is not None]
    return Pace(rules=rules, at=begin[0].now) if rules is not None and begin else None


def note_overtaken(tally: Tally, keys: Iterable[str]) -> None:
    """They are looked at again at the next pass."""
    for _ in keys:
        tally.hold("another run changed it meanwhile")


def decide_due(
    services: Services,
    stages: Sequence[Stage],
    rule: Rule,
    run_id: str,
    now: datetime,
    *,
    standings: Sequence[Standing] = (Standing.OPEN,),
    limit: int = BATCH,
    stage: str | None = None,
    guard: Guard | None = None,
    finish: Finish | None = None,
) -> StageResult:
    """One batch of a stage: every due prospect is asked about once."""
    due = services.ledger.due(stages, now, limit, standings)
    tally = Tally(stage or stages[0].value)
    held = {**held_for_their_mail(services, due, now), **(guard(services, due, now) if guard else {})}
    found = outcomes_of(services, due, run_id, now)
    outcomes = [_decide(outcome, held.get(key), rule, tally) for key, outcome in found.items()]
    if finish:
        finish(outcomes, tally)
    note_overtaken(tally, save(services, outcomes))
    tally.considered = len(due)
    return tally.result()


def _decide(outcome: Outcome, held: Hold | None, rule: Rule, tally: Tally) -> Outcome:
    decision = held or _ask(rule, outcome.prospect, outcome.services.playbook, outcome.now, tally)
    note(tally, outcome.take(decision))
    return outcome


def _ask(rule: Rule, prospect: Prospect, playbook: Playbook, now: datetime, tally: Tally) -> Decision:
    try:
        return rule(prospect, playbook, now)
    except Exception as problem:  # noqa: BLE001 - whatever one prospect does to a rule, the batch goes on
        return failed(prospect, problem, now, tally)


def failed(prospect: Prospect, problem: Exception, now: datetime, tally: Tally) -> Hold:
    """The hold for a prospect whose rule failed in a way nobody foresaw."""
    reason = f"the rule failed ({type(problem).__name__})"
    tally.fail(prospect.key, reason)
    return Hold(
        rule=f"{prospect.stage}.failed", reasons=(reason,), until=add_business_days(now, 1, place_of(prospect))
    )
