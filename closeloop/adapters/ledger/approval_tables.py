"""The table of approvals; part of the ledger's schema.

An approval is decided once: whoever changes a state asks in the same statement whether it still waits.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Table, Text

from closeloop.adapters.ledger.columns import WORD, UtcMoment, one_of
from closeloop.adapters.ledger.schema import metadata, prospects, some_rows
from closeloop.domain.approvals import ApprovalState

approvals = Table(
    "approvals",
    metadata,
    Column("id", WORD, primary_key=True),
    Column("prospect_key", ForeignKey(prospects.c.key), nullable=False),
    Column("state", one_of(ApprovalState, "approval_state"), nullable=False),
    Column("asked_at", UtcMoment, nullable=False),
    Column("decided_by", WORD),
    Column("decided_at", UtcMoment),
    Column("body", Text, nullable=False),  # the whole of it, without the words that are asked about
    CheckConstraint(
        "(state = 'waiting') = (decided_by IS NULL AND decided_at IS NULL)", name="who_decided_an_approval_is_known"
    ),
    Index("approvals_of_prospect", "prospect_key"),
)
some_rows(
    Index("approvals_waiting", approvals.c.asked_at, approvals.c.id), approvals.c.state == ApprovalState.WAITING
)
