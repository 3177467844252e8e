"""The Prefect tasks: a batch in, a result per prospect out. Each is a thin wrapper of a use case.

Importing this package opens nothing. A task run works 200 to 1,000 prospects; what happened to each stands
in the ledger, since Prefect's own records are for people to look at and may be lost in a flood.
"""
