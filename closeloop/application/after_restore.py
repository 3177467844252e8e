"""After a restore: nobody gets a mail again that an earlier life of the ledger may have sent.

The restore itself puts what it knew of in doubt (`closeloop.adapters.ledger.restoring`). What it did not know of is
planned anew: the same rules lead to the same mail under the same key, so the first mail to everybody whose turn may
have come in between is held here, until evidence says whether it went out. A person is trusted again once such a
mail is proved not to have been sent: then the rules have passed the point that the earlier life had reached.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from closeloop.application.ports import CrmLead, Ledger, ReceiptRow
from closeloop.application.results import Tally
from closeloop.application.services import Services
from closeloop.domain.actions import ActionKind, ActionState, ClaimedAction, Settlement
from closeloop.domain.restored import CURSOR, Gap, gap_of, was_planned_later

CREATED = "CreatedDate"


def last_gap(ledger: Ledger) -> Gap | None:
    """Of the last restore; None when there was none."""
    known = ledger.cursor(CURSOR)
    return Gap.model_validate_json(known) if known else None


def without_doubtful(
    claimed: Sequence[ClaimedAction], services: Services, now: datetime, tally: Tally
) -> list[ClaimedAction]:
    """Those that may go on to their last look; the others are in doubt from now on."""
    gap = last_gap(services.ledger)
    if gap is None:
        return list(claimed)
    doubted = services.ledger.doubted(action.prospect_key for action in claimed)
    held = [action for action in claimed if action.prospect_key in doubted and action.attempt == 1]
    if held:
        _put_in_doubt(held, gap, services, now)
        tally.count("in doubt since the restore", len(held))
    return [action for action in claimed if action not in held]


def _put_in_doubt(held: Sequence[ClaimedAction], gap: Gap, services: Services, now: datetime) -> None:
    services.ledger.add_receipts(
        ReceiptRow(action_key=a.key, checked_at=now, values=gap.receipt(later=True), verdict=gap.doubt)
        for a in held
    )
    uncertain = ActionState.UNCERTAIN
    services.ledger.settle(
        [Settlement(key=a.key, attempt=a.attempt, state=uncertain, detail=gap.doubt) for a in held], now
    )


def logged(mails: Sequence[ClaimedAction], services: Services) -> dict[str, str]:
    """Mails in doubt whose log stands in the CRM: key to Task id. Only a mail that was taken is ever logged."""
    if not mails or last_gap(services.ledger) is None:
        return {}
    logs = {f"{ActionKind.TASK}:log:{mail.key}": mail.key for mail in mails}
    found = services.crm.tasks_by_key(list(logs))
    return {logs[key]: task for key, task in found.items()}


def of_the_gap(mails: Sequence[ClaimedAction], ledger: Ledger) -> set[str]:
    """Keys of those that may have been sent by a life of the ledger that is gone, in attempts that it counted."""
    if not mails or last_gap(ledger) is None:
        return set()
    receipts = ledger.receipts_of(mail.key for mail in mails)
    return {key for key, rows in receipts.items() if any(gap_of(row.values) for row in rows)}


def trusted_again(mails: Iterable[ClaimedAction], ledger: Ledger) -> list[str]:
    """Prospects whom the rules have caught up with: a mail planned after the restore is proved not to be sent."""
    given = list(mails)
    receipts = ledger.receipts_of(mail.key for mail in given) if given else {}
    later = {key for key, rows in receipts.items() if any(was_planned_later(row.values) for row in rows)}
    return sorted({mail.prospect_key for mail in given if mail.key in later})


def doubt_newcomers(leads: Sequence[CrmLead], services: Services) -> None:
    """Leads that were there before the restore: the earlier life may have known them, and written to them."""
    gap = last_gap(services.ledger)
    if gap is None or not leads:
        return
    created = services.crm.read("Lead", [lead.id for lead in leads], [CREATED])
    services.ledger.doubt(lead.id for lead in leads if _was_there(created.get(lead.id, {}), gap))


def doubt_changed(changes: Mapping[str, str], services: Services) -> None:
    """Prospect key to when people changed a record of theirs in the CRM. The earlier life may have read that change
    too, and have written to them for it, whatever their turn was."""
    gap = last_gap(services.ledger)
    if gap is not None:
        before = {key for key, moment in changes.items() if datetime.fromisoformat(moment) <= gap.ends}
        services.ledger.doubt(before)


def _was_there(row: Mapping[str, object], gap: Gap) -> bool:
    """What the org does not date may have been there."""
    said = row.get(CREATED)
    return not isinstance(said, str) or datetime.fromisoformat(said) <= gap.ends
