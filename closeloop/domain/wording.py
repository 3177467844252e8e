"""From a prospect and a decision to the typed properties of its mail. Nothing here invents a fact."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from closeloop.domain import preparation
from closeloop.domain.business_days import add_business_days
from closeloop.domain.greeting import greeting
from closeloop.domain.messages import (
    TEMPLATES,
    AnswerProps,
    ApproachProps,
    ClosingProps,
    FollowUpProps,
    MailProps,
    ObjectionProps,
    PresentationProps,
)
from closeloop.domain.playbook import Playbook
from closeloop.domain.prospect import Prospect


def mail_props(payload: dict[str, Any], prospect: Prospect, playbook: Playbook, now: datetime) -> MailProps:
    """The properties of the mail that an action's payload asks for."""
    kind = TEMPLATES[payload["template"]]
    return kind(**_shared(prospect, playbook), **_BUILDERS[kind](payload, prospect, playbook, now))


def _shared(prospect: Prospect, playbook: Playbook) -> dict[str, Any]:
    return {
        "greeting": greeting(prospect.first_name, prospect.last_name, prospect.language),
        "company": prospect.company,
        "sender": preparation.sender_props(playbook),
        "product": playbook.product.name,
        "product_line": playbook.product.one_line,
        "pains": preparation.pain_props(prospect, playbook),
        "questions": preparation.questions(prospect, playbook),
    }


def _approach(payload: dict[str, Any], prospect: Prospect, playbook: Playbook, now: datetime) -> dict[str, Any]:
    return {"offer": payload["offer"], "step": payload["step"]}


def _presentation(payload: dict[str, Any], prospect: Prospect, playbook: Playbook, now: datetime) -> dict[str, Any]:
    agenda = preparation.agenda(prospect, playbook)
    return {"agenda": agenda, "step": payload["step"], **_two_days(now)}


def _objection(payload: dict[str, Any], prospect: Prospect, playbook: Playbook, now: datetime) -> dict[str, Any]:
    return {name: payload[name] for name in ("objection", "answer", "evidence", "ask", "step")}


def _answer(payload: dict[str, Any], prospect: Prospect, playbook: Playbook, now: datetime) -> dict[str, Any]:
    facts = tuple(f"{benefit.feature}: {benefit.so_what}" for benefit in playbook.product.benefits)
    amount = money(preparation.price(prospect, playbook), playbook.product.currency)
    return {"facts": facts, "price": amount, **_two_days(now)}


def _closing(payload: dict[str, Any], prospect: Prospect, playbook: Playbook, now: datetime) -> dict[str, Any]:
    amount = prospect.amount if prospect.amount is not None else preparation.price(prospect, playbook)
    first, second = playbook.closing.alternatives
    return {
        "amount": money(amount, playbook.product.currency),
        "first_alternative": first,
        "second_alternative": second,
        "inducement": payload.get("inducement"),
        "scarcity": payload.get("scarcity"),
        "step": payload["step"],
    }


def _follow_up(payload: dict[str, Any], prospect: Prospect, playbook: Playbook, now: datetime) -> dict[str, Any]:
    return {"step": payload["step"], "referred_by": prospect.referred_by}


def _two_days(now: datetime) -> dict[str, str]:
    first, second = add_business_days(now, 3), add_business_days(now, 5)
    return {"first_choice": f"{first:%A, %-d %B}", "second_choice": f"{second:%A, %-d %B}"}


def money(amount: Decimal, currency: str) -> str:
    """`EUR 12,500`; cents only when there are some."""
    digits = 0 if amount == amount.to_integral_value() else 2
    return f"{currency} {amount:,.{digits}f}"


_BUILDERS = {
    ApproachProps: _approach,
    PresentationProps: _presentation,
    ObjectionProps: _objection,
    AnswerProps: _answer,
    ClosingProps: _closing,
    FollowUpProps: _follow_up,
}
