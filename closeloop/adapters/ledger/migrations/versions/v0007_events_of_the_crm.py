"""What the CRM tells by itself, each event once, and the runs that take the events."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from closeloop.adapters.ledger.columns import WORD, UtcMoment
from closeloop.adapters.ledger.migrations.steps import on_sqlite, run

revision = "0007"
down_revision = "0006"

_CHANGES = ("create", "update", "delete", "undelete", "gap")


def upgrade() -> None:
    """The new tables."""
    change = sa.Enum(*_CHANGES, name="crm_event_change", native_enum=False, create_constraint=True, length=32)
    op.create_table(
        "crm_events",
        sa.Column("source", WORD, primary_key=True),
        sa.Column("id", WORD, primary_key=True),
        sa.Column("object", WORD, nullable=False),
        sa.Column("record_id", WORD, nullable=False),
        sa.Column("change", change, nullable=False),
        sa.Column("occurred_at", UtcMoment, nullable=False),
        sa.Column("received_at", UtcMoment, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("run_key", WORD),
        sa.Column("handled_at", UtcMoment),
        sa.Column("outcome", WORD),
        sa.CheckConstraint("(handled_at IS NULL) = (outcome IS NULL)", name="what_is_handled_has_an_outcome"),
    )
    run(
        "CREATE INDEX crm_events_waiting ON crm_events (occurred_at, id, source) WHERE handled_at IS NULL",
        "CREATE INDEX crm_events_taken ON crm_events (run_key, occurred_at, id, source) "
        "WHERE handled_at IS NULL AND run_key IS NOT NULL",
    )
    op.create_table(
        "event_runs",
        sa.Column("key", WORD, primary_key=True),
        sa.Column("opened_at", UtcMoment, nullable=False),
        sa.Column("until", UtcMoment, nullable=False),
        sa.Column("dispatched_at", UtcMoment),
        sa.Column("flow_run_id", WORD),
        sa.Column("ended", sa.Boolean, nullable=False),
    )
    still_open = "ended = 0" if on_sqlite() else "NOT ended"
    run(f"CREATE INDEX event_runs_open ON event_runs (opened_at, key) WHERE {still_open}")
