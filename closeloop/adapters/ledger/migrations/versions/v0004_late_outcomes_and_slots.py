"""What a late worker knows is kept; mailboxes have slots; playbook lines stay as they were entered.

The moves learn that proof may come late: planned -> accepted, and uncertain -> skipped.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from closeloop.adapters.ledger.columns import ROW_ID, WORD, UtcMoment
from closeloop.adapters.ledger.migrations.steps import amend, on_sqlite, run

revision = "0004"
down_revision = "0003"

_STATES = ("planned", "claimed", "accepted", "rejected", "skipped", "uncertain")
_CLAIMED = "CONSTRAINT a_claim_is_an_attempt CHECK (attempt >= 0 AND (attempt > 0 OR state <> 'claimed'))"
_DONE = (
    "CONSTRAINT nothing_happens_without_a_claim "
    "CHECK (attempt >= 0 AND (attempt > 0 OR state IN ('planned', 'skipped')))"
)
_MOVES = (
    "(old_state IS NULL AND new_state = 'planned') OR "
    "(old_state = 'planned' AND new_state IN ('accepted', 'claimed', 'skipped')) OR "
    "(old_state = 'claimed' AND new_state IN ('accepted', 'planned', 'rejected', 'skipped', 'uncertain')) OR "
    "(old_state = 'uncertain' AND new_state IN ('accepted', 'planned', 'rejected', 'skipped'))"
)


def upgrade() -> None:
    """The new moves and the new tables."""
    _allow_late_proof()
    run("DROP INDEX signals_by_id")  # a signal is known by its source and its id
    op.create_table(
        "late_outcomes",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("action_key", WORD, sa.ForeignKey("actions.key"), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("said", _state("late_said"), nullable=False),
        sa.Column("at", UtcMoment, nullable=False),
        sa.Column("stood_at", _state("late_stood_at"), nullable=False),
        sa.Column("detail", WORD, nullable=False),
        sa.Column("provider_id", WORD),
        sa.UniqueConstraint("action_key", "attempt", "said"),
    )
    op.create_table("mailboxes", sa.Column("mailbox", WORD, primary_key=True))
    op.create_table(
        "mailbox_slots",
        sa.Column("action_key", WORD, sa.ForeignKey("actions.key"), primary_key=True),
        sa.Column("mailbox", WORD, nullable=False),
        sa.Column("day", WORD, nullable=False),
        sa.Column("at", UtcMoment, nullable=False),
    )
    op.create_index("slots_of_mailbox", "mailbox_slots", ["mailbox", "day"])
    op.create_table(
        "playbook_lines",
        sa.Column("hash", WORD, primary_key=True),
        sa.Column("version", WORD, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
    )


def _allow_late_proof() -> None:
    if on_sqlite():
        amend("actions", (_CLAIMED, _DONE))
        amend(
            "action_events",
            (
                "old_state = 'planned' AND new_state IN ('claimed',",
                "old_state = 'planned' AND new_state IN ('accepted', 'claimed',",
            ),
            ("IN ('accepted', 'planned', 'rejected')))", "IN ('accepted', 'planned', 'rejected', 'skipped')))"),
        )
    else:
        run(
            "ALTER TABLE actions DROP CONSTRAINT a_claim_is_an_attempt",
            f"ALTER TABLE actions ADD {_DONE}",
            "ALTER TABLE action_events DROP CONSTRAINT event_is_a_legal_move",
            f"ALTER TABLE action_events ADD CONSTRAINT event_is_a_legal_move CHECK ({_MOVES})",
        )


def _state(name: str) -> sa.Enum:
    return sa.Enum(*_STATES, name=name, native_enum=False, create_constraint=True, length=32)
