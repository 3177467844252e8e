"""The ledger's account of what we promised on top: which mail promised an extra, and out of which month's budget.

Invariant: the extras of a month that went out, may have gone out or are about to are never worth more together than
its budget. A mail that was called off or refused promised nothing, and its extra is free again.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from closeloop.domain.record import Record


class Grant(Record):
    """An extra that a mail promises. It counts once, however often it is given."""

    action_key: str
    prospect_key: str
    account: str
    """Such as `inducement:2026-11`."""
    amount: Decimal
    budget: Decimal | None
    """What the account may spend in all; None: there is no limit."""


class GrantLedger(Protocol):
    """See `closeloop.application.ledger_port.Ledger`, whose promises hold here too. Grants come in a `Change`."""

    def granted(self, accounts: Iterable[str]) -> dict[str, Decimal]:
        """What each account has spent, 0 for one that never did."""
        ...

    def deals_won_since(self, moment: datetime | None) -> int:
        """Deals won at or after this moment (None: ever); one that was won twice counts twice."""
        ...
