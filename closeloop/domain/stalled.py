"""Stalled deals: which open deals stand still, the one cause that explains it best, and what to do about it.

A deal is stalled when it has been in its stage for longer than nine of ten stays there last (twice the usual days
where too few stays are known), or when it has no next step (none agreed, or the agreed day is longer past than the
stage usually takes). Invariant: every stalled deal has exactly one cause, with evidence that a seller can check.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil

from closeloop.domain.figures import Cause, StalledDeal, stage_name
from closeloop.domain.playbook import Playbook
from closeloop.domain.prospect import Prospect
from closeloop.domain.record import Record
from closeloop.domain.signals import Label
from closeloop.domain.state_of_mind import StateOfMind
from closeloop.domain.survival import Curve

OVERDUE_FACTOR = 2
SETTLING_IN = timedelta(days=2)
"""A deal that has just entered its stage may still be waiting for somebody to write the next step down."""
SILENCE = timedelta(days=7)
MOST_UNANSWERED = 3
"""So many touches without an answer are no answer either."""
STILL_THERE = 0.1
"""Of all stays, the share that lasts longer than the limit."""
SHORTEST_LIMIT = 3
"""Days: where nearly everybody leaves at once, a weekend is no standstill."""
DECIDERS = frozenset({"c_level", "vp", "director", "head"})
"""Seniorities that usually sign."""


NOT_LEARNED = Curve()


class Account(Record):
    """What we know of a deal's account: the people we can write to, and whether one of them usually signs."""

    contacts: int
    has_decider: bool


class LastReply(Record):
    """The last thing a person there wrote themselves."""

    at: datetime
    label: Label


class Look(Record):
    """One open deal and what surrounds it."""

    deal: Prospect
    account: Account
    reply: LastReply | None
    usual_days: int
    curve: Curve
    """How long stays in its stage last."""
    unanswered: int
    """Touches since they last wrote."""
    now: datetime

    @property
    def days(self) -> int:
        return (self.now - self.deal.stage_entered_at).days

    @property
    def is_overdue(self) -> bool:
        return self.days > self.limit

    @property
    def limit(self) -> float:
        """Days from which on it is overdue."""
        learned = self.curve.days_until(STILL_THERE) if self.curve.says_enough else None
        return OVERDUE_FACTOR * self.usual_days if learned is None else max(learned, SHORTEST_LIMIT)

    @property
    def limit_in_words(self) -> str:
        if self.curve.says_enough and self.curve.days_until(STILL_THERE) is not None:
            return f"9 of 10 leave within {ceil(self.limit)} (from {self.curve.watched:,} stays)"
        return f"usual are {self.usual_days}"

    @property
    def has_next_step(self) -> bool:
        step = self.deal.next_step
        if step is None:
            return self.now - self.deal.stage_entered_at < SETTLING_IN
        return step.on + timedelta(days=self.usual_days) >= self.now.date()


Finding = tuple[Cause, str, str]
"""Cause, evidence, action."""


def stalled(
    deal: Prospect,
    account: Account,
    reply: LastReply | None,
    playbook: Playbook,
    now: datetime,
    *,
    curve: Curve = NOT_LEARNED,
    touches: Sequence[datetime] = (),
    mind: StateOfMind | None = None,
) -> StalledDeal | None:
    """The finding about one open deal; None when it moves. `touches` are ours to it, oldest first."""
    heard = reply.at if reply is not None else deal.last_reply_at
    look = Look(
        deal=deal,
        account=account,
        reply=reply,
        usual_days=playbook.stages[deal.stage].usual_days,
        curve=curve,
        unanswered=sum(1 for at in touches if heard is None or at > heard),
        now=now,
    )
    if look.has_next_step and not look.is_overdue:
        return None
    cause, evidence, action = _explain(look)
    return StalledDeal(
        key=deal.key,
        deal=deal.company,
        contact=name_of(deal),
        owner=deal.owner_name,
        record_id=record_id(deal),
        stage=deal.stage,
        amount=deal.amount,
        days_in_stage=look.days,
        cause=cause,
        evidence=evidence,
        action=action,
        state_of_mind=mind,
    )


def may_be_stalled(deal: Prospect, playbook: Playbook, now: datetime) -> bool:
    """Whether a closer look can find anything, by what the deal itself says."""
    look = Look(
        deal=deal,
        account=Account(contacts=0, has_decider=False),
        reply=None,
        usual_days=playbook.stages[deal.stage].usual_days,
        curve=NOT_LEARNED,
        unanswered=0,
        now=now,
    )
    return look.is_overdue or not look.has_next_step


def name_of(prospect: Prospect) -> str:
    """The person's name as far as it is known, else the address."""
    return " ".join(part for part in (prospect.first_name, prospect.last_name) if part) or prospect.email


def record_id(prospect: Prospect) -> str:
    """The CRM record a person would open: the deal, else the contact, else the lead."""
    return prospect.crm.opportunity or prospect.crm.contact or prospect.crm.lead


def _explain(look: Look) -> Finding:
    rules = (
        _cannot_decide,
        _silent_after_price,
        _no_next_step,
        _no_answer,
        _nobody_signs,
        _single_contact,
        _no_pain,
    )
    found = (rule(look) for rule in rules)
    return next((finding for finding in found if finding is not None), _overdue(look))


def _said(look: Look, label: Label) -> str | None:
    """When and that they said it; None when neither the standing objection nor the last reply is this one."""
    objection = look.deal.objection
    if objection is not None and objection.label == label.value:
        return f"{objection.raised_at:%-d %b %Y}"
    if look.reply is not None and look.reply.label is label:
        return f"{look.reply.at:%-d %b %Y}"
    return None


def _cannot_decide(look: Look) -> Finding | None:
    said = _said(look, Label.OBJECTION_AUTHORITY)
    if said is None:
        return None
    name = name_of(look.deal)
    return (
        Cause.NO_AUTHORITY,
        f"{name} said on {said} that somebody else decides",
        f"Ask {name} to bring the person who decides into one short call",
    )


def _silent_after_price(look: Look) -> Finding | None:
    said, deal = _said(look, Label.OBJECTION_PRICE), look.deal
    heard = look.reply.at if look.reply else deal.last_reply_at
    if said is None or heard is None or deal.last_touch_at is None or deal.last_touch_at < heard:
        return None
    if look.now - heard < SILENCE:
        return None
    return (
        Cause.SILENT_AFTER_PRICE,
        f"Objected to the price on {said}, silent for {(look.now - heard).days} days since the last answer",
        "Call with the value figures and a smaller first step, before any discount",
    )


def _no_next_step(look: Look) -> Finding | None:
    if look.has_next_step:
        return None
    step, name = look.deal.next_step, name_of(look.deal)
    if step is None:
        evidence = f"No next step agreed in {look.days} days of {stage_name(look.deal.stage)}"
    else:
        evidence = f"“{step.what}” was agreed for {step.on:%-d %b %Y}; nothing has followed"
    return (Cause.NO_NEXT_STEP, evidence, f"Call {name} and agree on one next step with a date")


def _no_answer(look: Look) -> Finding | None:
    if look.unanswered < MOST_UNANSWERED:
        return None
    last = look.reply.at if look.reply else look.deal.last_reply_at
    since = f"since {last:%-d %b %Y}" if last else "ever"
    return (
        Cause.NO_ANSWER,
        f"{look.unanswered} touches without an answer, nothing heard {since}",
        "Change the channel: call, or write to a colleague who has the same problem",
    )


def _nobody_signs(look: Look) -> Finding | None:
    seniority = look.deal.fact("seniority")
    if look.account.has_decider or seniority in (None, "unknown"):
        return None
    return (
        Cause.NO_AUTHORITY,
        f"“{look.deal.title or seniority}” rarely signs, and we know nobody above at {look.deal.company}",
        "Find the budget owner and ask for an introduction",
    )


def _single_contact(look: Look) -> Finding | None:
    if look.account.contacts > 1:
        return None
    return (
        Cause.SINGLE_CONTACT,
        f"{name_of(look.deal)} is the only person we know at {look.deal.company}; {_too_long(look)}",
        "Win a second contact: ask who else the result matters to",
    )


def _no_pain(look: Look) -> Finding | None:
    if look.deal.pains:
        return None
    return (
        Cause.NO_PAIN_EVIDENCE,
        f"No problem of {look.deal.company} that we solve has evidence; {_too_long(look)}",
        "Ask what the delay costs them today, and write the answer down",
    )


def _overdue(look: Look) -> Finding:
    return (Cause.OVERDUE, _too_long(look), "Ask openly whether this still has priority, and by when")


def _too_long(look: Look) -> str:
    return f"{look.days} days in {stage_name(look.deal.stage)}, {look.limit_in_words}"
