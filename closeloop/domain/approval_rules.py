"""Which decisions need an approval, by the playbook's section `approvals`. Pure."""

from __future__ import annotations

from decimal import Decimal

from closeloop.domain.approvals import ApprovalKind, FromAmount
from closeloop.domain.decisions import Channel, Touch
from closeloop.domain.playbook import Playbook
from closeloop.domain.preparation import price
from closeloop.domain.prospect import Prospect

INDUCEMENT = "close_inducement"


def value_of(prospect: Prospect, playbook: Playbook) -> Decimal:
    """What the deal is worth; before there is one, the yearly price for an account of this size."""
    return prospect.amount if prospect.amount is not None else price(prospect, playbook)


def mail_needs(touch: Touch, prospect: Prospect, playbook: Playbook) -> ApprovalKind | None:
    """The kind of approval that the mail of this touch needs; `prospect` as it was before the touch."""
    rules = playbook.approvals
    if touch.channel is not Channel.EMAIL:
        return None
    if touch.template == INDUCEMENT and _is_large(rules.inducement, prospect, playbook):
        return ApprovalKind.INDUCEMENT
    if touch.is_answer and _is_uncertain(prospect, playbook):
        return ApprovalKind.REPLY
    if prospect.mails == 0 and _is_large(rules.first_mail, prospect, playbook):
        return ApprovalKind.FIRST_MAIL
    return None


def deck_needs(prospect: Prospect, playbook: Playbook) -> bool:
    """Whether a person looks at the draft before the prospect moves on."""
    return _is_large(playbook.approvals.deck, prospect, playbook)


def _is_large(rule: FromAmount | None, prospect: Prospect, playbook: Playbook) -> bool:
    return rule is not None and value_of(prospect, playbook) >= rule.from_amount


def _is_uncertain(prospect: Prospect, playbook: Playbook) -> bool:
    rule, known = playbook.approvals.reply, prospect.reply_certainty
    return rule is not None and known is not None and known < rule.below
