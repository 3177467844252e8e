"""Extras that were promised, out of which budget; and deals that ended are found by themselves."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from closeloop.adapters.ledger.columns import WORD
from closeloop.adapters.ledger.migrations.steps import run

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """The new tables, and an index over the decisions that closed a deal."""
    op.create_table("budget_accounts", sa.Column("account", WORD, primary_key=True))
    op.create_table(
        "grants",
        sa.Column("mail", WORD, primary_key=True),
        sa.Column("account", WORD, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.CheckConstraint("amount > 0", name="an_extra_is_worth_something"),
    )
    run(
        "CREATE INDEX grants_of_account ON grants (account)",
        "CREATE INDEX decisions_closing ON decisions (at) WHERE kind = 'Close'",
    )
