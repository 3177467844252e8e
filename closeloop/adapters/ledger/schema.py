"""The tables of the ledger. They hold the state model and the guarantees: no code path goes round them.

- `actions.key` is the primary key: planning the same thing twice is one row (never twice).
- `actions.words` is unique for each prospect among the mails that were not called off: under whatever key,
  nobody is sent the same words twice.
- `action_events` is the history of every move, append-only by trigger (see `triggers.py`; only the history of
  somebody who is being erased may go) and, like `actions.state`, limited to the moves of
  `closeloop.domain.actions.MOVES`.
- `signals` are unique by (source, id): a webhook delivered five times is one row.
- Every state is a closed set with a CHECK; a lease exists exactly while an action is claimed.

Every query of a stage pass has an index; `tests/contract/test_ledger_query_plans.py` looks at the plans.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from closeloop.adapters.ledger.columns import ROW_ID, WORD, UtcMoment, json_column, one_of
from closeloop.application.ports import WriteState
from closeloop.domain.actions import MOVES, ActionKind, ActionState
from closeloop.domain.signals import SignalKind
from closeloop.domain.stage import Stage, Standing

SCHEMA_VERSION = 10
"""Raised by one with each change of these tables; `migrations/` has the step to each."""

metadata = MetaData()


def legal_move(old: str, new: str) -> str:
    """SQL that is true for the moves of `MOVES` and for a first planning, over two column expressions."""
    steps = [f"{old} IS NULL AND {new} = '{ActionState.PLANNED.value}'"]
    for state, targets in MOVES.items():
        words = ", ".join(f"'{target.value}'" for target in sorted(targets))
        if words:
            steps.append(f"{old} = '{state.value}' AND {new} IN ({words})")
    return " OR ".join(f"({step})" for step in steps)


def some_rows(index: Index, condition: ColumnElement[bool]) -> None:
    """The index holds only rows that meet the condition, on every database."""
    index.dialect_options["sqlite"]["where"] = condition
    index.dialect_options["postgresql"]["where"] = condition


# --- prospects: the whole model as JSON in `body`, and columns for what is asked for ----------------

prospects = Table(
    "prospects",
    metadata,
    Column("key", WORD, primary_key=True),
    Column("email", WORD, nullable=False),  # lower case
    Column("domain", WORD),  # lower case
    Column("name", WORD, nullable=False),  # case-folded, for `find`
    Column("company", WORD, nullable=False),  # case-folded, for `find`
    Column("owner_id", WORD, nullable=False),
    Column("contact_id", WORD),
    Column("account_id", WORD),
    Column("opportunity_id", WORD),
    Column("stage", one_of(Stage, "prospect_stage"), nullable=False),
    Column("standing", one_of(Standing, "prospect_standing"), nullable=False),
    Column("due_at", UtcMoment),  # NULL: only a signal wakes it
    Column("changed", Boolean, nullable=False),  # differs from what the CRM was last given
    Column("body", Text, nullable=False),
    Index("prospects_due", "stage", "standing", "due_at", "key"),
    Index("prospects_by_email", "email", "key"),
    Index("prospects_by_domain", "domain", "key"),
    Index("prospects_by_opportunity", "opportunity_id", "key"),
)
some_rows(Index("prospects_changed", prospects.c.key), prospects.c.changed)

# --- decisions: kept for ever, in the order they were taken -----------------------------------------

decisions = Table(
    "decisions",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    Column("prospect_key", ForeignKey(prospects.c.key), nullable=False),
    Column("run_id", WORD, nullable=False),
    Column("stage", one_of(Stage, "decision_stage"), nullable=False),
    Column("at", UtcMoment, nullable=False),
    Column("kind", WORD, nullable=False),
    Column("rule", WORD, nullable=False),
    Column("reasons", json_column(), nullable=False),
    Column("playbook_version", WORD, nullable=False),
    Column("detail", json_column(), nullable=False),
    Index("decisions_of_prospect", "prospect_key"),
    sqlite_autoincrement=True,
)

# --- the outbox --------------------------------------------------------------------------------------

actions = Table(
    "actions",
    metadata,
    Column("key", WORD, CheckConstraint("key <> ''", name="action_key_is_not_empty"), primary_key=True),
    Column("kind", one_of(ActionKind, "action_kind"), nullable=False),
    Column("prospect_key", ForeignKey(prospects.c.key), nullable=False),
    Column("stage", one_of(Stage, "action_stage"), nullable=False),
    Column("due_at", UtcMoment, nullable=False),
    # planned -> claimed -> accepted | rejected | skipped | uncertain, or back to planned for a retry
    Column("state", one_of(ActionState, "action_state"), nullable=False),
    Column("attempt", Integer, nullable=False),  # claims so far
    Column("worker", WORD),  # who holds it now
    Column("lease_until", UtcMoment),  # after this a claimed action counts as uncertain
    Column("detail", WORD, nullable=False, default=""),  # words of the last move
    Column("provider_id", WORD),
    Column("words", WORD),  # of a mail: the hash of its subject and text
    CheckConstraint(
        "(state = 'claimed') = (lease_until IS NOT NULL AND worker IS NOT NULL)",
        name="a_lease_exists_exactly_while_claimed",
    ),
    CheckConstraint(
        "attempt >= 0 AND (attempt > 0 OR state IN ('planned', 'skipped'))", name="nothing_happens_without_a_claim"
    ),
    Index("actions_by_state", "kind", "state", "due_at", "key"),
    Index("actions_of_prospect", "prospect_key", "kind", "state"),
)
some_rows(
    Index("actions_words", actions.c.prospect_key, actions.c.words, unique=True),
    actions.c.words.is_not(None) & actions.c.state.not_in([ActionState.SKIPPED.value, ActionState.REJECTED.value]),
)
some_rows(Index("actions_lease", actions.c.lease_until), actions.c.lease_until.is_not(None))

# Apart from the states: a claim or an outcome would otherwise write the whole mail again.
action_payloads = Table(
    "action_payloads",
    metadata,
    Column("action_key", ForeignKey(actions.c.key), primary_key=True),
    Column("payload", json_column(), nullable=False),
)

# What a mailbox sends on which day. The row of a mailbox is what workers wait for while one of them counts.
mailboxes = Table("mailboxes", metadata, Column("mailbox", WORD, primary_key=True))

mailbox_slots = Table(
    "mailbox_slots",
    metadata,
    Column("action_key", ForeignKey(actions.c.key), primary_key=True),
    Column("mailbox", WORD, nullable=False),
    Column("day", WORD, nullable=False),  # as the mailbox counts days, 2026-03-02
    Column("at", UtcMoment, nullable=False),
    Index("slots_of_mailbox", "mailbox", "day"),
)

# Sequences and approaches, once for each form they ever had while somebody was inside them.
playbook_lines = Table(
    "playbook_lines",
    metadata,
    Column("hash", WORD, primary_key=True),
    Column("version", WORD, nullable=False),
    Column("content", Text, nullable=False),
)

action_events = Table(
    "action_events",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    Column("action_key", ForeignKey(actions.c.key), nullable=False),
    Column("at", UtcMoment, nullable=False),
    Column("old_state", one_of(ActionState, "event_old_state")),  # NULL: it was planned for the first time
    Column("new_state", one_of(ActionState, "event_new_state"), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("worker", WORD),
    Column("detail", WORD, nullable=False, default=""),
    Column("provider_id", WORD),
    CheckConstraint(legal_move("old_state", "new_state"), name="event_is_a_legal_move"),
    Index("events_of_action", "action_key", "id"),
    sqlite_autoincrement=True,
)

# What a worker knew of a claim that was no longer its own, where it could not become the action's state.
late_outcomes = Table(
    "late_outcomes",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    Column("action_key", ForeignKey(actions.c.key), nullable=False),
    Column("attempt", Integer, nullable=False),  # the attempt it speaks of
    Column("said", one_of(ActionState, "late_said"), nullable=False),
    Column("at", UtcMoment, nullable=False),
    Column("stood_at", one_of(ActionState, "late_stood_at"), nullable=False),  # where the action was by then
    Column("detail", WORD, nullable=False),
    Column("provider_id", WORD),
    UniqueConstraint("action_key", "attempt", "said"),
)

receipts = Table(
    "receipts",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    Column("action_key", ForeignKey(actions.c.key), nullable=False),
    Column("attempt", Integer, nullable=False),  # the attempt it was checked for
    Column("checked_at", UtcMoment, nullable=False),
    Column("values", json_column(), nullable=False),
    Column("verdict", WORD, nullable=False),
    Index("receipts_of_action", "action_key"),
)

# --- what the world told us --------------------------------------------------------------------------

signals = Table(
    "signals",
    metadata,
    Column("source", WORD, primary_key=True),
    Column("id", WORD, primary_key=True),
    Column("kind", one_of(SignalKind, "signal_kind"), nullable=False),
    Column("occurred_at", UtcMoment, nullable=False),
    Column("received_at", UtcMoment, nullable=False),
    Column("prospect_key", WORD),  # no foreign key: the world may speak of people we do not know
    Column("action_key", WORD),
    Column("address", WORD),  # lower case; the spelling received is in `body`
    Column("body", Text, nullable=False),
    Column("handled", Boolean, nullable=False),
    Column("understanding", Text),
    Index("signals_of_prospect", "prospect_key"),
    Index("signals_of_action", "action_key"),
    Index("signals_of_address", "address"),
    Index("signals_by_kind", "kind", "occurred_at", "id", "source"),
)
some_rows(Index("signals_waiting", signals.c.occurred_at, signals.c.id, signals.c.source), ~signals.c.handled)

suppressions = Table(
    "suppressions",
    metadata,
    Column("address", WORD, primary_key=True),  # lower case
    Column("reason", WORD, nullable=False),
    Column("at", UtcMoment, nullable=False),
    Column("tell", Boolean, nullable=False, server_default=false()),  # the mail provider has still to be told
)
some_rows(Index("suppressions_to_tell", suppressions.c.address), suppressions.c.tell)

# --- people who asked to be forgotten: what is left of them -------------------------------------------

erasures = Table(
    "erasures",
    metadata,
    Column("id", WORD, primary_key=True),
    Column("at", UtcMoment, nullable=False),
    Column("done_at", UtcMoment),  # NULL: a step is still to be done
    Column("receipt", json_column(), nullable=False),  # without anybody's data
)

forgotten = Table(
    "forgotten",
    metadata,
    Column("mark", WORD, primary_key=True),  # keyed hash of an address or a record id
    Column("erasure", ForeignKey(erasures.c.id), nullable=False),
)

# Whose history may be deleted at this moment; filled and emptied by the transaction that does it.
erasing = Table("erasing", metadata, Column("prospect_key", WORD, primary_key=True))

# People who may have been written to between a backup and the moment it was restored.
restore_doubts = Table("restore_doubts", metadata, Column("prospect_key", WORD, primary_key=True))

# --- the CRM -----------------------------------------------------------------------------------------

cursors = Table(
    "cursors",
    metadata,
    Column("name", WORD, primary_key=True),
    Column("value", WORD, nullable=False),
)

crm_seen = Table(
    "crm_seen",
    metadata,
    Column("record_id", WORD, primary_key=True),
    Column("fields", json_column(), nullable=False),
)

crm_writes = Table(
    "crm_writes",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    Column("run_id", WORD, nullable=False),
    Column("at", UtcMoment, nullable=False),
    Column("object", WORD, nullable=False),
    Column("record_id", WORD, nullable=False),
    Column("field", WORD, nullable=False),
    Column("before", json_column()),
    Column("after", json_column()),
    Column("reason", WORD, nullable=False),
    Column("prospect_key", WORD),  # NULL for a record that belongs to no prospect
    Column("state", one_of(WriteState, "crm_write_state"), nullable=False),
    Column("undoes", ROW_ID),  # the write that was taken back
    Column("record_changed", WORD),  # as the org gave it
    Index("crm_writes_of_run", "run_id"),
    Index("crm_writes_of_record", "record_id"),
    Index("crm_writes_of_prospect", "prospect_key"),
    sqlite_autoincrement=True,
)
some_rows(Index("crm_writes_intended", crm_writes.c.record_id), crm_writes.c.state == WriteState.INTENDED)

# --- accounts, quarantine, runs ----------------------------------------------------------------------

account_facts = Table(
    "account_facts",
    metadata,
    Column("account_key", WORD, primary_key=True),
    Column("facts", Text, nullable=False),  # `[]` is a known miss
    Column("expires_at", UtcMoment, nullable=False),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    Column("source", WORD, nullable=False),
    Column("line", Integer, nullable=False),
    Column("digest", WORD, nullable=False),  # of reason and row: the same row twice is one
    Column("body", Text, nullable=False),
    Column("at", UtcMoment, nullable=False),
    UniqueConstraint("source", "line", "digest"),
)

runs = Table(
    "runs",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    Column("run_id", WORD, nullable=False),
    Column("stage", WORD, nullable=False),
    Column("at", UtcMoment, nullable=False),
    Column("body", Text, nullable=False),
    UniqueConstraint("run_id", "stage"),  # a cycle is one run with a row for each stage
    Index("runs_by_time", "at", "id"),
)

# Who works a stage right now: two schedulers, or a late run, never work the same one at once.
stage_holds = Table(
    "stage_holds",
    metadata,
    Column("stage", WORD, primary_key=True),
    Column("worker", WORD, nullable=False),
    Column("since", UtcMoment, nullable=False),
    Column("until", UtcMoment, nullable=False),
)

# --- which schema this is: written by `migrations/` --------------------------------------------------

schema_version = Table(
    "schema_version",
    metadata,
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="schema_version_pkc"),
)
