"""Objections: each is answered at once, and then we come back, at least five times, until yes or an honest end.

One that is raised again after we had answered it goes to a person first: the written answer did not settle it.
The mails then go on where they had stopped, so nobody reads the same answer twice.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from closeloop.domain.business_days import add_business_days, place_of
from closeloop.domain.decisions import AskHuman, Channel, Close, Decision, Park, Touch
from closeloop.domain.endings import objected
from closeloop.domain.playbook import ObjectionAnswer, Playbook
from closeloop.domain.prospect import Objection, Prospect
from closeloop.domain.signals import Label
from closeloop.domain.stage import Standing

DAYS_FOR_A_PERSON = 3
"""Business days that a person has before we come back by ourselves."""
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
    given = prospect.answered.get(objection.label, 0)
    if objection.answers == 0 and (given or answer.is_for_a_person(prospect.amount)):
        return _hand_over(prospect, objection, answer, given, now)
    if given <= playbook.objections.minimum_follow_ups:
        return _come_back(prospect, objection, given, playbook, now)
    return _end(prospect, objection, given, playbook, now)


def _hand_over(
    prospect: Prospect, objection: Objection, answer: ObjectionAnswer, given: int, now: datetime
) -> Decision:
    what, words = PLAIN_WORDS[objection.label], Label(objection.label).in_words
    if given:
        rule = "objections.raised_again"
        reason = f"{words}: said again after {given} answers, a person takes over"
        subject = f"Call about {what}: our written answers did not settle it"
    else:
        size = "" if answer.hand_to_human else f" from a deal of {answer.hand_to_human_from:,} on"
        rule, reason = "objections.hand_to_human", f"{words}: the playbook gives this objection to a person{size}"
        subject = f"Answer an objection about {what}. Draft: {answer.answer}"
    return AskHuman(
        rule=rule,
        reasons=(reason,),
        subject=subject,
        until=add_business_days(now, DAYS_FOR_A_PERSON, place_of(prospect)),
        answers_objection=True,
    )


def _come_back(prospect: Prospect, objection: Objection, number: int, playbook: Playbook, now: datetime) -> Touch:
    rules, place = playbook.objections, place_of(prospect, playbook.sending.time_zone)
    wait = rules.wait_before(objection.label, number)
    what = "the answer, at once" if number == 0 else f"follow-up {number} of {rules.minimum_follow_ups}"
    return Touch(
        rule="objections.persistence",
        reasons=(f"{Label(objection.label).in_words}: {what}",),
        channel=Channel.EMAIL,
        template="objection_answer" if number == 0 else "objection_follow_up",
        step=number + 1,
        sequence=objection.label,
        then_wait_until=add_business_days(now, wait, place),
        is_answer=number == 0,
        props={"label": objection.label},
    )


def _end(prospect: Prospect, objection: Objection, given: int, playbook: Playbook, now: datetime) -> Decision:
    reason = f"{Label(objection.label).in_words}: it stood after {given - 1} follow-ups"
    come_back = now + timedelta(days=playbook.objections.come_back_days)
    if prospect.is_deal:
        return Close(
            rule="objections.end",
            reasons=(reason,),
            won=False,
            why=objected(objection.label),
            on=now.date(),
            come_back_at=come_back,
        )
    return Park(rule="objections.end", reasons=(reason,), standing=Standing.LOST, until=come_back)
