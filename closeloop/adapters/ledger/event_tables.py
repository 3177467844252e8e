"""The tables of the CRM's events and of the runs that take them; part of the ledger's schema.

An event is unique by (source, id), and is taken or handled only together with what says so.
"""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, Index, Table, Text

from closeloop.adapters.ledger.columns import WORD, UtcMoment, one_of
from closeloop.adapters.ledger.schema import metadata, some_rows
from closeloop.domain.crm_events import ChangeKind

crm_events = Table(
    "crm_events",
    metadata,
    Column("source", WORD, primary_key=True),
    Column("id", WORD, primary_key=True),
    Column("object", WORD, nullable=False),
    Column("record_id", WORD, nullable=False),
    Column("change", one_of(ChangeKind, "crm_event_change"), nullable=False),
    Column("occurred_at", UtcMoment, nullable=False),
    Column("received_at", UtcMoment, nullable=False),
    Column("body", Text, nullable=False),  # the event without any of the record's values
    Column("run_key", WORD),  # the run that took it last
    Column("handled_at", UtcMoment),
    Column("outcome", WORD),
    CheckConstraint("(handled_at IS NULL) = (outcome IS NULL)", name="what_is_handled_has_an_outcome"),
)
some_rows(
    Index("crm_events_waiting", crm_events.c.occurred_at, crm_events.c.id, crm_events.c.source),
    crm_events.c.handled_at.is_(None),
)
some_rows(
    Index("crm_events_taken", crm_events.c.run_key, crm_events.c.occurred_at, crm_events.c.id, crm_events.c.source),
    crm_events.c.handled_at.is_(None) & crm_events.c.run_key.is_not(None),
)

event_runs = Table(
    "event_runs",
    metadata,
    Column("key", WORD, primary_key=True),
    Column("opened_at", UtcMoment, nullable=False),
    Column("until", UtcMoment, nullable=False),
    Column("dispatched_at", UtcMoment),  # NULL: Prefect has not said yet that it has it
    Column("flow_run_id", WORD),
    Column("ended", Boolean, nullable=False),
)
some_rows(Index("event_runs_open", event_runs.c.opened_at, event_runs.c.key), ~event_runs.c.ended)
