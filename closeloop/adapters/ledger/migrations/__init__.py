"""The steps from each schema of the ledger to the next, for Alembic; `upgrade.py` takes them as a ledger is opened.

A change of `schema.py` raises its SCHEMA_VERSION and adds `versions/vNNNN_….py` after the newest. Steps that were
released are never edited, and use nothing that may change: names, words and rules stand in them as text. Triggers
are not their business: they are dropped before the first step and made anew after the last.
"""
