"""A person says yes or no, or a deadline does. What waits goes on in the approved words, or is called off.

Invariant: one answer counts; who gave it, when and why stays in the ledger.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from closeloop.application.approval_asking import task
from closeloop.application.deciding import Outcome
from closeloop.application.overtaking import insist, update
from closeloop.application.ports import Change, Ledger
from closeloop.application.results import Tally
from closeloop.application.services import Services
from closeloop.domain.approvals import (
    Answer,
    Approval,
    ApprovalKind,
    ApprovalState,
    OnDeadline,
    file_mark,
    mail_mark,
)
from closeloop.domain.business_days import add_business_days
from closeloop.domain.decisions import AskHuman, Decision, Park
from closeloop.domain.edited_mail import edited, words_above
from closeloop.domain.errors import UsageError
from closeloop.domain.messages import RenderedMail
from closeloop.domain.prospect import Prospect
from closeloop.domain.record import Moment, Record
from closeloop.domain.stage import Standing
from closeloop.domain.stalled import name_of

MOST = 1000
PLAYBOOK = "the playbook's deadline"
DAYS_AFTER_A_NO = 3


class Question(Record):
    """An approval as whoever is asked reads it."""

    approval: Approval
    person: str
    company: str
    subject: str = ""
    text: str = ""
    """The whole words of a mail, without the footer that stays as it is."""
    deck: str | None = None
    asked_at: Moment
    deadline: Moment | None


def questions(services: Services) -> list[Question]:
    """All that wait, the oldest first."""
    return [question(services, approval) for approval in services.ledger.waiting_approvals(MOST)]


def question(services: Services, approval: Approval) -> Question:
    """What is asked, in full."""
    person = services.ledger.prospects([approval.prospect_key])[approval.prospect_key]
    mail = _mail(services, approval)
    return Question(
        approval=approval,
        person=name_of(person),
        company=person.company,
        subject=mail.subject if mail else "",
        text=words_above(mail.text) if mail else "",
        deck=str(services.home / approval.deck) if approval.deck else None,
        asked_at=approval.asked_at,
        deadline=approval.deadline,
    )


def the_one(services: Services, approval_id: str) -> Approval:
    """The approval of this id that still waits; raises `UsageError` that says what became of another."""
    found = services.ledger.approvals([approval_id.strip()]).get(approval_id.strip())
    if found is None:
        raise UsageError(f"there is no approval {approval_id!r}: `closeloop approve --list` shows those that wait")
    if found.state is not ApprovalState.WAITING:
        raise UsageError(f"{found.id} is decided already: {found.said}")
    return found


def approve(
    services: Services, approval_id: str, *, by: str, now: datetime, why: str = "", words: str | None = None
) -> Approval:
    """Say yes; with `words`, to these instead of those asked about. Returns the approval as it stands then."""
    asked = the_one(services, approval_id)
    mail, mark = _approved(services, asked, words)
    state = ApprovalState.APPROVED if mark == asked.asked_mark else ApprovalState.EDITED
    return _answer(services, asked, Answer(asked.id, state, _named(by), now, _line(why), mark), mail)


def reject(services: Services, approval_id: str, *, by: str, now: datetime, why: str) -> Approval:
    """Say no, with a reason: the mail is called off, or the draft is not used."""
    if not why.strip():
        raise UsageError('say why not, for the record: --why "they are in the middle of a merger"')
    asked = the_one(services, approval_id)
    return _answer(services, asked, Answer(asked.id, ApprovalState.REJECTED, _named(by), now, _line(why), None))


def apply_deadlines(services: Services, now: datetime, tally: Tally) -> None:
    """What the playbook says about silence happens to everything that waited too long."""
    for asked in services.ledger.waiting_approvals(MOST):
        if asked.deadline is not None and asked.deadline <= now:
            tally.count(f"approvals past their deadline: {asked.on_deadline}")
            _without_answer(services, asked, now)


def deadline_passed(ledger: Ledger, now: datetime) -> bool:
    """Whether any question waited too long."""
    return any(asked.deadline is not None and asked.deadline <= now for asked in ledger.waiting_approvals(MOST))


def _without_answer(services: Services, asked: Approval, now: datetime) -> None:
    reason = f"nobody answered by {asked.deadline:%Y-%m-%d %H:%M} UTC"
    if asked.on_deadline is OnDeadline.HOLD:
        _remind(services, asked, now)
        return
    state, mark = ApprovalState.EXPIRED, None
    if asked.on_deadline is OnDeadline.APPROVE:
        # Silence approves what was asked, never what has been changed since.
        state, mark = ApprovalState.APPROVED, asked.asked_mark
    answer = Answer(asked.id, state, PLAYBOOK, now, reason, mark)
    if services.ledger.answer_approval(answer):
        _then(services, services.ledger.approvals([asked.id])[asked.id], now)


def _remind(services: Services, asked: Approval, now: datetime) -> None:
    """Once: from then on it waits without a deadline."""
    person = services.ledger.prospects([asked.prospect_key])[asked.prospect_key]
    found = question(services, asked)
    waits = asked.model_copy(update={"deadline": None})
    again = task(waits, person, services, now, f"Subject: {found.subject}\n\n{found.text}" if found.text else "", 2)
    services.ledger.commit(Change(actions=(again,)))
    services.ledger.prolong_approval(asked.id, None)


def _approved(services: Services, asked: Approval, words: str | None) -> tuple[RenderedMail | None, str]:
    """The mail where it was edited, and the mark of what is approved."""
    if asked.kind is ApprovalKind.DECK:
        if words is not None:
            raise UsageError(f"change the file {services.home / str(asked.deck)} itself, then approve it as it is")
        return None, file_mark(_file(services, asked))
    mail = _mail(services, asked)
    if mail is None:
        raise UsageError(f"the mail of {asked.id} is gone from the ledger: reject it")
    if words is None:
        return None, mail_mark(mail.model_dump())
    new = edited(mail, words, _language(services, asked))
    return (None if new.text == mail.text and new.subject == mail.subject else new), _mark_of(new, mail)


def _mark_of(new: RenderedMail, mail: RenderedMail) -> str:
    same = new.text == mail.text and new.subject == mail.subject
    return mail_mark((mail if same else new).model_dump())


def _file(services: Services, asked: Approval) -> bytes:
    path = Path(services.home / str(asked.deck))
    try:
        return path.read_bytes()
    except OSError:
        raise UsageError(f"the draft {path} cannot be read: reject it, and a new one is built") from None


def _mail(services: Services, asked: Approval) -> RenderedMail | None:
    if asked.action_key is None or asked.action_key not in (found := services.ledger.actions([asked.action_key])):
        return None
    payload = found[asked.action_key][0].payload
    return RenderedMail(**{part: payload[part] for part in ("subject", "text", "html")})


def _language(services: Services, asked: Approval) -> str:
    key = str(asked.action_key)
    return str(services.ledger.actions([key])[key][0].payload.get("language", "en"))


def _answer(services: Services, asked: Approval, answer: Answer, mail: RenderedMail | None = None) -> Approval:
    if not services.ledger.answer_approval(answer, mail):
        the_one(services, asked.id)  # says who was faster
        raise UsageError(f"{asked.id} was decided by somebody else at the same moment")
    decided = services.ledger.approvals([asked.id])[asked.id]
    _then(services, decided, answer.at)
    return decided


def _then(services: Services, decided: Approval, now: datetime) -> None:
    """A deck's prospect is looked at by the next pass; after a no about a mail, what comes next is decided."""
    if decided.kind is ApprovalKind.DECK:
        update(services.ledger, [decided.prospect_key], lambda p: p.model_copy(update={"due_at": now}))
    elif not decided.state.is_yes:
        _after_a_no(services, decided, now)


def _after_a_no(services: Services, decided: Approval, now: datetime) -> None:
    def told(given: Mapping[str, Prospect]) -> list[Outcome]:
        outcomes = [Outcome(services, prospect, f"approval-{decided.id}", now) for prospect in given.values()]
        for outcome in outcomes:
            if outcome.prospect.standing.may_be_written_to:
                outcome.take(_next(decided, services, now))
        return outcomes

    insist(services, services.ledger.prospects([decided.prospect_key]), told)


def _next(decided: Approval, services: Services, now: datetime) -> Decision:
    """Somebody who may not be approached is not followed up either; an answer is left to a person."""
    reason = f"{decided.kind.in_words} was {decided.said}"
    if decided.kind is ApprovalKind.FIRST_MAIL:
        later = now + timedelta(days=services.playbook.qualification.nurture_days)
        return Park(rule="approvals.rejected", reasons=(reason,), standing=Standing.NURTURE, until=later)
    return AskHuman(
        rule="approvals.rejected",
        reasons=(reason,),
        subject=f"Write in your own words: {decided.kind.in_words} was not approved",
        until=add_business_days(now, DAYS_AFTER_A_NO),
    )


def _named(by: str) -> str:
    if not by.strip():
        raise UsageError("say who decides: --by NAME")
    return _line(by)


def _line(words: str) -> str:
    return " ".join(words.split())[:500]
