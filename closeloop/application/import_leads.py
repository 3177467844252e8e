"""Import: clean rows into the CRM, each person once; importing twice changes nothing; bad rows into quarantine."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import PurePath

from closeloop.application.api_share import Outlook, keep_to_share, outlook_for, record_run, say
from closeloop.application.forgotten import forgotten
from closeloop.application.journal import note_imported
from closeloop.application.ports import CrmOutcome, RunRow
from closeloop.application.services import Services
from closeloop.application.taking_in import Matched, take_in
from closeloop.domain.actions import ActionState
from closeloop.domain.api_budget import calls_to_import
from closeloop.domain.errors import CrmRefused
from closeloop.domain.forgetting import REASON
from closeloop.domain.leads import LeadDraft, LeadFile, Quarantined
from closeloop.domain.record import Record

STAGE = "import"
FORGOTTEN = f"this person {REASON}: not imported, and the row is not kept"
LATER = (
    "nothing was imported. Calls free up over a rolling 24 hours: import a smaller file or try again later, or "
    "raise CLOSELOOP_SALESFORCE_SHARE"
)


class ImportResult(Record):
    """Every row of the file is counted exactly once, as imported or as quarantined."""

    run: str
    """By which the journal of CRM writes knows it."""
    rows: int
    imported: int
    updated: int = 0
    """Imported rows whose Lead was there before; the others are new."""
    matched: tuple[Matched, ...] = ()
    """Imported rows that are somebody whom the CRM had under another address, and how that is known."""
    quarantined: tuple[Quarantined, ...]
    noted: int
    """Imported rows that were changed on the way in."""
    unknown_columns: tuple[str, ...]
    encoding: str


def expected(services: Services, found: LeadFile) -> Outlook:
    """The calls an import of this file needs, before it begins."""
    return outlook_for(services, calls_to_import(len(found.drafts)))


def import_leads(services: Services, found: LeadFile, source: str, now: datetime) -> ImportResult:
    """Upsert the drafts; what the CRM refuses is quarantined with its words and the row's line.

    Raises `CrmRefused` before anything is written when our share of API calls is too small for the whole file.
    """
    keep_to_share(services)
    services.crm.ready()
    found = without_forgotten(services, found)
    outlook = expected(services, found)
    if not outlook.fits:
        raise CrmRefused(f"{say(outlook, 'import')}: {LATER}")
    run = f"{STAGE}-{now:%Y%m%dT%H%M}-{hashlib.sha256(f'{source} {now.isoformat()}'.encode()).hexdigest()[:8]}"
    taken = take_in(services, found.drafts, source, run, now)
    outcomes = taken.outcomes
    note_imported(services.ledger, outcomes, f"import of {PurePath(source).name}", run, now)
    drafts = {str(draft.line): draft for draft in found.drafts}
    refused = [_refused(drafts[o.key], o) for o in outcomes if o.state is not ActionState.ACCEPTED]
    quarantined = tuple(sorted((*found.quarantined, *taken.quarantined, *refused), key=lambda row: row.line))
    services.ledger.add_quarantine(source, quarantined, now)
    result = ImportResult(
        run=run,
        rows=len(found.drafts) + len(found.quarantined),
        imported=len(found.drafts) - len(refused) - len(taken.quarantined),
        matched=tuple(taken.matched),
        updated=sum(1 for o in outcomes if o.state is ActionState.ACCEPTED and o.existed),
        quarantined=quarantined,
        noted=sum(1 for draft in found.drafts if draft.notes),
        unknown_columns=found.unknown_columns,
        encoding=found.encoding,
    )
    counts = {"imported": result.imported, "updated": result.updated, "quarantined": len(quarantined)}
    record_run(services, RunRow(run_id=run, stage=STAGE, as_of=now, counts=counts))
    return result


def without_forgotten(services: Services, found: LeadFile) -> LeadFile:
    """The file without people who asked to be forgotten; what is said of their rows names nobody."""
    cells = (cell for row in found.quarantined for cell in row.row.values() if "@" in cell)
    gone = forgotten(services, (*(draft.email for draft in found.drafts), *cells))
    if not gone:
        return found
    kept_out = [Quarantined(line=d.line, reason=FORGOTTEN, row={}) for d in found.drafts if d.email in gone]
    others = [q.model_copy(update={"row": {}}) if gone & {*q.row.values()} else q for q in found.quarantined]
    drafts = tuple(draft for draft in found.drafts if draft.email not in gone)
    quarantined = tuple(sorted((*others, *kept_out), key=lambda row: row.line))
    return found.model_copy(update={"drafts": drafts, "quarantined": quarantined})


def _refused(draft: LeadDraft, outcome: CrmOutcome) -> Quarantined:
    row = {name: str(value) for name, value in draft.model_dump(exclude={"line", "notes"}).items() if value}
    words = {
        ActionState.UNCERTAIN: "the CRM did not answer: import the file again, nothing will be doubled",
        ActionState.PLANNED: "the CRM was busy: import the file again, nothing will be doubled",
    }
    said = words.get(outcome.state, "the CRM refuses the row")
    return Quarantined(line=draft.line, reason=f"{said} ({outcome.detail})", row=row)
