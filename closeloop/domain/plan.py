"""The plan of a run: everything it would do outside, by prospect, and what each part rests on.

A plan is a file that people read, approve and keep. Invariants: each item and each prospect's part carries a
checksum made with the secret of the home it was planned in, so that a changed word is noticed; two plans of the
same world are equal but for the moment they were made at.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from enum import StrEnum
from typing import Any, Final, Literal

from pydantic import Field

from closeloop.domain.record import Moment, Record

SCHEMA_VERSION: Final = 1
"""Raised with every change of the file's shape that an older or newer program would misread."""


class ItemKind(StrEnum):
    """What an item does outside."""

    MAIL = "mail"
    FIELDS = "fields"
    TASK = "task"
    EVENT = "event"
    FILE = "file"
    CONVERSION = "conversion"
    ROLE = "contact_role"
    MEMBER = "campaign_member"
    LEAD = "new_lead"


class Item(Record):
    """One thing to do outside, under the key that makes it happen once."""

    kind: ItemKind
    key: str
    content: dict[str, Any]
    """Complete: a mail with its text, a record's fields as they will be."""
    before: dict[str, Any] = {}
    """Of fields: what they say now."""
    why: tuple[str, ...] = ()
    checksum: str = ""


class Decided(Record):
    """A decision the rules take, as the plan tells it."""

    stage: str
    what: str
    rule: str
    reasons: tuple[str, ...]


class RestsOn(Record):
    """What was read of the world about one prospect."""

    version: str | None = None
    """Fingerprint of the prospect in the ledger; None: the ledger does not know it yet."""
    signals: dict[str, str] = {}
    """Name (source and id) to kind of each reply or event about it that waits to be worked on."""
    halted: bool = False
    """A reply or a stop waits, about this person or a colleague."""
    suppressed: dict[str, str] = {}
    """Address or account to the reason it may not be written to."""
    crm: dict[str, dict[str, Any]] = {}
    """Record id to the values read there; when it changed is left out, what it says is not."""


class Part(Record):
    """All that a run would do about one prospect. It is applied whole, or not at all."""

    key: str
    person: str = ""
    company: str = ""
    email: str = ""
    decided: tuple[Decided, ...] = ()
    items: tuple[Item, ...] = ()
    rests_on: RestsOn = RestsOn()
    checksum: str = ""


class Totals(Record):
    """The size of it, for whoever approves."""

    prospects: int
    items: dict[str, int]
    """By kind; of fields, the records that change."""
    field_changes: int
    api_calls: dict[str, int]
    """`salesforce_reads` as counted while planning, `salesforce_writes` and `sendgrid` at most."""
    lookups: dict[str, int]
    """Accounts a source of facts is asked about, by source."""
    credits: int
    """What those lookups cost; they are paid for once, when the plan is made. The built-in sources cost nothing."""


class Plan(Record):
    """The file that `plan` writes and `apply` carries out."""

    schema_version: Literal[1] = SCHEMA_VERSION
    made_at: Moment
    as_of: Moment
    """The moment the run works for."""
    stage: str
    limit: int | None = None
    playbook_version: str
    rules: str
    """Fingerprint of the playbook and the CRM mapping."""
    totals: Totals
    parts: tuple[Part, ...] = Field(default=())
    checksum: str = ""

    def items(self) -> list[Item]:
        return [item for part in self.parts for item in part.items]


def fingerprint(*values: Any) -> str:
    """Of plain JSON values; the same for the same content."""
    return hashlib.sha256(_canonical(values)).hexdigest()[:32]


def sealed(plan: Plan, secret: str) -> Plan:
    """With every checksum set."""
    parts = tuple(_sealed_part(part, secret) for part in plan.parts)
    whole = plan.model_copy(update={"parts": parts})
    return whole.model_copy(update={"checksum": _head(whole, secret)})


def _sealed_part(part: Part, secret: str) -> Part:
    items = tuple(item.model_copy(update={"checksum": _checksum(item, secret)}) for item in part.items)
    filled = part.model_copy(update={"items": items})
    return filled.model_copy(update={"checksum": _checksum(filled, secret)})


def head_is_whole(plan: Plan, secret: str) -> bool:
    """Whether what concerns all of it is as it was written. Parts that a person took out are not missed."""
    return hmac.compare_digest(plan.checksum, _head(plan, secret))


def edited(part: Part, secret: str) -> list[str]:
    """What was changed in the file since, in words; empty when nothing was."""
    wrong = [item for item in part.items if not hmac.compare_digest(item.checksum, _checksum(item, secret))]
    if wrong:
        return [f"{', '.join(_named(item) for item in wrong)} edited in the file"]
    if not hmac.compare_digest(part.checksum, _checksum(part, secret)):
        return ["this part was edited in the file: take it out whole, or leave it as it is"]
    return []


def _named(item: Item) -> str:
    """`the mail “Invoices at Volvo”`, where it has a name that people know."""
    mail = item.content.get("mail")
    title = (mail if isinstance(mail, dict) else item.content).get("subject")
    return f"the {item.kind.value.replace('_', ' ')} {f'“{title}”' if title else item.key}"


def _checksum(given: Item | Part, secret: str) -> str:
    return _signed(given.model_dump(mode="json", exclude={"checksum"}), secret)


def _head(plan: Plan, secret: str) -> str:
    return _signed(plan.model_dump(mode="json", exclude={"checksum", "parts", "totals"}), secret)


def _signed(content: Any, secret: str) -> str:
    key = hashlib.sha256(f"closeloop plan {secret}".encode()).digest()
    return hmac.new(key, _canonical(content), hashlib.sha256).hexdigest()[:32]


def _canonical(content: Any) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=str).encode()
