"""How things stand with a stage right now, for the page that ops people keep open. Counts, ids and reasons only.

Invariant: nothing here names a person or quotes a mail; records are named by their CRM ids.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from closeloop.application.api_share import API_CALLS
from closeloop.application.desk_port import MailHealth
from closeloop.application.results import StageResult
from closeloop.application.services import Services
from closeloop.domain.actions import ActionKind, ActionState, ClaimedAction
from closeloop.domain.mailboxes import default_mailbox, home_day
from closeloop.domain.record import Record

MOST = 25
MANY = 500
COMPLAINT_WINDOW = timedelta(days=30)
TOO_MANY_COMPLAINTS = 0.001
"""From 0.1 % on, mailbox providers begin to refuse a sender; 0.3 % is where they stop taking anything."""
FEW = 200
"""Below so many mails a single complaint says nothing about a rate."""
TOO_LONG_IN_DOUBT = timedelta(days=1)


class Cap(Record):
    """What a mailbox sent today, of how much it may."""

    mailbox: str
    sent: int
    most: int | None


class DeskPage(Record):
    """How things stand."""

    stage: str
    at: datetime
    funnel: dict[str, dict[str, int]]
    holds: dict[str, int]
    quarantined: dict[str, int]
    """File to rows that were kept out."""
    reasons: dict[str, int]
    """Why."""
    records: tuple[tuple[str, str], ...]
    """CRM id and what is wrong: failures of the last run, and who waits for a person."""
    calls: int
    """Calls of ours to the org in the last 24 hours."""
    allowed: int | None
    """Of our share; None before the org told."""
    caps: tuple[Cap, ...]
    health: dict[str, MailHealth]
    uncertain: tuple[tuple[str, str], ...]
    """Prospect's id and the key of the mail of which nobody knows whether it left."""
    approvals: tuple[str, ...]


def look(services: Services, stage: str, now: datetime, results: Sequence[StageResult]) -> DeskPage:
    """From the ledger alone: the org is not asked."""
    ledger, total = services.ledger, sum(results, StageResult(stage=stage))
    usage = services.crm.usage()
    told = [(one.record_id, one.problem) for one in total.failures]
    told += [(one.record_id, one.question) for one in total.waiting]
    doubtful = ledger.in_state(ActionState.UNCERTAIN, ActionKind.EMAIL, MOST)
    since = services.clock.now() - timedelta(hours=24)
    kept_out = ledger.quarantine()
    return DeskPage(
        stage=stage,
        at=now,
        funnel=ledger.funnel(),
        holds=total.holds,
        quarantined=_counted(source for source, _ in kept_out),
        reasons=_counted(row.reason for _, row in kept_out),
        records=tuple(told[:MOST]),
        calls=sum(run.counts.get(API_CALLS, 0) for run in ledger.runs_since(since)),
        allowed=int(usage.allowed * services.api_share / 100) if usage else None,
        caps=_caps(services, now),
        health=ledger.complaints(now - COMPLAINT_WINDOW),
        uncertain=tuple((action.prospect_key, action.key) for action in doubtful),
        approvals=tuple(asked.id for asked in ledger.waiting_approvals(MOST)),
    )


def complained_of(services: Services, now: datetime) -> dict[str, MailHealth]:
    """Mailboxes of which too many mails are reported as spam."""
    found = services.ledger.complaints(now - COMPLAINT_WINDOW)
    return {box: one for box, one in found.items() if one.sent >= FEW and one.rate > TOO_MANY_COMPLAINTS}


def long_in_doubt(services: Services, now: datetime) -> list[ClaimedAction]:
    """Mails of which nobody has known for more than a day whether they left."""
    doubtful = services.ledger.in_state(ActionState.UNCERTAIN, ActionKind.EMAIL, MANY)
    receipts = services.ledger.receipts_of(action.key for action in doubtful)
    tried = {key: rows[-1].checked_at for key, rows in receipts.items()}
    return [one for one in doubtful if tried.get(one.key, one.due_at) <= now - TOO_LONG_IN_DOUBT]


def _caps(services: Services, now: datetime) -> tuple[Cap, ...]:
    day = home_day(now, services.playbook)
    boxes = services.playbook.sending.mailboxes or (default_mailbox(services.playbook),)
    taken = services.ledger.slots_taken(day.isoformat())
    return tuple(Cap(mailbox=box.email, sent=taken.get(box.email, 0), most=box.cap_on(day)) for box in boxes)


def _counted(words: Iterable[str]) -> dict[str, int]:
    return dict(Counter(words).most_common(MOST))
