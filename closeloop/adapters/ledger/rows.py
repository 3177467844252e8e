"""Models to rows and back, and the base of every part of the ledger.

Invariant: e-mail addresses and domains are stored and asked for in lower case, names case-folded.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping

from closeloop.adapters.ledger.codec import dump_prospect
from closeloop.adapters.ledger.engine import Database
from closeloop.domain.actions import Action, ActionState, ClaimedAction
from closeloop.domain.prospect import Prospect
from closeloop.domain.signals import Signal


class Part:
    """One concern of the ledger over the shared database."""

    def __init__(self, database: Database) -> None:
        self._database = database


def folded(*words: str | None) -> str:
    """Words as `find` compares them: one space between, case away."""
    return " ".join(" ".join(word for word in words if word).split()).casefold()


def prospect_row(prospect: Prospect) -> dict[str, Any]:
    """A prospect that the CRM has not been told of yet."""
    return {
        "key": prospect.key,
        "email": prospect.email.lower(),
        "domain": prospect.domain.lower() if prospect.domain else None,
        "name": folded(prospect.first_name, prospect.last_name),
        "company": folded(prospect.company),
        "owner_id": prospect.owner_id,
        "contact_id": prospect.crm.contact,
        "account_id": prospect.crm.account,
        "opportunity_id": prospect.crm.opportunity,
        "stage": prospect.stage,
        "standing": prospect.standing,
        "due_at": prospect.due_at,
        "changed": True,
        "body": dump_prospect(prospect),
    }


def action_row(action: Action) -> dict[str, Any]:
    """An action that has just been planned."""
    return {
        "key": action.key,
        "kind": action.kind,
        "prospect_key": action.prospect_key,
        "stage": action.stage,
        "due_at": action.due_at,
        "state": ActionState.PLANNED,
        "attempt": 0,
        "detail": "",
        "words": action.words,
    }


def claimed_action(row: RowMapping, payload: dict[str, Any]) -> ClaimedAction:
    """The action in a row of `actions`, with its payload."""
    return ClaimedAction(
        key=row["key"],
        kind=row["kind"],
        prospect_key=row["prospect_key"],
        stage=row["stage"],
        due_at=row["due_at"],
        payload=payload,
        words=row["words"],
        attempt=row["attempt"],
    )


def event_row(
    key: str,
    attempt: int,
    old: ActionState | None,
    new: ActionState,
    at: datetime,
    *,
    detail: str = "",
    worker: str | None = None,
    provider_id: str | None = None,
) -> dict[str, Any]:
    """One line of history."""
    return {
        "action_key": key,
        "at": at,
        "old_state": old,
        "new_state": new,
        "attempt": attempt,
        "worker": worker,
        "detail": detail,
        "provider_id": provider_id,
    }


def signal_row(signal: Signal, now: datetime) -> dict[str, Any]:
    """A signal that nobody has handled yet."""
    return {
        "source": signal.source,
        "id": signal.id,
        "kind": signal.kind,
        "occurred_at": signal.occurred_at,
        "received_at": now,
        "prospect_key": signal.prospect_key,
        "action_key": signal.action_key,
        "address": signal.address.lower() if signal.address else None,
        "body": signal.model_dump_json(),
        "handled": False,
    }
