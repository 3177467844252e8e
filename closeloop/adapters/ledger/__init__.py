"""The ledger: signals, decisions, actions and their history in one database. It is the truth."""

from closeloop.adapters.ledger.sql_ledger import SqlLedger, copy_in_memory, open_ledger

__all__ = ["SqlLedger", "copy_in_memory", "open_ledger"]
