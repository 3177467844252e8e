"""Objections: each is answered at once, and then we come back, at least five times, until yes or an honest end."""

from __future__ import annotations

from datetime import datetime, timedelta

from closeloop.domain.business_days import add_business_days
from closeloop.domain.decisions import AskHuman, Channel, Close, Decision, Park, Touch
from closeloop.domain.playbook import ObjectionAnswer, Objections, Playbook
from closeloop.domain.prospect import Objection, Prospect
from closeloop.domain.stage import Standing

SEQUENCE = "objections"
PLAIN_WORDS = {
    "objection_price": "the price",
    "objection_timing": "the timing",
    "objection_authority": "who decides",
    "objection_need": "whether this is needed at all",
    "objection_competitor": "what you use today",
    "objection_trust": "whether you can rely on us",
    "objection_product": "what is missing",
    "brush_off": "your short no",
}


def decide(prospect: Prospect, playbook: Playbook, now: datetime) -> Decision:
    """The answer at once, then each follow-up in its turn, then an honest end with a date to come back."""
    objection = prospect.objection
    if objection is None:
        return AskHuman(
            rule="objections.unknown",
            reasons=("the objection is not known",),
            subject="Which objection is this?",
        )
    answer = playbook.objections.answer_to(objection.label)
    if answer.hand_to_human and objection.answers == 0:
        return _hand_over(objection, answer, now)
    if objection.answers <= playbook.objections.minimum_follow_ups:
        return _come_back(objection, answer, playbook.objections, now)
    return _end(prospect, objection, playbook, now)


def _hand_over(objection: Objection, answer: ObjectionAnswer, now: datetime) -> Decision:
    return AskHuman(
        rule="objections.hand_to_human",
        reasons=(f"the playbook gives {objection.label} to a person",),
        subject=f"Answer an objection about {PLAIN_WORDS[objection.label]}. Draft: {answer.answer}",
        until=add_business_days(now, 3),
    )


def _come_back(objection: Objection, answer: ObjectionAnswer, rules: Objections, now: datetime) -> Touch:
    number = objection.answers
    wait = rules.wait_days[min(number, len(rules.wait_days) - 1)]
    what = "the answer, at once" if number == 0 else f"follow-up {number} of {rules.minimum_follow_ups}"
    return Touch(
        rule="objections.persistence",
        reasons=(f"{objection.label}: {what}",),
        channel=Channel.EMAIL,
        template="objection_answer" if number == 0 else "objection_follow_up",
        step=number + 1,
        sequence=SEQUENCE,
        then_wait_until=add_business_days(now, wait),
        props={
            "objection": PLAIN_WORDS[objection.label],
            "answer": answer.answer,
            "evidence": answer.evidence,
            "ask": answer.ask,
        },
    )


def _end(prospect: Prospect, objection: Objection, playbook: Playbook, now: datetime) -> Decision:
    reason = f"{objection.label} stood after {objection.answers - 1} follow-ups"
    come_back = now + timedelta(days=playbook.objections.come_back_days)
    if prospect.is_deal:
        return Close(rule="objections.end", reasons=(reason,), won=False, on=now.date(), come_back_at=come_back)
    return Park(rule="objections.end", reasons=(reason,), standing=Standing.LOST, until=come_back)
