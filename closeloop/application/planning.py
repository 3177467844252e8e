"""A plan made of a rehearsal: what a dry run did on paper, prospect by prospect, and what it rests on.

Invariant: nothing is decided here. The rehearsal went through the very passes of a run; this only writes down what
came of it and what the world said at that moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any

from closeloop.application import plan_items as items
from closeloop.application.plan_world import what_it_rests_on
from closeloop.application.ports import (
    Conversion,
    CrmFile,
    CrmMeeting,
    CrmMember,
    CrmTask,
    Ledger,
    OutgoingMail,
)
from closeloop.application.results import StageResult
from closeloop.application.services import Services
from closeloop.domain.api_budget import (
    CONVERSIONS_PER_CALL,
    FILES_PER_CALL,
    KEYS_PER_QUERY,
    ROWS_PER_COMPOSITE,
)
from closeloop.domain.leads import LeadDraft
from closeloop.domain.plan import Decided, Item, ItemKind, Part, Plan, Totals, fingerprint, sealed
from closeloop.domain.prospect import Prospect
from closeloop.domain.stalled import name_of

MAILS_PER_REQUEST = 1000
Owned = list[tuple[str, Item]]
"""Prospect key and item."""


@dataclass(frozen=True)
class Rehearsed:
    """A dry run that is over: its private ledger, and what it would have asked of the outside."""

    ledger: Ledger
    run_id: str
    results: Sequence[StageResult]
    mails: Sequence[OutgoingMail]
    tasks: Sequence[CrmTask]
    conversions: Sequence[Conversion]
    files: Sequence[CrmFile]
    meetings: Sequence[CrmMeeting]
    members: Sequence[CrmMember]
    roles: Mapping[str, tuple[str, str]]
    leads: Sequence[LeadDraft]
    seen: Mapping[str, Mapping[str, Any]]
    """Record id to the values read there."""
    lookups: Mapping[str, int]
    credits: int
    reads: int
    """API calls it took."""


def make_plan(real: Services, done: Rehearsed, stage: str, as_of: datetime, limit: int | None) -> Plan:
    """The plan, sealed with the secret of this home."""
    owned = _owned(done)
    decided = _decided(done)
    keys = sorted({key for key, _ in owned} | decided.keys())
    people = done.ledger.prospects(keys)
    rests_on = what_it_rests_on(real, people.values(), done.seen)
    by_owner: dict[str, list[Item]] = {}
    for key, item in owned:
        by_owner.setdefault(key, []).append(item)
    parts = [
        Part(
            key=key,
            **_who(people.get(key), by_owner.get(key, [])),
            decided=tuple(decided.get(key, ())),
            items=tuple(by_owner.get(key, ())),
            **({"rests_on": rests_on[key]} if key in rests_on else {}),
        )
        for key in keys
    ]
    plan = Plan(
        made_at=real.clock.now(),
        as_of=as_of,
        stage=stage,
        limit=limit,
        playbook_version=real.playbook.version,
        rules=rules_of(real),
        totals=_totals(parts, done),
        parts=tuple(parts),
    )
    return sealed(plan, real.secret)


def rules_of(services: Services) -> str:
    """Fingerprint of every rule a sales team may change."""
    return fingerprint(services.playbook.model_dump(mode="json"), services.mapping.model_dump(mode="json"))


def _owned(done: Rehearsed) -> Owned:
    """Every item with the prospect it is about."""
    by_action = [
        *((mail.action_key, items.mail_item(mail)) for mail in done.mails),
        *((task.key, items.task_item(task)) for task in done.tasks),
        *((one.action_key, items.conversion_item(one)) for one in done.conversions),
        *((meeting.action_key, items.event_item(meeting)) for meeting in done.meetings),
        *((member.action_key, items.member_item(member)) for member in done.members),
    ]
    actions = done.ledger.actions(key for key, _ in by_action)
    deals = done.ledger.by_opportunity(done.roles)
    roles = [(deals.get(deal, deal), items.role_item(deal, *role)) for deal, role in done.roles.items()]
    leads = [(f"lead:{draft.email}", items.lead_item(draft)) for draft in done.leads]
    files = [(file.key.partition(":")[0], items.file_item(file)) for file in done.files]
    mine = [(actions[key][0].prospect_key, item) for key, item in by_action]
    return [*mine, *_fields(done), *files, *roles, *leads]


def _fields(done: Rehearsed) -> Owned:
    """One item for each record that changes."""
    found: dict[str, tuple[str, Item]] = {}
    for row in done.ledger.crm_writes(done.run_id):
        if row.makes_record:
            continue
        key = f"{row.object}:{row.record_id}"
        owner, item = found.get(key) or (row.prospect_key or key, Item(kind=ItemKind.FIELDS, key=key, content={}))
        changes = {
            "content": item.content | {row.field: row.after},
            "before": {row.field: row.before} | item.before,
            "why": tuple(dict.fromkeys((*item.why, row.reason))),
        }
        found[key] = (owner, item.model_copy(update=changes))
    return list(found.values())


def _decided(done: Rehearsed) -> dict[str, list[Decided]]:
    found: dict[str, list[Decided]] = {}
    for row in done.ledger.decisions():
        if row.run_id == done.run_id:
            told = Decided(stage=row.stage.value, what=row.kind, rule=row.rule, reasons=row.reasons)
            found.setdefault(row.prospect_key, []).append(told)
    return found


def _who(prospect: Prospect | None, mine: Iterable[Item]) -> dict[str, str]:
    if prospect is not None:
        return {"person": name_of(prospect), "company": prospect.company, "email": prospect.email}
    lead = next((item.content for item in mine if item.kind is ItemKind.LEAD), {})
    name = " ".join(str(lead[part]) for part in ("first_name", "last_name") if lead.get(part))
    return {"person": name, "company": str(lead.get("company", "")), "email": str(lead.get("email", ""))}


def _totals(parts: Sequence[Part], done: Rehearsed) -> Totals:
    every = [item for part in parts for item in part.items]
    counts = {kind.value: sum(item.kind is kind for item in every) for kind in ItemKind}
    return Totals(
        prospects=len(parts),
        items={kind: number for kind, number in counts.items() if number},
        field_changes=sum(len(item.content) for item in every if item.kind is ItemKind.FIELDS),
        api_calls={
            "salesforce_reads": done.reads,
            "salesforce_writes": _writes(counts, every),
            "sendgrid": _requests(done.mails),
        },
        lookups={name: number for name, number in done.lookups.items() if number},
        credits=done.credits,
    )


def _writes(counts: Mapping[str, int], every: Iterable[Item]) -> int:
    """At most so many calls: batches as the adapter fills them, with the look before each write that needs one."""
    objects: dict[str, int] = {}
    for item in every:
        if item.kind is ItemKind.FIELDS:
            name = item.key.partition(":")[0]
            objects[name] = objects.get(name, 0) + 1
    rows = {kind: ceil(counts[kind] / ROWS_PER_COMPOSITE) for kind in counts}
    looks = {kind: ceil(counts[kind] / KEYS_PER_QUERY) for kind in (ItemKind.EVENT, ItemKind.MEMBER, ItemKind.ROLE)}
    return (
        sum(ceil(number / ROWS_PER_COMPOSITE) for number in objects.values())
        + rows[ItemKind.TASK]
        + ceil(counts[ItemKind.CONVERSION] / CONVERSIONS_PER_CALL)
        + 3 * rows[ItemKind.CONVERSION]
        + 2 * ceil(counts[ItemKind.FILE] / FILES_PER_CALL)
        + sum(looks.values())
        + 2 * (rows[ItemKind.EVENT] + rows[ItemKind.MEMBER] + rows[ItemKind.ROLE] + rows[ItemKind.LEAD])
    )


def _requests(mails: Iterable[OutgoingMail]) -> int:
    return ceil(sum(1 for _ in mails) / MAILS_PER_REQUEST)
