"""Everything stored about one prospect, gathered for `closeloop why`.

Invariant: one snapshot, so that the story is whole even while workers go on.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, or_, select

from closeloop.adapters.ledger import story_text
from closeloop.adapters.ledger.actions import WITH_PAYLOAD
from closeloop.adapters.ledger.approval_tables import approvals
from closeloop.adapters.ledger.codec import load_prospect
from closeloop.adapters.ledger.crm import write_of
from closeloop.adapters.ledger.engine import patient
from closeloop.adapters.ledger.rows import Part, claimed_action
from closeloop.adapters.ledger.runs import decision_of
from closeloop.adapters.ledger.schema import (
    action_events,
    actions,
    crm_writes,
    decisions,
    late_outcomes,
    prospects,
    receipts,
    signals,
    suppressions,
)
from closeloop.adapters.ledger.story_text import Move, Placed
from closeloop.application.ports import ReceiptRow, StoryLine, WriteState
from closeloop.domain.approvals import Approval
from closeloop.domain.prospect import Prospect
from closeloop.domain.signals import Signal, Understanding


class StoryRows(Part):
    """The port's method that tells a prospect's story."""

    @patient
    def story(self, prospect_key: str) -> list[StoryLine]:
        """Empty for a prospect that the ledger does not know."""
        with self._database.read() as connection:
            body = connection.scalar(select(prospects.c.body).where(prospects.c.key == prospect_key))
            if body is None:
                return []
            prospect = load_prospect(body)
            lines = [story_text.fact_line(fact) for fact in prospect.facts.values()]
            for part in (_decisions, _actions, _signals, _approvals, _suppressions, _crm_writes):
                lines.extend(part(connection, prospect))
        return story_text.in_order(lines)


def _decisions(connection: Connection, prospect: Prospect) -> Iterator[Placed]:
    query = select(decisions).where(decisions.c.prospect_key == prospect.key).order_by(decisions.c.id)
    for row in connection.execute(query).mappings():
        yield story_text.decision_line(decision_of(row))


def _actions(connection: Connection, prospect: Prospect) -> Iterator[Placed]:
    query = WITH_PAYLOAD.where(actions.c.prospect_key == prospect.key).order_by(actions.c.key)
    for row in connection.execute(query).mappings():
        moves, checked = _moves(connection, row["key"]), _receipts(connection, row["key"])
        action = claimed_action(row, row["payload"])
        yield from story_text.action_lines(action, moves, checked)
        late = select(late_outcomes).where(late_outcomes.c.action_key == action.key)
        for one in connection.execute(late):
            yield story_text.late_line(action, one.at, one.attempt, one.said, one.stood_at)


def _moves(connection: Connection, action_key: str) -> list[Move]:
    query = select(action_events).where(action_events.c.action_key == action_key).order_by(action_events.c.id)
    return [
        Move(
            at=row.at,
            old=row.old_state,
            new=row.new_state,
            attempt=row.attempt,
            worker=row.worker,
            detail=row.detail,
            provider_id=row.provider_id,
        )
        for row in connection.execute(query)
    ]


def _receipts(connection: Connection, action_key: str) -> list[tuple[int, ReceiptRow]]:
    query = select(receipts).where(receipts.c.action_key == action_key).order_by(receipts.c.id)
    rows = connection.execute(query).mappings().all()
    names = ReceiptRow.model_fields
    return [(row["attempt"], ReceiptRow.model_validate({name: row[name] for name in names})) for row in rows]


def _signals(connection: Connection, prospect: Prospect) -> Iterator[Placed]:
    """Theirs by key, by the mail they answer, or by address when they name nobody else."""
    table = signals.c
    theirs = select(actions.c.key).where(actions.c.prospect_key == prospect.key)
    nobody_else = (table.address == prospect.email.lower()) & table.prospect_key.is_(None)
    about = or_(table.prospect_key == prospect.key, table.action_key.in_(theirs), nobody_else)
    query = select(table.body, table.understanding).where(about)
    for row in connection.execute(query.order_by(table.occurred_at, table.id, table.source)):
        meaning = Understanding.model_validate_json(row.understanding) if row.understanding else None
        yield story_text.signal_line(Signal.model_validate_json(row.body), meaning)


def _approvals(connection: Connection, prospect: Prospect) -> Iterator[Placed]:
    query = select(approvals.c.body).where(approvals.c.prospect_key == prospect.key).order_by(approvals.c.id)
    for body in connection.scalars(query):
        yield from story_text.approval_lines(Approval.model_validate_json(body))


def _suppressions(connection: Connection, prospect: Prospect) -> Iterator[Placed]:
    query = select(suppressions).where(suppressions.c.address == prospect.email.lower())
    for row in connection.execute(query):
        yield story_text.suppression_line(row.address, row.reason, row.at)


def _crm_writes(connection: Connection, prospect: Prospect) -> Iterator[Placed]:
    theirs = (crm_writes.c.prospect_key == prospect.key) & (crm_writes.c.state != WriteState.REFUSED)
    query = select(crm_writes).where(theirs).order_by(crm_writes.c.id)
    for row in connection.execute(query).mappings():
        yield story_text.crm_line(write_of(row))
