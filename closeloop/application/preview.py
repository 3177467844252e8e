"""Any mail for any prospect, to the letter as it would be sent, without sending, planning or saving anything.

It goes the way of a real mail: a decision, its action, the letter, what the mailer is given. A fact that is missing
is named.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from pydantic import ValidationError

from closeloop.application.deliver import outgoing
from closeloop.application.letters import Letter, write
from closeloop.application.offers import ClosingRule
from closeloop.application.pinned import on_their_lines
from closeloop.application.ports import OutgoingMail
from closeloop.application.services import Services
from closeloop.domain import approach, closing, follow_up, objections, presentation
from closeloop.domain.actions import ActionKind, ClaimedAction
from closeloop.domain.appointments import Appointment
from closeloop.domain.business_days import add_business_days, place_of
from closeloop.domain.decisions import Channel, Decision, Touch
from closeloop.domain.errors import RenderError, UsageError
from closeloop.domain.follow_up_rules import months_later
from closeloop.domain.meetings import MEETING_DAYS
from closeloop.domain.messages import (
    TEMPLATES,
    ClosingProps,
    FollowUpProps,
    MeetingProps,
    ObjectionProps,
    RenewalProps,
)
from closeloop.domain.playbook import Playbook
from closeloop.domain.prospect import Prospect
from closeloop.domain.record import Record
from closeloop.domain.signals import Label
from closeloop.domain.stage import Stage
from closeloop.domain.transitions import apply

_RULES: dict[Stage, Callable[[Prospect, Playbook, datetime], Decision]] = {
    Stage.APPROACH: approach.decide,
    Stage.PRESENTATION: presentation.decide,
    Stage.OBJECTIONS: objections.decide,
    Stage.CLOSING: closing.decide,
    Stage.FOLLOW_UP: follow_up.decide,
}
_SUPPOSED = Label.OBJECTION_PRICE.value
"""The objection of a preview for somebody who has raised none."""


class Preview(Record):
    """A mail, or what keeps it from being written."""

    template: str
    step: int
    why: tuple[str, ...]
    letter: Letter | None = None
    mail: OutgoingMail | None = None
    missing: tuple[str, ...] = ()
    """Each property that the mail needs and nobody knows, and every other reason why it cannot be written."""

    @property
    def size(self) -> int:
        """Bytes of subject, text and HTML."""
        parts = (self.letter.mail.subject, self.letter.mail.text, self.letter.mail.html) if self.letter else ()
        return sum(len(part.encode()) for part in parts)


def next_mail(prospect: Prospect, services: Services, now: datetime, language: str | None = None) -> Preview | str:
    """The mail that the rules would send next; why there is none, in words, where they would send none."""
    if not prospect.standing.may_be_written_to:
        return f"nobody writes to them any more: {prospect.reason or prospect.standing.value}"
    rule = _RULES.get(prospect.stage)
    if rule is None:
        return f"in {prospect.stage.value} nobody is written to yet"
    theirs = on_their_lines(services, [prospect]).get(prospect.key, services)
    if prospect.stage is Stage.CLOSING:
        rule = ClosingRule(services)
    decision = rule(prospect, theirs.playbook, now)
    if isinstance(decision, Touch) and decision.channel is Channel.EMAIL:
        return _shown(decision, prospect, theirs, now, language)
    what = f"a {decision.channel}" if isinstance(decision, Touch) else type(decision).__name__.lower()
    return f"the next thing is no mail but {what}: {'; '.join(decision.reasons)}"


def named_mail(
    template: str,
    prospect: Prospect,
    services: Services,
    now: datetime,
    *,
    language: str | None = None,
    step: int | None = None,
) -> Preview:
    """This mail for this prospect, whatever the rules say; `UsageError` for one that nobody knows."""
    if template not in TEMPLATES:
        raise UsageError(f"there is no mail {template!r}; there are {', '.join(sorted(TEMPLATES))}")
    theirs = on_their_lines(services, [prospect]).get(prospect.key, services)
    prospect = _with_a_meeting(prospect, now) if TEMPLATES[template] is MeetingProps else prospect
    supposed = _supposed(template, prospect, step, theirs.playbook, now)
    return _shown(supposed, prospect, theirs, now, language)


def _supposed(template: str, prospect: Prospect, step: int | None, playbook: Playbook, now: datetime) -> Touch:
    """The touch that would send this mail."""
    sequence, usual = _place(template, prospect, playbook)
    props: dict[str, str] = {"approach": _approach_of(sequence, prospect, playbook)}
    why = ["asked for by name"]
    if issubclass(TEMPLATES[template], RenewalProps):
        ends = months_later((prospect.closed_at or now).date(), _term(playbook))
        props |= {"term_ends": ends.isoformat()}
    if issubclass(TEMPLATES[template], ObjectionProps):
        label = prospect.objection.label if prospect.objection else _SUPPOSED
        props, sequence = {"label": label}, label
        if prospect.objection is None:
            why.append(f"no objection is open, so this supposes one to {objections.PLAIN_WORDS[label]}")
    return Touch(
        rule="preview",
        reasons=tuple(why),
        channel=Channel.EMAIL,
        template=template,
        step=step or usual,
        sequence=sequence,
        then_wait_until=now,
        props=props,
    )


def _approach_of(sequence: str, prospect: Prospect, playbook: Playbook) -> str:
    """Whose sequence this is, for its offer is the one that the mail was written for; else the prospect's own."""
    chosen = approach.choose(prospect, playbook)
    return next((one.kind for one in (chosen, *playbook.approaches) if one.sequence == sequence), chosen.kind)


def _term(playbook: Playbook) -> int:
    """Months that a term has; a year where the playbook renews nothing."""
    renewal = playbook.follow_up.tracks.renewal
    return renewal.term_months if renewal is not None else 12


def _with_a_meeting(prospect: Prospect, now: datetime) -> Prospect:
    """Their own meeting, or one that a preview supposes, in three business days."""
    if prospect.appointment is not None and prospect.appointment.starts_at is not None:
        return prospect
    at = add_business_days(now, MEETING_DAYS, place_of(prospect)).replace(hour=9, minute=0, second=0, microsecond=0)
    return prospect.model_copy(update={"appointment": Appointment(number=1, on=at.date(), starts_at=at)})


def _place(template: str, prospect: Prospect, playbook: Playbook) -> tuple[str, int]:
    """The sequence this mail stands in, and its step there."""
    kind = TEMPLATES[template]
    if issubclass(kind, ClosingProps):
        return closing.SEQUENCE, prospect.closes + prospect.withdrawn + 1
    if issubclass(kind, FollowUpProps | MeetingProps):
        return template, 1
    chosen = approach.choose(prospect, playbook).sequence
    for name in sorted(playbook.sequences, key=lambda name: name != chosen):
        for number, step in enumerate(playbook.sequences[name], 1):
            if step.template == template:
                return name, number
    return template, 2 if template.endswith("follow_up") else 1


def _shown(touch: Touch, prospect: Prospect, services: Services, now: datetime, language: str | None) -> Preview:
    if language is not None and language not in services.renderer.languages(touch.template):
        there = ", ".join(sorted(services.renderer.languages(touch.template)))
        raise UsageError(f"the mail {touch.template} is not written in {language!r}; there are {there}")
    if language is not None and language not in services.playbook.languages:
        raise UsageError(f"the playbook lacks texts in {language!r}: `closeloop playbook check` names them")
    shown = Preview(template=touch.template, step=touch.step, why=touch.reasons)
    applied = apply(touch, prospect, services.playbook, now)
    (action,) = (action for action in applied.actions if action.kind is ActionKind.EMAIL)
    try:
        letter = write(action, applied.prospect, services, now, language)
    except RenderError as problem:
        return shown.model_copy(update={"missing": (str(problem),)})
    except ValidationError as problem:
        gaps = tuple(f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in problem.errors())
        return shown.model_copy(update={"missing": gaps})
    claimed = ClaimedAction(**{**action.model_dump(), "payload": action.payload | letter.payload()}, attempt=1)
    return shown.model_copy(update={"letter": letter, "mail": outgoing(claimed, prospect, services)})
