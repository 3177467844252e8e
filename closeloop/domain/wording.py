"""From a prospect and a decision to the typed properties of its mail. Nothing here invents a fact.

Every word is in the language of the mail: the texts come from the playbook's edition in that language, and what
the code says itself from its tongue. A decision names what it means (which objection, which close) by id.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from closeloop.domain import preparation
from closeloop.domain.business_days import add_business_days, place_of
from closeloop.domain.close_rules import CloseKind
from closeloop.domain.languages import tongue_of
from closeloop.domain.meetings import their_clock
from closeloop.domain.messages import (
    TEMPLATES,
    AnswerProps,
    ApproachProps,
    ClosingProps,
    FollowUpProps,
    InducementProps,
    MailProps,
    MeetingProps,
    ObjectionProps,
    PresentationProps,
    RenewalProps,
    ScarcityProps,
)
from closeloop.domain.next_steps import sells
from closeloop.domain.offers import AS_WRITTEN, Offer, offer_in, offer_of, today_of
from closeloop.domain.playbook import Playbook
from closeloop.domain.prospect import Prospect
from closeloop.domain.quotes import quoted
from closeloop.domain.texts import Text
from closeloop.domain.tongues import Tongue

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Letter:
    """What a mail is made from."""

    payload: Values
    prospect: Prospect
    playbook: Playbook
    """The edition in the language of the mail."""
    tongue: Tongue
    now: datetime


def mail_props(
    payload: Values,
    prospect: Prospect,
    playbook: Playbook,
    now: datetime,
    *,
    language: str | None = None,
    opt_out: str = "",
) -> MailProps:
    """The properties of the mail that an action's payload asks for, in a language (the playbook's own if none).

    `pydantic.ValidationError` names each property that is missing or of another kind.
    """
    spoken = language or playbook.locale
    letter = _Letter(payload, prospect, playbook.edition(spoken), tongue_of(spoken), now)
    kind = TEMPLATES[payload["template"]]
    return kind(**_shared(letter), opt_out=opt_out, **_BUILDERS[kind](letter))


def _shared(letter: _Letter) -> Values:
    prospect, playbook = letter.prospect, letter.playbook
    return {
        "greeting": letter.tongue.greeting(prospect.first_name, prospect.last_name),
        "company": prospect.company,
        "sender": preparation.sender_props(playbook),
        "product": playbook.product.name,
        "product_line": playbook.product.one_line,
        "pains": preparation.pain_props(prospect, playbook, letter.tongue, letter.now.date()),
        "questions": preparation.questions(prospect, playbook),
    }


def _approach(letter: _Letter) -> Values:
    """The offer of the approach that was chosen, in this language."""
    chosen = letter.payload.get("approach", letter.prospect.approach)
    offers = {one.kind: one.offer for one in letter.playbook.approaches}
    offer = {"offer": offers[chosen]} if chosen in offers else {}
    return offer | _own_offer(letter) | _step(letter)


def _own_offer(letter: _Letter) -> Values:
    """The offer of the step's variant, in place of the approach's."""
    own = letter.payload.get("offer")
    return {"offer": own.said_in(letter.tongue.language) or own} if isinstance(own, Text) else {}


def _step(letter: _Letter) -> Values:
    return {name: letter.payload[name] for name in ("step",) if name in letter.payload}


def _presentation(letter: _Letter) -> Values:
    agenda = letter.tongue.agenda(letter.prospect.company, letter.playbook.product.name)
    return {"agenda": agenda, **_step(letter), **_two_days(letter)}


def _objection(letter: _Letter) -> Values:
    open_one = letter.prospect.objection
    label = letter.payload.get("label", open_one.label if open_one else None)
    if label is None:
        return _step(letter)
    answer = letter.playbook.objections.answer_to(label)
    words = {"answer": answer.answer, "evidence": answer.evidence, "ask": answer.ask}
    return {"objection": letter.tongue.objection(label), **words, **_step(letter)}


def _answer(letter: _Letter) -> Values:
    product = letter.playbook.product
    chosen = preparation.pain_props(letter.prospect, letter.playbook, letter.tongue, letter.now.date())
    # Who asks before anything is known of them hears of everything; else a feature nobody needs is left out.
    facts = tuple(dict.fromkeys(f"{one.feature}: {one.so_what}" for one in chosen or product.benefits))
    amount = letter.tongue.money(preparation.price(letter.prospect, letter.playbook), product.currency)
    return {"facts": facts, "price": amount, **_two_days(letter)}


def _closing(letter: _Letter) -> Values:
    known = letter.prospect.quote
    # Before the first ask, as in a preview, the quote that it would name.
    mark = known or quoted(letter.prospect, letter.playbook, today_of(letter.prospect, letter.playbook, letter.now))
    first, second = letter.playbook.closing.alternatives
    return {
        "amount": letter.tongue.money(mark.total, mark.currency),
        "quote": mark.number,
        "valid_until": letter.tongue.full_date(mark.valid_until),
        "first_alternative": first,
        "second_alternative": second,
        **_step(letter),
    }


def _inducement(letter: _Letter) -> Values:
    extra, offer = letter.playbook.closing.inducement, _offer(letter, CloseKind.INDUCEMENT)
    if extra is None or offer is None or offer.until is None:
        return _closing(letter)
    return _closing(letter) | {"inducement": extra.what, "until": letter.tongue.full_date(offer.until)}


def _scarcity(letter: _Letter) -> Values:
    proof, offer = letter.playbook.closing.scarcity, _offer(letter, CloseKind.SCARCITY)
    if proof is None or offer is None:
        return _closing(letter)
    pieces = proof.stock_left is not None
    return _closing(letter) | {
        "scarcity": letter.tongue.room_left(proof.what, offer.left, offer.until, pieces=pieces)
    }


def _offer(letter: _Letter, kind: CloseKind) -> Offer | None:
    """What was promised when the mail was decided; for one that is only looked at, what would be promised today."""
    today = today_of(letter.prospect, letter.playbook, letter.now)
    return offer_in(letter.payload) or offer_of(kind, letter.playbook, today, AS_WRITTEN)


def _follow_up(letter: _Letter) -> Values:
    former = letter.payload.get("handed_over_from", "")
    return {**_step(letter), "referred_by": letter.prospect.referred_by, "handed_over_from": former}


def _renewal(letter: _Letter) -> Values:
    ends = letter.payload.get("term_ends")
    said = {"term_ends": letter.tongue.full_date(date.fromisoformat(ends))} if ends else {}
    return _follow_up(letter) | said


def _meeting(letter: _Letter) -> Values:
    """Nothing is said of a meeting that has no hour: the mail then cannot be written, and says why."""
    meets, home = letter.prospect.appointment, letter.playbook.sending.time_zone
    if meets is None or meets.starts_at is None:
        return {}
    theirs = their_clock(letter.prospect, meets.starts_at, home)
    return {
        "when": letter.tongue.day_and_hour(theirs),
        "clock": place_of(letter.prospect, home).time_zone.rpartition("/")[2].replace("_", " "),
        "minutes": meets.minutes,
        "goal": sells(letter.prospect.stage, letter.playbook),
        "moved": meets.sequence > 0,
    }


def _two_days(letter: _Letter) -> dict[str, str]:
    first, second = (add_business_days(letter.now, days, place_of(letter.prospect)).date() for days in (3, 5))
    return {"first_choice": letter.tongue.day(first), "second_choice": letter.tongue.day(second)}


_BUILDERS = {
    ApproachProps: _approach,
    PresentationProps: _presentation,
    ObjectionProps: _objection,
    AnswerProps: _answer,
    ClosingProps: _closing,
    InducementProps: _inducement,
    ScarcityProps: _scarcity,
    FollowUpProps: _follow_up,
    RenewalProps: _renewal,
    MeetingProps: _meeting,
}
