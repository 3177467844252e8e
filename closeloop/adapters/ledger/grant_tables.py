"""The tables of extras that were promised; part of the ledger's schema."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Table

from closeloop.adapters.ledger.columns import WORD
from closeloop.adapters.ledger.schema import decisions, metadata, some_rows

# The row of an account is what workers wait for while one of them counts.
budget_accounts = Table("budget_accounts", metadata, Column("account", WORD, primary_key=True))

grants = Table(
    "grants",
    metadata,
    Column("mail", WORD, primary_key=True),  # the key of its action; of somebody who was forgotten, a hash of it
    Column("account", WORD, nullable=False),
    Column("amount", BigInteger, nullable=False),  # ten-thousandths of the currency
    CheckConstraint("amount > 0", name="an_extra_is_worth_something"),
    Index("grants_of_account", "account"),
)

some_rows(Index("decisions_closing", decisions.c.at), decisions.c.kind == "Close")
