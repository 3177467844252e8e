"""What a side really did, counted from the journal of its sandbox, never from its own word."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from tests.bench.org import Org

READS = frozenset({"query", "query_more", "read", "retrieve", "describe"})


@dataclass(frozen=True)
class Arrived:
    """The calls of one pass and what they changed."""

    crm_calls: int
    mail_calls: int
    mails: Counter[str]
    """By address."""
    writes: Counter[tuple[str, str, str]]
    """By operation, object and record; a new record counts for its object."""

    def same_work_as(self, other: Arrived) -> bool:
        """The same people were written to as often, the same records changed, as many were made."""
        return self.mails == other.mails and self.writes == other.writes


def arrived(org: Org) -> Arrived:
    """Both journals of an org."""
    crm, mail = org.journal("salesforce"), org.journal("sendgrid")
    accepted = [entry for entry in mail if entry["status"] == 202]
    done = [op for entry in crm for op in entry["summary"].get("operations", []) if op.get("success")]
    return Arrived(
        crm_calls=sum(entry["summary"].get("calls", 1) for entry in crm),
        mail_calls=len(mail),
        mails=Counter(found["to"] for entry in accepted for found in entry["summary"]["messages"]),
        writes=Counter(_write(op) for op in done if op["op"] not in READS),
    )


def _write(op: dict[str, Any]) -> tuple[str, str, str]:
    return op["op"], op["object"], "" if op["op"] == "create" else op["id"]
