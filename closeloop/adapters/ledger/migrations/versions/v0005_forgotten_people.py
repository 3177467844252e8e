"""People who asked to be forgotten, stops the mail provider has to be told, and doubts after a restore."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from closeloop.adapters.ledger.columns import WORD, UtcMoment
from closeloop.adapters.ledger.migrations.steps import on_sqlite, run

revision = "0005"
down_revision = "0004"

_THEIR_WISH = "('replied: asked us to stop', 'replied: a legal demand', 'unsubscribed')"
"""Reasons of before, in which a person told us and nobody told the provider."""


def upgrade() -> None:
    """The new tables, and the column that says whom the provider has to be told of."""
    no, yes = ("0", "1") if on_sqlite() else ("false", "true")
    run(
        f"ALTER TABLE suppressions ADD COLUMN tell BOOLEAN DEFAULT {no} NOT NULL",
        f"UPDATE suppressions SET tell = {yes} WHERE reason IN {_THEIR_WISH} AND address NOT LIKE '@%'",
        "CREATE INDEX suppressions_to_tell ON suppressions (address) WHERE tell",
    )
    op.create_table(
        "erasures",
        sa.Column("id", WORD, primary_key=True),
        sa.Column("at", UtcMoment, nullable=False),
        sa.Column("done_at", UtcMoment),
        sa.Column("receipt", sa.JSON(none_as_null=True), nullable=False),
    )
    op.create_table(
        "forgotten",
        sa.Column("mark", WORD, primary_key=True),
        sa.Column("erasure", WORD, sa.ForeignKey("erasures.id"), nullable=False),
    )
    op.create_table("erasing", sa.Column("prospect_key", WORD, primary_key=True))
    op.create_table("restore_doubts", sa.Column("prospect_key", WORD, primary_key=True))
