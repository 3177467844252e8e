"""What sources of facts have cost."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from closeloop.adapters.ledger.columns import WORD

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """The new table."""
    op.create_table(
        "credits_spent",
        sa.Column("account", WORD, primary_key=True),
        sa.Column("spent", sa.Integer, nullable=False),
        sa.CheckConstraint("spent >= 0", name="nobody_earns_credits"),
    )
