"""Closing: ask for the order, by the close whose conditions hold, and never by one whose conditions do not."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from closeloop.domain.business_days import add_business_days, place_of
from closeloop.domain.decisions import Channel, Close, Decision, Touch
from closeloop.domain.playbook import Closing, Playbook
from closeloop.domain.prospect import Prospect
from closeloop.domain.record import Record

SEQUENCE = "closing"


class CloseChoice(Record):
    """A close and the condition that allows it."""

    template: str
    reason: str


def decide(prospect: Prospect, playbook: Playbook, now: datetime) -> Decision:
    """Ask, or after the last ask give the deal an honest end with a date to come back."""
    rules = playbook.closing
    if prospect.closes >= rules.maximum_asks:
        return Close(
            rule="closing.end",
            reasons=(f"no answer to {prospect.closes} asks",),
            won=False,
            on=now.date(),
            come_back_at=now + timedelta(days=rules.come_back_days),
        )
    return _ask(prospect, choose(prospect, rules, now.date()), playbook, now)


def choose(prospect: Prospect, rules: Closing, today: date) -> CloseChoice:
    """Alternative choice first; then inducement, then standing room only, once each and only when it is true.

    After these the alternative choice again: nobody is pressed twice with the same limit.
    """
    special = (_inducement(prospect.amount or Decimal(0), rules), _scarcity(rules, today))
    turns = [_alternative(), *(choice for choice in special if choice)]
    return turns[prospect.closes] if prospect.closes < len(turns) else _alternative()


def _alternative() -> CloseChoice:
    return CloseChoice(template="close_alternative", reason="two ways to say yes, open to every deal")


def _inducement(amount: Decimal, rules: Closing) -> CloseChoice | None:
    extra = rules.inducement
    if extra is None or amount < extra.from_amount:
        return None
    reason = f"the deal is at least {extra.from_amount:,}, the extra is worth {extra.worth:,}"
    return CloseChoice(template="close_inducement", reason=reason)


def _scarcity(rules: Closing, today: date) -> CloseChoice | None:
    proof = rules.scarcity
    if proof is None or proof.ends_on < today:
        return None
    text = f"{proof.what}: {proof.seats_left} left, until {proof.ends_on:%-d %B %Y}"
    return CloseChoice(template="close_scarcity", reason=f"proved by the playbook: {text}")


def _ask(prospect: Prospect, choice: CloseChoice, playbook: Playbook, now: datetime) -> Touch:
    rules, place = playbook.closing, place_of(prospect, playbook.sending.time_zone)
    return Touch(
        rule=f"closing.{choice.template.removeprefix('close_')}",
        reasons=(choice.reason, f"ask {prospect.closes + 1} of {rules.maximum_asks}"),
        channel=Channel.EMAIL,
        template=choice.template,
        step=prospect.closes + 1,
        sequence=SEQUENCE,
        then_wait_until=add_business_days(now, rules.wait_days, place),
        asks_for_order=True,
    )
