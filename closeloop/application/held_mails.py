"""Mails that the provider has taken and holds until a moment: a no that comes before it calls them back.

Such a mail is `uncertain` until it leaves: only then is its log planned. Invariants: for whom a batch is called
back is written down before the provider is asked, so a lost answer or a crash is made good by the next pass; what
was in a batch is planned again only when the provider confirms that none of it left.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from closeloop.application.ports import HeldBatch, Ledger, ReceiptRow, SendOutcome
from closeloop.application.results import Tally
from closeloop.application.services import Services
from closeloop.domain.actions import ActionKind, ActionState, ClaimedAction, Settlement
from closeloop.domain.prospect import Prospect
from closeloop.domain.record import Record

MAILS = 100_000
ACCOUNT_MARK = "@"
BATCH, LEAVES, TAKEN, ASKED = "batch_id", "leaves_at", "taken", "called_back_for"
ANSWERED = "they answered before it left"
WITH_OTHERS = "called back with a mail that somebody stopped, which left in the same request: planned again"


class HeldMail(Record):
    """A mail that lies at the provider, as its receipts tell."""

    mail: ClaimedAction
    batch: HeldBatch
    since: datetime
    """When it was written down that it would be handed over under this batch."""
    asked: str | None = None
    """Why it was called back; empty for one that only shares the batch, None when nobody asked."""

    def left_by(self, now: datetime) -> bool:
        return now >= self.batch.leaves_at


def batches_of(mails: Iterable[ClaimedAction], ledger: Ledger) -> dict[str, HeldBatch]:
    """Action key to the batch that its attempt was handed over under, taken or not."""
    return {key: _batch(rows[-1].values) for key, rows in _noted(mails, ledger).items()}


def taken(mails: Iterable[ClaimedAction], ledger: Ledger) -> dict[str, HeldMail]:
    """Those of them that the provider surely has, by action key."""
    given = list(mails)
    noted = _noted(given, ledger)
    return {
        mail.key: HeldMail(
            mail=mail,
            batch=_batch(rows[-1].values),
            since=rows[0].checked_at,
            asked=rows[-1].values.get(ASKED),
        )
        for mail in given
        if (rows := noted.get(mail.key)) and rows[-1].values.get(TAKEN)
    }


def note_taken(ledger: Ledger, held: Mapping[str, HeldBatch], now: datetime) -> None:
    """Write down that the provider has these, by action key."""
    ledger.add_receipts(
        _line(key, batch, now, "taken by the mail provider, which holds it") for key, batch in held.items()
    )


def note_handed_over(ledger: Ledger, outcomes: Sequence[SendOutcome], now: datetime) -> None:
    """The same for what a request has just brought there."""
    note_taken(ledger, {one.action_key: one.held for one in outcomes if one.held}, now)


def call_back_held(reasons: Mapping[str, str], services: Services, now: datetime, tally: Tally) -> None:
    """Call back what is held for these prospects, by prospect key; and so the few that share a request with it."""
    if not reasons:
        return
    found = _held_now(services, now)
    theirs = [one for one in found if one.mail.prospect_key in reasons and one.asked is None]
    batches = {one.batch.id for one in theirs}
    together = [one for one in found if one.batch.id in batches]
    asked = [
        one.model_copy(update={"asked": one.asked or reasons.get(one.mail.prospect_key, "")}) for one in together
    ]
    services.ledger.add_receipts(
        _line(one.mail.key, one.batch, now, f"called back: {one.asked or 'another mail of its request'}", one.asked)
        for one in asked
    )
    _carry_out(asked, services, now, tally)


def settle_held(
    doubtful: list[ClaimedAction], services: Services, now: datetime, tally: Tally
) -> tuple[list[ClaimedAction], list[ClaimedAction]]:
    """What of these is in doubt for real, and what has left since its hold is over."""
    held = taken(doubtful, services.ledger)
    waiting = [one for one in held.values() if not one.left_by(now)]
    _carry_out([one for one in waiting if one.asked is not None], services, now, tally)
    call_back_held(_unwanted(waiting, services), services, now, tally)
    left = [one.mail for one in held.values() if one.left_by(now) and one.asked is None]
    tally.count("held by the mail provider", len(waiting))
    in_time = {one.mail.key for one in waiting} | {mail.key for mail in left}
    return [mail for mail in doubtful if mail.key not in in_time], left


def _held_now(services: Services, now: datetime) -> list[HeldMail]:
    doubtful = services.ledger.in_state(ActionState.UNCERTAIN, ActionKind.EMAIL, MAILS)
    return [one for one in taken(doubtful, services.ledger).values() if not one.left_by(now)]


def _unwanted(waiting: Sequence[HeldMail], services: Services) -> dict[str, str]:
    """Prospect key to why nothing shall reach them any more, whoever said so."""
    fresh = [one for one in waiting if one.asked is None]
    people = services.ledger.prospects({one.mail.prospect_key for one in fresh}) if fresh else {}
    addresses = [word for p in people.values() for word in (p.email, f"{ACCOUNT_MARK}{p.domain}")]
    suppressed = services.ledger.suppressed(addresses) if addresses else {}
    found = {one.mail.key: _no(one, people[one.mail.prospect_key], suppressed) for one in fresh}
    return {one.mail.prospect_key: why for one in fresh if (why := found[one.mail.key])}


def _no(one: HeldMail, person: Prospect, suppressed: Mapping[str, str]) -> str:
    if not person.standing.may_be_written_to:
        return f"{person.standing}: {person.reason or 'no automated mail'}"
    if why := suppressed.get(person.email) or suppressed.get(f"{ACCOUNT_MARK}{person.domain}"):
        return f"suppressed: {why}"
    if person.last_reply_at and person.last_reply_at > one.since:
        return ANSWERED
    return "" if one.mail.stage is person.stage else f"the prospect is now in {person.stage}"


def _carry_out(asked: Sequence[HeldMail], services: Services, now: datetime, tally: Tally) -> None:
    """Only what the provider confirms; the rest waits for the next pass, and is in doubt once its time has come."""
    if not asked:
        return
    gone = services.mailer.call_back([one.batch for one in asked])
    back = [one for one in asked if one.batch.id in gone]
    services.ledger.settle([_called_back(one, now) for one in back], now)
    tally.count("called back for an answer or a stop", sum(1 for one in back if one.asked))
    tally.count("called back with it and planned again", sum(1 for one in back if not one.asked))
    for one in asked:
        if one.asked and one.batch.id not in gone:
            tally.hold("a held mail could not be called back yet, or no more")


def _called_back(one: HeldMail, now: datetime) -> Settlement:
    skip = bool(one.asked)
    return Settlement(
        key=one.mail.key,
        attempt=one.mail.attempt,
        state=ActionState.SKIPPED if skip else ActionState.PLANNED,
        detail=f"called back from the mail provider before it left: {one.asked}" if skip else WITH_OTHERS,
        retry_at=None if skip else now,
    )


def _line(key: str, batch: HeldBatch, now: datetime, verdict: str, asked: str | None = None) -> ReceiptRow:
    values: dict[str, Any] = {BATCH: batch.id, LEAVES: batch.leaves_at.isoformat(), TAKEN: True}
    values |= {} if asked is None else {ASKED: asked}
    return ReceiptRow(action_key=key, checked_at=now, values=values, verdict=verdict)


def _noted(mails: Iterable[ClaimedAction], ledger: Ledger) -> dict[str, list[ReceiptRow]]:
    """What was written down about the last batch of each mail's present attempt; the last word counts."""
    found: dict[str, list[ReceiptRow]] = {}
    for key, rows in ledger.receipts_of(mail.key for mail in mails).items():
        about = [row for row in rows if BATCH in row.values]
        if about:
            found[key] = [row for row in about if row.values[BATCH] == about[-1].values[BATCH]]
    return found


def _batch(values: Mapping[str, Any]) -> HeldBatch:
    return HeldBatch(id=values[BATCH], leaves_at=datetime.fromisoformat(values[LEAVES]))
