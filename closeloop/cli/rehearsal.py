"""What a dry run would do, in full: every mail, every field from what to what, everybody who is held or stopped.

Invariant: nothing is cut or counted away here; each entry names the person and the company it is about.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from closeloop.adapters.dry_run import DryRunCrm, DryRunMailer
from closeloop.application.ports import CrmWriteRow, Ledger
from closeloop.application.services import Services
from closeloop.domain.actions import ActionKind, ActionState
from closeloop.domain.prospect import Prospect
from closeloop.domain.stalled import name_of

RUN_ID = "dry-run"
WAITING_KINDS = {
    "Hold": "held",
    "Park": "parked",
    "Stop": "stopped",
    "AskHuman": "handed to a person",
    "Close": "closed",
}
"""Decisions after which nothing more goes out for now, in words."""
MOST = 100_000
Would = dict[str, list[dict[str, Any]]]


def rehearsed(work: Services, real: Ledger) -> Would:
    """Everything by kind. `real` is the ledger as it stands, to tell what only this dry run did."""
    crm, mailer = work.crm, work.mailer
    assert isinstance(crm, DryRunCrm)  # noqa: S101 - tells the type checker what dry_run() returns
    assert isinstance(mailer, DryRunMailer)  # noqa: S101
    people = _People(work.ledger)
    return {
        "mails": _mails(mailer, people),
        "not_sent": _not_sent(work.ledger, real, people),
        "decided": _decided(work.ledger, people),
        "field_changes": _field_changes(work.ledger.crm_writes(RUN_ID), people),
        "activities": [
            people.at(t.what_id or t.who_id, t.who_id)
            | t.model_dump(mode="json", include={"subject", "who_id", "completed"})
            for t in crm.tasks
        ],
        "conversions": [
            people.at(c.lead_id) | c.model_dump(mode="json", include={"lead_id", "opportunity_name"})
            for c in crm.conversions
        ],
        "files": [people.at(f.record_id, *f.also_at) | {"file_name": f.file_name} for f in crm.files],
        "meetings": [people.at(m.who_id) | {"subject": m.subject, "on": m.on} for m in crm.meetings],
        "campaign_members": [people.at(m.lead_id) | {"status": m.status} for m in crm.members],
        "new_leads": [d.model_dump(mode="json", include={"email", "company"}) for d in crm.leads],
    }


class _People:
    """Whom a record, an action or an address belongs to."""

    def __init__(self, ledger: Ledger) -> None:
        self._by_id: dict[str, Prospect] = {}
        for prospect in ledger.all_prospects():
            for known in (prospect.key, prospect.email.lower(), *prospect.crm.model_dump().values()):
                if known:
                    self._by_id.setdefault(known, prospect)

    def at(self, *ids: str) -> dict[str, Any]:
        """Person, company and address behind the first id that is known; nothing when none is."""
        found = next((self._by_id[one] for one in ids if one in self._by_id), None)
        if found is None:
            return {}
        return {"person": name_of(found), "company": found.company, "email": found.email}


def _mails(mailer: DryRunMailer, people: _People) -> list[dict[str, Any]]:
    return [
        people.at(mail.to.lower())
        | {"to": mail.to, "subject": mail.mail.subject, "text": mail.mail.text, "key": mail.action_key}
        for mail in mailer.mails
    ]


def _decided(ledger: Ledger, people: _People) -> list[dict[str, Any]]:
    """Who is held, parked, stopped, closed or handed to a person, and why."""
    return [
        people.at(row.prospect_key)
        | {
            "what": WAITING_KINDS[row.kind],
            "stage": row.stage.value,
            "reasons": list(row.reasons),
            "rule": row.rule,
        }
        for row in ledger.decisions()
        if row.run_id == RUN_ID and row.kind in WAITING_KINDS
    ]


def _not_sent(ledger: Ledger, real: Ledger, people: _People) -> list[dict[str, Any]]:
    """Mails that the last look stopped or made wait."""
    found = [
        action
        for state in (ActionState.SKIPPED, ActionState.PLANNED)
        for action in ledger.in_state(state, ActionKind.EMAIL, MOST)
        if action.attempt
    ]
    before = real.actions(action.key for action in found)
    new = [a for a in found if a.key not in before or before[a.key][0].attempt < a.attempt]
    return [
        people.at(action.prospect_key)
        | {"subject": action.payload.get("subject", ""), "why": _last_look(ledger, action.prospect_key, action.key)}
        for action in new
    ]


def _last_look(ledger: Ledger, prospect_key: str, action_key: str) -> str:
    told = ledger.story(prospect_key)
    verdicts = [line.detail.get("verdict") for line in told if line.detail.get("action_key") == action_key]
    return next((str(found) for found in reversed(verdicts) if found), "")


def _field_changes(writes: Iterable[CrmWriteRow], people: _People) -> list[dict[str, Any]]:
    """One entry for each record, with what its fields say before and after."""
    records: dict[tuple[str, str], dict[str, Any]] = {}
    for row in writes:
        if row.makes_record:
            continue
        entry = people.at(row.record_id, row.prospect_key or "") | {
            "object": row.object, "record_id": row.record_id, "fields": {}, "before": {}, "reasons": []
        }  # fmt: skip
        here = records.setdefault((row.object, row.record_id), entry)
        here["before"].setdefault(row.field, row.before)
        here["fields"][row.field] = row.after
        if row.reason not in here["reasons"]:
            here["reasons"].append(row.reason)
    return list(records.values())
