"""CRM writes stand in the journal before their call; files, events and campaigns are actions too."""

from __future__ import annotations

from closeloop.adapters.ledger.migrations.steps import amend, on_sqlite, run

revision = "0003"
down_revision = "0002"

_KINDS = "kind IN ('email', 'task', 'convert')"
_MORE_KINDS = "kind IN ('email', 'task', 'convert', 'file', 'event', 'campaign')"
_STATES = "state IN ('intended', 'written', 'refused')"


def upgrade() -> None:
    """States for the journal, more kinds of actions, and their indexes."""
    if on_sqlite():
        amend("actions", (_KINDS, _MORE_KINDS))
        amend(
            "crm_writes",
            ("id INTEGER NOT NULL,", "id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,"),
            (
                "prospect_key VARCHAR, PRIMARY KEY (id)",
                "prospect_key VARCHAR, state VARCHAR(32) NOT NULL, undoes INTEGER, record_changed VARCHAR, "
                f"CONSTRAINT crm_write_state CHECK ({_STATES})",
            ),
            new={"state": "'written'"},  # before, only what had happened was noted
        )
    else:
        run(
            "ALTER TABLE actions DROP CONSTRAINT action_kind",
            f"ALTER TABLE actions ADD CONSTRAINT action_kind CHECK ({_MORE_KINDS})",
            "ALTER TABLE crm_writes ADD COLUMN state VARCHAR(32) NOT NULL DEFAULT 'written'",
            "ALTER TABLE crm_writes ALTER COLUMN state DROP DEFAULT",
            f"ALTER TABLE crm_writes ADD CONSTRAINT crm_write_state CHECK ({_STATES})",
            "ALTER TABLE crm_writes ADD COLUMN undoes BIGINT",
            'ALTER TABLE crm_writes ADD COLUMN record_changed VARCHAR COLLATE "C"',
        )
    run(
        "CREATE INDEX crm_writes_of_record ON crm_writes (record_id)",
        "CREATE INDEX crm_writes_intended ON crm_writes (record_id) WHERE state = 'intended'",
        "CREATE INDEX prospects_by_opportunity ON prospects (opportunity_id, key)",
    )
