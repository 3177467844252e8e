"""What a reply or an event means for the process, given where the prospect stands. Stops win over everything."""

from __future__ import annotations

from datetime import datetime, timedelta

from closeloop.domain.business_days import add_business_days, from_named_day, place_of
from closeloop.domain.close_rules import CloseKind
from closeloop.domain.decisions import Advance, AskHuman, Channel, Close, Decision, Felt, Hold, Park, Stop, Touch
from closeloop.domain.endings import Why
from closeloop.domain.invitations import invitation
from closeloop.domain.meetings import MEETING_DAYS, Planned, plan_meeting
from closeloop.domain.playbook import Playbook
from closeloop.domain.preparation import price
from closeloop.domain.presentation import to_closing
from closeloop.domain.prospect import NextStep, Objection, Prospect
from closeloop.domain.satisfaction import Mood, mood_of
from closeloop.domain.signals import Label, Signal, SignalKind, Understanding
from closeloop.domain.stage import Profile, Stage, Standing
from closeloop.domain.tracks import next_day

NOT_NOW_DAYS = 90
ABSENCE_DAYS = 7
HUMAN_DAYS = 5
DAYS_AFTER_A_COMPLAINT = 10
SAYS_MORE = frozenset(
    {Label.REFERRAL, Label.MEETING, Label.QUESTION, Label.NOT_NOW, Label.OUT_OF_OFFICE, Label.AUTO_REPLY}
)
"""What a customer may say whose words about their mood are beside the point."""
QUESTION_SEQUENCE = "question_answer"
YES_LABELS = frozenset({Label.INTERESTED, Label.MEETING})
HUMAN_SUBJECTS = {
    Label.WRONG_PERSON: "Wrong person: find the right one at {company}",
    Label.LEFT_COMPANY: "{name} has left {company}: find the successor",
    Label.LEGAL: "Legal reply from {company}: read it today, we have stopped writing",
}


_STOPS = {
    SignalKind.SPAM_REPORT: "reported our mail as spam",
    SignalKind.UNSUBSCRIBED: "opted out",
    SignalKind.BOUNCED: "the address bounced",
}
"""The weightiest first: it stays the reason, in whatever order the events come in."""


def on_event(prospect: Prospect, signal: Signal) -> tuple[Decision, ...]:
    """Bounces, complaints and opt-outs stop; deliveries, opens and clicks are kept as evidence only."""
    if signal.kind not in _STOPS:
        return ()
    reason = f"{_STOPS[signal.kind]} on {signal.occurred_at:%Y-%m-%d}"
    by_wish = signal.kind is not SignalKind.BOUNCED
    if prospect.standing is Standing.STOPPED and prospect.reason:
        reason = min(prospect.reason, reason, key=_weight)
    return (_stop(reason, "signals.stop", by_wish=by_wish),)


def _weight(reason: str) -> tuple[int, str]:
    """A person's own words weigh most; of two events of a kind the earlier one, whose date sorts first."""
    places = [place for place, words in enumerate(_STOPS.values()) if reason.startswith(words)]
    return (places[0] if places else -1), reason


def replied(label: Label) -> str:
    """The reason that a reply with this label is."""
    return f"replied: {label.in_words}"


def _stop(reason: str, rule: str, *, by_wish: bool) -> Stop:
    return Stop(rule=rule, reasons=(reason,), standing=Standing.STOPPED, opted_out=by_wish)


def on_reply(prospect: Prospect, found: Understanding, playbook: Playbook, now: datetime) -> tuple[Decision, ...]:
    """The decisions a reply leads to, in the order they are to be applied."""
    label = found.primary
    if found.stop:
        return _stopped_by_reply(prospect, found)
    if prospect.standing is Standing.STOPPED:
        return ()
    if prospect.standing is Standing.CUSTOMER and (felt := _felt(prospect, found, playbook, now)):
        return felt
    if found.abstained:
        return _to_human(prospect, found, playbook, now)
    if label.is_automatic:
        return _automatic(prospect, found, now)
    if label is Label.NOT_NOW:
        return (_sleep(prospect, found, now),)
    if label is Label.BRUSH_OFF and _was_brushed_off(prospect):
        return (_stop("said no a second time", "replies.repeated_no", by_wish=True),)
    if label.is_objection:
        return (_objection(prospect, label, now),)
    if label in YES_LABELS:
        return _yes(prospect, found, playbook, now)
    if label is Label.QUESTION:
        return _question(prospect, playbook, now)
    if label is Label.REFERRAL and prospect.standing is Standing.CUSTOMER:
        return (_thank(prospect, found, now),)
    return _to_human(prospect, found, playbook, now)


def _stopped_by_reply(prospect: Prospect, found: Understanding) -> tuple[Decision, ...]:
    by_wish = not {Label.UNSUBSCRIBE, Label.LEGAL}.isdisjoint(found.labels)
    stop = _stop(replied(found.primary), "replies.stop", by_wish=by_wish)
    subject = HUMAN_SUBJECTS.get(found.primary)
    if subject is None:
        return (stop,)
    name = " ".join(part for part in (prospect.first_name, prospect.last_name) if part) or prospect.email
    text = subject.format(company=prospect.company, name=name)
    return (stop, AskHuman(rule="replies.stop", reasons=stop.reasons, subject=text))


def _automatic(prospect: Prospect, found: Understanding, now: datetime) -> tuple[Decision, ...]:
    if found.primary is Label.AUTO_REPLY:
        return ()
    back = found.resume_on or now + timedelta(days=ABSENCE_DAYS)
    until = _from(back, prospect, now)
    return (Hold(rule="replies.out_of_office", reasons=(f"away until {until:%Y-%m-%d}",), until=until),)


def _sleep(prospect: Prospect, found: Understanding, now: datetime) -> Park:
    until = found.resume_on or now + timedelta(days=NOT_NOW_DAYS)
    return Park(
        rule="replies.not_now",
        reasons=(f"asked us to come back on {until:%Y-%m-%d}",),
        standing=Standing.NURTURE,
        until=_from(until, prospect, now),
    )


def _from(named: datetime, prospect: Prospect, now: datetime) -> datetime:
    """The named day or the next working day; never before now."""
    place = place_of(prospect)
    return max(from_named_day(named, place), add_business_days(now, 0, place))


def _objection(prospect: Prospect, label: Label, now: datetime) -> Decision:
    """A new objection is answered at once; the same one again counts as one more no, and we keep our rhythm."""
    known = prospect.objection
    if prospect.stage is Stage.OBJECTIONS and known is not None and known.label == label.value:
        return Hold(
            rule="objections.same_again",
            reasons=(f"{label.in_words}: said again after {known.answers} answers, the follow-ups go on",),
            until=prospect.due_at,
        )
    return Advance(
        rule="objections.raised",
        reasons=(replied(label),),
        to=Stage.OBJECTIONS,
        due_at=now,
        objection=Objection(
            label=label.value,
            raised_in=_raised_in(prospect),
            raised_at=now,
        ),
    )


def _was_brushed_off(prospect: Prospect) -> bool:
    """A vague no may be asked about once; a second one is an answer, and it is final."""
    known = prospect.objection
    return Label.BRUSH_OFF.value in prospect.answered or (
        known is not None and known.label == Label.BRUSH_OFF.value
    )


def _raised_in(prospect: Prospect) -> Stage:
    if prospect.stage is Stage.OBJECTIONS and prospect.objection is not None:
        return prospect.objection.raised_in
    return prospect.stage


def _yes(prospect: Prospect, found: Understanding, playbook: Playbook, now: datetime) -> tuple[Decision, ...]:
    came_from = _raised_in(prospect)
    if prospect.standing is Standing.CUSTOMER:
        return (_expansion(prospect, now),)
    if came_from is Stage.CLOSING and found.primary is Label.INTERESTED:
        return (_won(prospect, playbook, now),)
    if found.primary is Label.MEETING:
        return _meet(prospect, found, playbook, now)
    if came_from in {Stage.PRESENTATION, Stage.CLOSING}:
        return (to_closing(prospect, now, "said they want to go on"),)
    return (_open_deal(prospect, found, playbook, now),)


def _won(prospect: Prospect, playbook: Playbook, now: datetime) -> Close:
    first = now + timedelta(days=playbook.follow_up.first_wait)
    after = f", after the {CloseKind(prospect.tried_closes[-1]).in_words}" if prospect.tried_closes else ""
    return Close(
        rule="closing.order",
        reasons=(f"said yes to the order{after}",),
        won=True,
        why=Why.ORDER,
        on=now.date(),
        come_back_at=add_business_days(first, 0, place_of(prospect)),
    )


def _meet(prospect: Prospect, found: Understanding, playbook: Playbook, now: datetime) -> tuple[Decision, ...]:
    """Plan for the meeting; invite to it where the playbook lets us, and leave the rest to the owner."""
    planned = plan_meeting(prospect, found.proposed_for, now, playbook.meetings, playbook.sending.time_zone)
    return meet(prospect, planned, playbook)


def meet(prospect: Prospect, planned: Planned, playbook: Playbook) -> tuple[Decision, ...]:
    """The decisions behind an agreed meeting."""
    opens = not prospect.is_deal
    agreed = Advance(
        rule="presentation.meeting",
        reasons=(planned.reason,),
        to=Stage.PRESENTATION,
        due_at=planned.look_again_at,
        profile=Profile.OPPORTUNITY if opens else None,
        amount=price(prospect, playbook) if opens else None,
        next_step=planned.next_step,
        appointment=planned.appointment,
    )
    why = "they have our invitation" if planned.invites else "the playbook leaves it to the owner to say when"
    ask = AskHuman(
        rule="presentation.prepare_meeting" if planned.invites else "presentation.confirm_meeting",
        reasons=(why,),
        subject=planned.task,
        until=planned.look_again_at,
    )
    return (agreed, invitation(planned.look_again_at), ask) if planned.invites else (agreed, ask)


def _open_deal(prospect: Prospect, found: Understanding, playbook: Playbook, now: datetime) -> Advance:
    return Advance(
        rule="approach.answered",
        reasons=(f"{replied(found.primary)}; there is somebody to present to",),
        to=Stage.PRESENTATION,
        due_at=now,
        profile=Profile.OPPORTUNITY,
        amount=price(prospect, playbook),
        next_step=NextStep(
            what="Agree on a date to present",
            on=add_business_days(now, MEETING_DAYS, place_of(prospect)).date(),
            why="they want to go on and have named no day",
        ),
    )


def _thank(prospect: Prospect, found: Understanding, now: datetime) -> AskHuman:
    """A customer who names somebody is thanked by the owner; the mails go on as they were."""
    who = (found.refers_to or {}).get("name") or (found.refers_to or {}).get("email") or "somebody"
    return AskHuman(
        rule="follow_up.referral",
        reasons=(f"a customer named {who}",),
        subject=f"Thank {prospect.company} for naming {who}, and tell them what becomes of it"[:255],
        until=max(prospect.due_at or now, add_business_days(now, HUMAN_DAYS, place_of(prospect))),
    )


def _question(prospect: Prospect, playbook: Playbook, now: datetime) -> tuple[Decision, ...]:
    """A question is answered at once; from the approach it also opens the presentation."""
    answer = Touch(
        rule="replies.question",
        reasons=("a question is answered at once",),
        channel=Channel.EMAIL,
        template=QUESTION_SEQUENCE,
        step=1,
        sequence=QUESTION_SEQUENCE,
        is_answer=True,
        then_wait_until=add_business_days(now, HUMAN_DAYS, place_of(prospect)),
    )
    if prospect.is_open_deal or prospect.standing is Standing.CUSTOMER:
        return (answer,)
    opened = _open_deal(prospect, Understanding(labels=(), primary=Label.QUESTION, confidence=1), playbook, now)
    return (opened, answer)


def _felt(
    prospect: Prospect, found: Understanding, playbook: Playbook, now: datetime
) -> tuple[Decision, ...] | None:
    """A customer's answer to how satisfied they are; None where the reply says something else, or nothing."""
    if found.primary in SAYS_MORE and not found.abstained:
        return None
    said = mood_of(found.said)
    if said is None:
        return None
    mood, shown = said
    felt = prospect.model_copy(
        update={"satisfied_at" if mood is Mood.SATISFIED else "dissatisfied_at": now, "last_touch_at": now}
    )
    if mood is Mood.SATISFIED:
        due = next_day(felt, playbook.follow_up)
        reasons = (f"satisfied: {shown}", "the right moment to ask whom else it could help")
        return (Felt(rule="follow_up.satisfied", reasons=reasons, satisfied=True, due_at=due),)
    if mood is Mood.NEUTRAL:
        subject = f"{prospect.company} gave us {shown}: ask what is missing"
        until = prospect.due_at or next_day(prospect, playbook.follow_up)
        return (AskHuman(rule="follow_up.neutral", reasons=(f"neutral: {shown}",), subject=subject, until=until),)
    pause = add_business_days(now, DAYS_AFTER_A_COMPLAINT, place_of(prospect))
    subject = f"Call {prospect.company} today: they are not satisfied ({shown})"
    reasons = (f"dissatisfied: {shown}", "a person calls; no mail meanwhile")
    return (
        Felt(rule="follow_up.dissatisfied", reasons=reasons, satisfied=False, due_at=pause, subject=subject[:255]),
    )


def _expansion(prospect: Prospect, now: datetime) -> AskHuman:
    return AskHuman(
        rule="follow_up.expansion",
        reasons=("a customer wants to talk",),
        subject=f"{prospect.company} is a customer and wants to talk: call them",
        until=add_business_days(now, 20, place_of(prospect)),
    )


def _to_human(prospect: Prospect, found: Understanding, playbook: Playbook, now: datetime) -> tuple[Decision, ...]:
    """What is not understood for sure, a person reads, with the playbook's answer as a draft; the sequence
    waits.
    """
    subject = "Read this reply and answer it"
    if found.abstained and found.primary is not Label.OTHER:
        subject += f"; it may say: {found.primary.in_words}"
        if found.primary.is_objection:
            subject += f". Draft: {playbook.objections.answer_to(found.primary.value).answer}"
    return (
        AskHuman(
            rule="replies.unclear",
            reasons=(f"the reply reads as: {found.primary.in_words} ({found.confidence:.0%} sure)",),
            subject=subject,
            until=add_business_days(now, HUMAN_DAYS, place_of(prospect)),
        ),
    )
