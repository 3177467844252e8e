"""The table of credits spent; part of the ledger's schema."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Integer, Table

from closeloop.adapters.ledger.columns import WORD
from closeloop.adapters.ledger.schema import metadata

credits_spent = Table(
    "credits_spent",
    metadata,
    Column("account", WORD, primary_key=True),
    Column("spent", Integer, nullable=False),  # hundredths of a credit
    CheckConstraint("spent >= 0", name="nobody_earns_credits"),
)
