"""What the ledger is asked about approvals. Part of the ledger port."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from closeloop.domain.approvals import Answer, Approval
from closeloop.domain.messages import RenderedMail


class ApprovalLedger(Protocol):
    """Approvals are asked with the change that plans what waits for them (`Change.approvals`)."""

    def approvals(self, ids: Iterable[str]) -> dict[str, Approval]:
        """By id; only those there are."""
        ...

    def waiting_approvals(self, limit: int) -> list[Approval]:
        """Not decided yet, the oldest first, then by id."""
        ...

    def answer_approval(self, answer: Answer, words: RenderedMail | None = None) -> bool:
        """Decide one, in one transaction with what follows; False when it is decided already: nothing happens.

        A yes makes its mail due at once, in these `words` where they were edited. A no calls the mail off.
        """
        ...

    def prolong_approval(self, approval_id: str, deadline: datetime | None) -> None:
        """Another deadline for one that still waits; None: it waits until somebody answers."""
        ...
