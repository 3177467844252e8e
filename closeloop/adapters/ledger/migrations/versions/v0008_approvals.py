"""What a person must say yes to before it happens, and what they said."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from closeloop.adapters.ledger.columns import WORD, UtcMoment
from closeloop.adapters.ledger.migrations.steps import run

revision = "0008"
down_revision = "0007"

_STATES = ("waiting", "approved", "edited", "rejected", "expired")


def upgrade() -> None:
    """The new table."""
    state = sa.Enum(*_STATES, name="approval_state", native_enum=False, create_constraint=True, length=32)
    op.create_table(
        "approvals",
        sa.Column("id", WORD, primary_key=True),
        sa.Column("prospect_key", WORD, sa.ForeignKey("prospects.key"), nullable=False),
        sa.Column("state", state, nullable=False),
        sa.Column("asked_at", UtcMoment, nullable=False),
        sa.Column("decided_by", WORD),
        sa.Column("decided_at", UtcMoment),
        sa.Column("body", sa.Text, nullable=False),
        sa.CheckConstraint(
            "(state = 'waiting') = (decided_by IS NULL AND decided_at IS NULL)",
            name="who_decided_an_approval_is_known",
        ),
    )
    run(
        "CREATE INDEX approvals_of_prospect ON approvals (prospect_key)",
        "CREATE INDEX approvals_waiting ON approvals (asked_at, id) WHERE state = 'waiting'",
    )
