"""The first ledger."""

from __future__ import annotations

from closeloop.adapters.ledger.migrations.steps import on_sqlite, run_file

revision = "0001"
down_revision = None


def upgrade() -> None:
    """All tables of the first ledger."""
    run_file("first.sqlite.sql" if on_sqlite() else "first.postgresql.sql")
