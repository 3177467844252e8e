"""Approvals in the ledger.

Invariant: an answer, the words it approves and what becomes of the mail are one transaction; of two answers at once
one counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from closeloop.adapters.ledger.approval_tables import approvals
from closeloop.adapters.ledger.batches import move, record
from closeloop.adapters.ledger.engine import chunks, patient, patient_and_repeatable
from closeloop.adapters.ledger.rows import Part, event_row
from closeloop.adapters.ledger.schema import action_payloads, actions
from closeloop.adapters.ledger.statements import insert_new
from closeloop.domain.actions import ActionState, words_of
from closeloop.domain.approvals import Answer, Approval, ApprovalState
from closeloop.domain.messages import RenderedMail
from closeloop.domain.threads import bare

_WAITING = approvals.c.state == ApprovalState.WAITING


class ApprovalRows(Part):
    """The port's methods about approvals."""

    @patient
    def approvals(self, ids: Iterable[str]) -> dict[str, Approval]:
        found: dict[str, Approval] = {}
        with self._database.read() as connection:
            for part in chunks(ids):
                rows = connection.execute(select(approvals.c.id, approvals.c.body).where(approvals.c.id.in_(part)))
                found.update((row.id, Approval.model_validate_json(row.body)) for row in rows)
        return found

    @patient
    def waiting_approvals(self, limit: int) -> list[Approval]:
        query = select(approvals.c.body).where(_WAITING).order_by(approvals.c.asked_at, approvals.c.id).limit(limit)
        with self._database.read() as connection:
            return [Approval.model_validate_json(body) for body in connection.scalars(query)]

    @patient_and_repeatable
    def answer_approval(self, answer: Answer, words: RenderedMail | None = None) -> bool:
        with self._database.write() as connection:
            known = _waiting(connection, answer.id)
            if known is None:
                return _is_this(connection, answer)
            decided = answered(known, answer)
            values = {"state": decided.state, "decided_by": answer.by, "decided_at": answer.at}
            row = approvals.update().where((approvals.c.id == answer.id) & _WAITING)
            if connection.execute(row.values(body=decided.model_dump_json(), **values)).rowcount == 0:
                return False
            if known.action_key is not None:
                _follow(connection, known.action_key, decided, words)
        return True

    @patient_and_repeatable
    def prolong_approval(self, approval_id: str, deadline: datetime | None) -> None:
        with self._database.write() as connection:
            known = _waiting(connection, approval_id)
            if known is not None:
                body = known.model_copy(update={"deadline": deadline}).model_dump_json()
                connection.execute(
                    approvals.update().where((approvals.c.id == approval_id) & _WAITING).values(body=body)
                )


def ask(connection: Connection, asked: Sequence[Approval]) -> None:
    """Inside the transaction of the pass; one that was asked before stays as it is."""
    rows = [
        {
            "id": a.id,
            "prospect_key": a.prospect_key,
            "state": a.state,
            "asked_at": a.asked_at,
            "body": a.model_dump_json(),
        }
        for a in sorted(asked, key=lambda a: a.id)
    ]
    insert_new(connection, approvals, rows)


def asked_about(connection: Connection) -> list[str]:
    """Keys of the actions that wait for an answer: a yes makes one due at once, whenever it was due before."""
    waiting = (
        Approval.model_validate_json(body) for body in connection.scalars(select(approvals.c.body).where(_WAITING))
    )
    return [approval.action_key for approval in waiting if approval.action_key is not None]


def answered(approval: Approval, answer: Answer) -> Approval:
    """The approval with its answer."""
    said: dict[str, Any] = {"state": answer.state, "decided_by": answer.by, "decided_at": answer.at}
    return approval.model_copy(update=said | {"reason": answer.reason, "mark": answer.mark})


def in_words_of(payload: dict[str, Any], words: RenderedMail) -> dict[str, Any]:
    """The payload with the mail as it was edited; what was asked about stays beside it."""
    asked = {part: payload.get(part, "") for part in ("subject", "text")}
    return payload | words.model_dump() | {"asked": asked}


def called_off(decided: Approval) -> str:
    """Why a mail is called off."""
    return f"not approved: {decided.said}"


def new_words(words: RenderedMail) -> str:
    """The mark under which an edited mail is known as sent."""
    return words_of(bare(words.subject), words.text)


def _waiting(connection: Connection, approval_id: str) -> Approval | None:
    query = select(approvals.c.body).where((approvals.c.id == approval_id) & _WAITING).with_for_update()
    body = connection.scalar(query)
    return None if body is None else Approval.model_validate_json(body)


def _is_this(connection: Connection, answer: Answer) -> bool:
    """Whether the same answer came through before: a repeated call after a lost connection is the same call."""
    body = connection.scalar(select(approvals.c.body).where(approvals.c.id == answer.id))
    found = Approval.model_validate_json(body) if body else None
    return found is not None and (found.state, found.decided_by, found.decided_at, found.mark) == (
        answer.state, answer.by, answer.at, answer.mark,
    )  # fmt: skip


def _follow(connection: Connection, key: str, decided: Approval, words: RenderedMail | None) -> None:
    """The mail goes on, or is called off. One that a worker holds this moment finds the answer at its last look."""
    if words is not None:
        payload = connection.execute(
            select(action_payloads.c.payload).where(action_payloads.c.action_key == key)
        ).scalar_one()
        row = action_payloads.update().where(action_payloads.c.action_key == key)
        connection.execute(row.values(payload=in_words_of(payload, words)))
        connection.execute(actions.update().where(actions.c.key == key).values(words=new_words(words)))
    planned = (actions.c.key == key) & (actions.c.state == ActionState.PLANNED)
    if decided.state.is_yes:
        connection.execute(actions.update().where(planned).values(due_at=decided.decided_at))
        return
    attempt = connection.scalar(select(actions.c.attempt).where(planned).with_for_update())
    if attempt is not None and decided.decided_at is not None:
        why = called_off(decided)
        record(
            connection,
            [event_row(key, attempt, ActionState.PLANNED, ActionState.SKIPPED, decided.decided_at, detail=why)],
        )
        move(
            connection,
            [{"key": key, "state": ActionState.SKIPPED, "detail": why, "provider_id": None, "due_at": None}],
        )
