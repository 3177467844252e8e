"""Who works a stage right now, so that two runs of one stage are never at work at the same time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from closeloop.adapters.ledger.columns import WORD, UtcMoment

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """The new table."""
    op.create_table(
        "stage_holds",
        sa.Column("stage", WORD, primary_key=True),
        sa.Column("worker", WORD, nullable=False),
        sa.Column("since", UtcMoment, nullable=False),
        sa.Column("until", UtcMoment, nullable=False),
    )
