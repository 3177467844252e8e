"""Meetings between our mails and the customers' calendars: invitations written, answers understood.

Invariant: the organiser's address is the one that leads a reply back to its prospect, so that whatever a calendar
answers comes in like any other reply; what the person wrote besides counts for more than what their calendar says.
"""

from __future__ import annotations

from datetime import datetime

from closeloop.application.services import Services
from closeloop.domain.appointments import Answer
from closeloop.domain.decisions import Decision
from closeloop.domain.invitations import (
    CALLED_OFF,
    INVITATION,
    CalendarAnswer,
    CalendarPart,
    Invitation,
    Method,
    on_answer,
    stale,
    uid_of,
)
from closeloop.domain.meetings import their_clock
from closeloop.domain.messages import RenderedMail
from closeloop.domain.playbook import Sender
from closeloop.domain.prospect import Prospect
from closeloop.domain.replies import on_reply
from closeloop.domain.signals import Label, Proposed, Signal, Understanding
from closeloop.domain.stalled import name_of
from closeloop.domain.tokens import make_token

METHODS: dict[str, Method] = {INVITATION: Method.REQUEST, CALLED_OFF: Method.CANCEL}
SURE = 1.0
WORDS_COUNT = frozenset({Label.MEETING, Label.INTERESTED, Label.OTHER, Label.AUTO_REPLY, Label.OUT_OF_OFFICE})
"""Besides these, what the person wrote is more than their calendar's answer."""


def part_of(
    template: str, mail: RenderedMail, prospect: Prospect, services: Services, sender: Sender, now: datetime
) -> CalendarPart | None:
    """The calendar part of a mail; None for a mail that has none."""
    method, meets = METHODS.get(template), prospect.appointment
    if method is None or meets is None or meets.starts_at is None:
        return None
    token = make_token(prospect.key, services.secret)
    domain = services.playbook.sender.reply_domain
    asked = Invitation(
        method=Method.CANCEL if method is Method.CANCEL else Method.REQUEST,
        uid=uid_of(meets.number, token, domain),
        sequence=meets.sequence,
        starts_at=meets.starts_at,
        minutes=meets.minutes,
        written_at=now,
        title=f"{prospect.company} / {sender.company}: {services.playbook.product.name}",
        about=mail.text.split("\n\n-- \n", maxsplit=1)[0],
        organizer_name=f"{sender.name} ({sender.company})",
        organizer=f"reply+{token}@{domain}",
        attendee_name=name_of(prospect),
        attendee=prospect.email,
    )
    return services.calendars.write(asked)


def calendar_of(signal: Signal, services: Services) -> CalendarAnswer | None:
    """What the calendar part of a mail says, if it has one that says something."""
    text = signal.payload.get("calendar")
    return services.calendars.read(text) if isinstance(text, str) and text else None


def understood(said: CalendarAnswer, found: Understanding) -> Understanding | None:
    """The reply as its calendar means it; None where the words themselves say something else, which counts."""
    if found.stop or (not found.abstained and found.primary not in WORDS_COUNT):
        return None
    label = Label.OTHER if _says_no(said) else Label.MEETING
    return found.model_copy(
        update={"labels": (label,), "primary": label, "confidence": SURE, "abstained": False, "said": _said(said)}
    )


def decide(
    prospect: Prospect, said: CalendarAnswer, found: Understanding, services: Services, now: datetime
) -> tuple[Decision, ...]:
    """What an answer, a counter proposal or an invitation of theirs leads to."""
    meets, playbook = prospect.appointment, services.playbook
    home = playbook.sending.time_zone
    ours = meets is not None and said.uid == uid_of(
        meets.number, make_token(prospect.key, services.secret), playbook.sender.reply_domain
    )
    if said.method in {Method.COUNTER, Method.REQUEST} and said.starts_at is not None:
        theirs = their_clock(prospect, said.starts_at, home)
        proposed = Proposed(on=theirs.date(), at=theirs.time().replace(second=0, microsecond=0))
        return on_reply(prospect, found.model_copy(update={"proposed_for": proposed}), playbook, now)
    if not ours and said.method is not Method.CANCEL:
        return (stale(prospect),)
    return on_answer(prospect, said, now)


def _says_no(said: CalendarAnswer) -> bool:
    return said.method is Method.CANCEL or said.answer is Answer.DECLINED


def _said(said: CalendarAnswer) -> str:
    when = f" for {said.starts_at:%-d %B %Y, %H:%M} UTC" if said.starts_at else ""
    if said.method is Method.REPLY:
        return f"(their calendar) {said.answer.value if said.answer else 'no answer'}{when}"
    return f"(their calendar) {said.method.value.lower()}{when}"
