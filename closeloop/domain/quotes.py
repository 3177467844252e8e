"""The quote: what is exchanged, for how much, until when, under a number of its own.

Invariant: the same deal quoted on the same day is the same quote, to the letter and to the number; another amount,
line, day or name is another number. A quote's total is the deal's amount.
"""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from decimal import Decimal

from closeloop.domain.approval_rules import value_of
from closeloop.domain.close_rules import CloseKind
from closeloop.domain.currencies import rounded
from closeloop.domain.deal_terms import PricedLine, Terms, terms_of
from closeloop.domain.errors import RenderError
from closeloop.domain.messages import SenderProps
from closeloop.domain.offers import DAYS_TO_ANSWER, Offer
from closeloop.domain.playbook import Playbook
from closeloop.domain.preparation import sender_props
from closeloop.domain.prospect import Prospect
from closeloop.domain.quoted import Quoted
from closeloop.domain.record import Record

_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without those that are read for another on the telephone."""
_LENGTH = 8


class Quote(Record):
    """A quote as its document shows it, every text in one language."""

    number: str
    issued_on: date
    valid_until: date
    company: str
    person: str
    seller: SenderProps
    seller_email: str
    product: str
    terms: Terms
    notes: tuple[str, ...] = ()
    language: str


def quoted(prospect: Prospect, playbook: Playbook, on: date, offer: Offer | None = None) -> Quoted:
    """What to quote now: the quote that stands if it says the same, else a new one. `RenderError` when none can be.

    An extra that was promised stays in the quote until its own last day.
    """
    extra = offer if offer is not None and offer.kind is CloseKind.INDUCEMENT else None
    amount = rounded(value_of(prospect, playbook), playbook.product.currency)
    known = prospect.quote
    if known is not None and _stands(known, amount, playbook, on) and (known.extra or extra is None):
        return known
    until = extra.until if extra is not None and extra.until is not None else None
    last = until or on + timedelta(days=playbook.closing.valid_days)
    draft = Quoted(
        number="",
        total=amount,
        currency=playbook.product.currency,
        issued_on=on,
        valid_until=last,
        extra=extra is not None,
    )
    return draft.model_copy(update={"number": _number(prospect, playbook, draft)})


def quote(prospect: Prospect, playbook: Playbook, language: str) -> Quote:
    """The document of the prospect's quote, in a language that the playbook is written in."""
    mark, edition = prospect.quote, playbook.edition(language)
    assert mark is not None  # noqa: S101 - only what was quoted is drawn
    return Quote(
        number=mark.number,
        issued_on=mark.issued_on,
        valid_until=mark.valid_until,
        company=prospect.company,
        person=" ".join(part for part in (prospect.first_name, prospect.last_name) if part),
        seller=sender_props(edition),
        seller_email=edition.sender.email,
        product=edition.product.name,
        terms=_terms(mark, edition),
        notes=edition.closing.notes,
        language=language,
    )


def _stands(known: Quoted, amount: Decimal, playbook: Playbook, on: date) -> bool:
    still = on + timedelta(days=DAYS_TO_ANSWER) <= known.valid_until
    return still and (known.total, known.currency) == (amount, playbook.product.currency)


def _terms(mark: Quoted, playbook: Playbook) -> Terms:
    try:
        return terms_of(mark.total, playbook.closing.terms, mark.currency, _extras(mark, playbook))
    except ValueError as problem:
        raise RenderError(f"no quote can be made: {problem}") from None


def _extras(mark: Quoted, playbook: Playbook) -> tuple[PricedLine, ...]:
    extra = playbook.closing.inducement
    if not mark.extra or extra is None:
        return ()
    worth = rounded(extra.worth, mark.currency)
    return (PricedLine(kind=extra.kind, what=extra.what, price=worth, amount=worth, free=True),)


def _number(prospect: Prospect, playbook: Playbook, draft: Quoted) -> str:
    """`Q-2601-7K3M9QXD`: month of issue, and the mark of all that is in it."""
    terms = _terms(draft, playbook).model_dump_json()
    whole = "\n".join([prospect.key, prospect.company, draft.model_dump_json(exclude={"file"}), terms])
    left = int.from_bytes(hashlib.sha256(whole.encode()).digest()[:5])
    letters = (_LETTERS[left >> 5 * place & 31] for place in range(_LENGTH))
    return f"Q-{draft.issued_on:%y%m}-{''.join(letters)}"
