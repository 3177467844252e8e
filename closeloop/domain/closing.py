"""Closing: ask for the order, by the close whose conditions hold, and never by one whose conditions do not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from closeloop.domain.approval_rules import value_of
from closeloop.domain.business_days import add_business_days, place_of
from closeloop.domain.close_rules import EVERYBODY, CloseKind, CloseRule
from closeloop.domain.decisions import Channel, Close, Decision, Touch
from closeloop.domain.endings import Why
from closeloop.domain.offers import AS_WRITTEN, Supply, offer_of, today_of, why_not
from closeloop.domain.playbook import Playbook
from closeloop.domain.prospect import Prospect
from closeloop.domain.record import Record
from closeloop.domain.signals import Label
from closeloop.domain.state_of_mind import StateOfMind, of_prospect

SEQUENCE = "closing"
PRICED = "question_answer"
"""The mail that answers a question names the price."""


class CloseChoice(Record):
    """A close, what it offers and why it was chosen."""

    kind: CloseKind
    reasons: tuple[str, ...]
    offer: dict[str, Any] | None = None

    @property
    def template(self) -> str:
        return self.kind.template


def decide(prospect: Prospect, playbook: Playbook, now: datetime, supply: Supply = AS_WRITTEN) -> Decision:
    """Ask, or after the last ask give the deal an honest end with a date to come back."""
    rules = playbook.closing
    if prospect.closes >= rules.maximum_asks:
        return Close(
            rule="closing.end",
            reasons=(f"no answer to {prospect.closes} asks",),
            won=False,
            why=Why.NO_ANSWER,
            on=now.date(),
            come_back_at=now + timedelta(days=rules.come_back_days),
        )
    return _ask(prospect, choose(prospect, playbook, now, supply), playbook, now)


def choose(prospect: Prospect, playbook: Playbook, now: datetime, supply: Supply = AS_WRITTEN) -> CloseChoice:
    """The first rule of the playbook that fits and whose close may be used; each special close once in a deal.

    The reasons say why it fits, and why a close that would have come before it may not be used.
    """
    mind = of_prospect(prospect, now)
    passed: list[str] = []
    for rule in playbook.closing.choice:
        fits = list(_misfits(rule, prospect, playbook, mind))
        if fits or _was_tried(rule.use, prospect):
            continue
        if problem := why_not(rule.use, prospect, playbook, now, supply):
            passed.append(f"no {rule.use.in_words}: {problem}")
            continue
        return _chosen(rule, prospect, playbook, now, supply, mind, passed)
    return _chosen(EVERYBODY, prospect, playbook, now, supply, mind, passed)


def _chosen(
    rule: CloseRule,
    prospect: Prospect,
    playbook: Playbook,
    now: datetime,
    supply: Supply,
    mind: StateOfMind,
    passed: list[str],
) -> CloseChoice:
    offer = offer_of(rule.use, playbook, today_of(prospect, playbook, now), supply)
    proof = [offer.proof] if offer else ["two ways to say yes, open to every deal"]
    fits = list(_fits(rule, prospect, playbook, mind))
    return CloseChoice(
        kind=rule.use,
        reasons=tuple(dict.fromkeys((*proof, *fits, *passed))),
        offer=offer.model_dump(mode="json", exclude={"proof"}) if offer else None,
    )


def _was_tried(kind: CloseKind, prospect: Prospect) -> bool:
    """Nobody is pressed twice in the same way; to choose between two ways is no pressure."""
    return kind is not CloseKind.ALTERNATIVE and kind.value in prospect.tried_closes


def _misfits(rule: CloseRule, prospect: Prospect, playbook: Playbook, mind: StateOfMind) -> Iterator[str]:
    """The conditions that are not met."""
    raised, amount = objections_of(prospect), value_of(prospect, playbook)
    if rule.moods and mind.mood not in rule.moods:
        yield "moods"
    if amount < rule.from_amount or (rule.below_amount is not None and amount >= rule.below_amount):
        yield "amount"
    if prospect.closes + 1 < rule.from_ask:
        yield "from_ask"
    if any(one.value not in prospect.tried_closes for one in rule.after):
        yield "after"
    if rule.objections and raised.isdisjoint(rule.objections):
        yield "objections"
    if not raised.isdisjoint(rule.unless_objections):
        yield "unless_objections"
    if rule.price_spoken not in (None, price_was_spoken_of(prospect)):
        yield "price_spoken"


def _fits(rule: CloseRule, prospect: Prospect, playbook: Playbook, mind: StateOfMind) -> Iterator[str]:
    """What made it fit, in words."""
    if rule.moods:
        why = f": {mind.evidence[0].what}" if mind.evidence else ", nothing speaks for or against it"
        yield f"state of mind {mind.mood.value} ({mind.willingness:.0%} willing{why})"
    if rule.from_amount or rule.below_amount is not None:
        yield f"a deal of {value_of(prospect, playbook):,} {playbook.product.currency}"
    if found := sorted(objections_of(prospect) & set(rule.objections)):
        yield "they objected: " + ", ".join(one.in_words for one in found)
    if rule.price_spoken is not None:
        yield "the price was spoken of" if rule.price_spoken else "the price was not spoken of yet"
    if rule.after:
        yield "tried before: " + ", ".join(one.in_words for one in rule.after)


def objections_of(prospect: Prospect) -> set[Label]:
    """Every objection that was ever raised."""
    raised = set(prospect.answered) | ({prospect.objection.label} if prospect.objection else set())
    return {Label(label) for label in raised}


def price_was_spoken_of(prospect: Prospect) -> bool:
    """They were quoted one, asked what it costs, or said that it is too much."""
    asked = PRICED in prospect.enrollments or prospect.quote is not None
    return asked or Label.OBJECTION_PRICE in objections_of(prospect)


def _ask(prospect: Prospect, choice: CloseChoice, playbook: Playbook, now: datetime) -> Touch:
    rules, place = playbook.closing, place_of(prospect, playbook.sending.time_zone)
    return Touch(
        rule=f"closing.{choice.kind.value}",
        reasons=(*choice.reasons, f"ask {prospect.closes + 1} of {rules.maximum_asks}"),
        channel=Channel.EMAIL,
        template=choice.template,
        step=prospect.closes + prospect.withdrawn + 1,
        sequence=SEQUENCE,
        then_wait_until=add_business_days(now, rules.wait_days, place),
        asks_for_order=True,
        props={"offer": choice.offer} if choice.offer else {},
    )
