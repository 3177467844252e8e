"""Mails that may or may not have left: settled by evidence, called back where they were held, else a person's.

Evidence is, in this order: an event of the provider that carries our key and attempt; that the ledger holds no
last look for the attempt; the provider's own records (Activity, Logs); a confirmed cancellation of the batch a mail
was held under; a person who looked. Invariant: nothing is sent again because the outside is silent. Only where
the house says so (`Services.absence_proves_after`) does a source that answered in full, so long after the attempt,
prove by its silence that a mail never came in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from closeloop.application import campaign
from closeloop.application.after_restore import logged, of_the_gap, trusted_again
from closeloop.application.held_mails import batches_of, note_taken, settle_held, taken
from closeloop.application.ports import Change, HeldBatch, Ledger, MailInDoubt, ReceiptRow
from closeloop.application.results import Tally
from closeloop.application.services import Services
from closeloop.application.touch_log import touch_logs
from closeloop.domain.actions import Action, ActionKind, ActionState, ClaimedAction, Settlement, action_key
from closeloop.domain.restored import Gap, gap_of
from closeloop.domain.signals import Signal, SignalKind

MAILS = 100_000
"""Mails in doubt looked at in one pass: all of them, since they leave the list only by evidence."""
PROOFS_OF_ACCEPTANCE = frozenset(
    {
        SignalKind.PROCESSED,
        SignalKind.DELIVERED,
        SignalKind.BOUNCED,
        SignalKind.BLOCKED,
        SignalKind.OPENED,
        SignalKind.CLICKED,
        SignalKind.SPAM_REPORT,
        SignalKind.UNSUBSCRIBED,
    }
)
HELD = "held"
"""How the verdict of a receipt begins that says under which batch a mail leaves."""


def note_held(ledger: Ledger, keys: Sequence[str], batch: HeldBatch, now: datetime) -> None:
    """Write down under which batch these mails leave, before their request does."""
    values = {"batch_id": batch.id, "leaves_at": batch.leaves_at.isoformat()}
    verdict = f"{HELD} by the mail provider until {batch.leaves_at:%H:%M} UTC, to be called back if need be"
    ledger.add_receipts(ReceiptRow(action_key=key, checked_at=now, values=values, verdict=verdict) for key in keys)


def prove(signals: Iterable[Signal], services: Services, now: datetime) -> int:
    """Settle the mails in doubt about which these events say enough; how many.

    A request is taken whole or not at all: with one mail of a held batch, all of it is proved.
    """
    heard: dict[str, list[Signal]] = {}
    for signal in signals:
        if signal.action_key and signal.kind in PROOFS_OF_ACCEPTANCE | {SignalKind.DROPPED}:
            heard.setdefault(signal.action_key, []).append(signal)
    found = services.ledger.actions(heard) if heard else {}
    doubtful = [action for action, state in found.values() if state is ActionState.UNCERTAIN]
    heard = _without_early(doubtful, heard, services, now)
    lost = of_the_gap(doubtful, services.ledger)
    about = {a.key: [s for s in heard[a.key] if _same_try(s, a, later=a.key in lost)] for a in doubtful}
    proofs = {key: s for key, some in about.items() for s in some if s.kind in PROOFS_OF_ACCEPTANCE}
    drops = {key: s for key, some in about.items() for s in some if key not in proofs}
    sent = _prove_sent([action for action in doubtful if action.key in proofs], proofs, services, now)
    return sent + _give_up([action for action in doubtful if action.key in drops], drops, services, now)


def _without_early(
    doubtful: Sequence[ClaimedAction], heard: dict[str, list[Signal]], services: Services, now: datetime
) -> dict[str, list[Signal]]:
    """That a held mail was taken in, told before it leaves, proves no more: it can still be called back."""
    held = batches_of(doubtful, services.ledger) if doubtful else {}
    early = {
        key: [s for s in heard[key] if s.kind is SignalKind.PROCESSED and s.occurred_at < batch.leaves_at]
        for key, batch in held.items()
    }
    proved = [
        action for action in doubtful if any(_same_try(s, action, later=False) for s in early.get(action.key, ()))
    ]
    if proved:
        there = batches_of([*proved, *_mates(proved, services)], services.ledger)
        known = taken([action for action, _ in services.ledger.actions(there).values()], services.ledger)
        note_taken(services.ledger, {key: batch for key, batch in there.items() if key not in known}, now)
    return {key: [s for s in some if s not in early.get(key, ())] for key, some in heard.items()}


def _prove_sent(proved: list[ClaimedAction], proofs: dict[str, Signal], services: Services, now: datetime) -> int:
    if not proved:
        return 0
    known = {action.key for action in proved}
    mates = [mate for mate in _mates(proved, services) if mate.key not in known]
    words = {mate.key: "proved by an event about another mail of its request" for mate in mates}
    words |= {action.key: f"proved by the event {proofs[action.key].id}" for action in proved}
    _settle_as_sent([*proved, *mates], words, {}, services, now)
    return len(words)


def _give_up(dropped: list[ClaimedAction], drops: dict[str, Signal], services: Services, now: datetime) -> int:
    """The provider had taken these, and gave them up itself: nobody got them, and nobody will.

    One that was held is left alone: what was called back is dropped as well.
    """
    held = _batches(dropped, services) if dropped else {}
    settled = [
        Settlement(
            key=action.key,
            attempt=action.attempt,
            state=ActionState.REJECTED,
            detail=f"dropped by the mail provider: {drops[action.key].payload.get('reason') or 'no reason given'}",
        )
        for action in dropped
        if action.key not in held
    ]
    services.ledger.settle(settled, now)
    return len(settled)


def settle_mails(doubtful: list[ClaimedAction], services: Services, now: datetime, tally: Tally) -> None:
    """One pass over every mail in doubt."""
    if not doubtful:
        return
    heard = services.ledger.signals_about(action.key for action in doubtful)
    tally.count("settled by an event", prove(heard, services, now))
    left = _still(doubtful, services)
    left = _never_looked_at(left, services, now, tally)
    left, gone = settle_held(left, services, now, tally)
    _settle_as_sent(gone, dict.fromkeys((m.key for m in gone), "left when its hold was over"), {}, services, now)
    left = _by_their_log(left, services, now, tally)
    left = _call_back(left, services, now, tally)
    left = _read_back(left, services, now, tally)
    _hand_over(left, services, now, tally)


def settle_as_sent(mail: ClaimedAction, detail: str, services: Services, now: datetime) -> None:
    """It went out: the log and the membership follow, as after any send."""
    _settle_as_sent([mail], {mail.key: detail}, {}, services, now)


def settle_as_not_sent(mails: Sequence[ClaimedAction], detail: str, services: Services, now: datetime) -> None:
    """It surely never left: planned again, and looked at once more before it goes."""
    back = [
        Settlement(key=m.key, attempt=m.attempt, state=ActionState.PLANNED, detail=detail, retry_at=now)
        for m in mails
    ]
    caught_up = trusted_again(mails, services.ledger)
    services.ledger.settle(back, now)
    services.ledger.trust(caught_up)


def _settle_as_sent(
    mails: Sequence[ClaimedAction],
    words: dict[str, str],
    ids: dict[str, str],
    services: Services,
    now: datetime,
) -> None:
    settled = [
        Settlement(
            key=m.key,
            attempt=m.attempt,
            state=ActionState.ACCEPTED,
            detail=words[m.key],
            provider_id=ids.get(m.key),
        )
        for m in mails
    ]
    then = [*touch_logs(mails, now), *campaign.approached(mails, services, now)]
    services.ledger.settle(settled, now, then=then)


def _same_try(proof: Signal, action: ClaimedAction, *, later: bool) -> bool:
    """News of an attempt that was called back says nothing about a later one. With `later`, one that we do not know
    of was made by a life of the ledger that a restore took back."""
    said = str(proof.payload.get("try") or action.attempt)
    return said == str(action.attempt) or (later and said.isdigit() and int(said) > action.attempt)


def _still(doubtful: list[ClaimedAction], services: Services) -> list[ClaimedAction]:
    now_so = services.ledger.actions(action.key for action in doubtful)
    return [action for action, state in now_so.values() if state is ActionState.UNCERTAIN]


def _mates(proved: Sequence[ClaimedAction], services: Services) -> list[ClaimedAction]:
    """Other mails in doubt that left in the same held request."""
    batches = {batch.id for batch in _batches(proved, services).values()}
    if not batches:
        return []
    doubtful = services.ledger.in_state(ActionState.UNCERTAIN, ActionKind.EMAIL, MAILS)
    held = _batches(doubtful, services)
    return [action for action in doubtful if action.key in held and held[action.key].id in batches]


def _batches(mails: Iterable[ClaimedAction], services: Services) -> dict[str, HeldBatch]:
    """Action key to the batch that its attempt was handed over under."""
    return batches_of(mails, services.ledger)


def _never_looked_at(
    mails: list[ClaimedAction], services: Services, now: datetime, tally: Tally
) -> list[ClaimedAction]:
    """Their worker died before its last look: the receipt of one is saved before the claim is looked at once more
    and the mail handed over, so without any this attempt never left, nor will it should the worker wake."""
    receipts = services.ledger.receipts_of(mail.key for mail in mails)
    never = [mail for mail in mails if mail.key not in receipts]
    settle_as_not_sent(
        never, "its worker was lost before the last look, so it was never handed over", services, now
    )
    tally.count("never handed over", len(never))
    return [mail for mail in mails if mail.key in receipts]


def _by_their_log(
    mails: list[ClaimedAction], services: Services, now: datetime, tally: Tally
) -> list[ClaimedAction]:
    """After a restore: a mail whose log is in the CRM was sent."""
    found = logged(mails, services)
    there = [mail for mail in mails if mail.key in found]
    words = {key: f"its log {task} stands in the CRM" for key, task in found.items()}
    _settle_as_sent(there, words, {}, services, now)
    tally.count("settled by their log in the CRM", len(there))
    return [mail for mail in mails if mail.key not in found]


def _call_back(mails: list[ClaimedAction], services: Services, now: datetime, tally: Tally) -> list[ClaimedAction]:
    held = _batches(mails, services)
    gone = services.mailer.call_back(list(held.values())) if held else frozenset()
    back = [mail for mail in mails if mail.key in held and held[mail.key].id in gone]
    settle_as_not_sent(back, "called back from the mail provider before it left", services, now)
    tally.count("called back", len(back))
    return [mail for mail in mails if mail not in back]


def _read_back(mails: list[ClaimedAction], services: Services, now: datetime, tally: Tally) -> list[ClaimedAction]:
    if not mails:
        return []
    tried = _tried(mails, services)
    people = services.ledger.prospects(mail.prospect_key for mail in mails)
    evidence = services.mailer.evidence([_question(m, people[m.prospect_key].email, tried[m.key]) for m in mails])
    there = _without_held([mail for mail in mails if mail.key in evidence.accepted], services, now)
    words = dict.fromkeys(evidence.accepted, "found in the mail provider's own records")
    _settle_as_sent(there, words, evidence.accepted, services, now)
    tally.count("settled by read-back", len(there))
    patience = services.absence_proves_after
    absent = [m for m in mails if patience and m.key in evidence.absent and now - tried[m.key].ends >= patience]
    detail = "the mail provider's records know nothing of it, and would by now"
    settle_as_not_sent(absent, detail, services, now)
    tally.count("proved not sent", len(absent))
    return [mail for mail in mails if mail.key not in evidence.accepted and mail not in absent]


def _without_held(there: list[ClaimedAction], services: Services, now: datetime) -> list[ClaimedAction]:
    """Those that left; of one that the provider has and still holds it is written down that it has it."""
    held = {key: batch for key, batch in batches_of(there, services.ledger).items() if now < batch.leaves_at}
    note_taken(services.ledger, held, now)
    return [mail for mail in there if mail.key not in held]


def _tried(mails: Sequence[ClaimedAction], services: Services) -> dict[str, Gap]:
    """When each was handed over, at the earliest and at the latest: the last look stands right before it, but for
    one that an earlier life of the ledger may have sent at any moment that a restore took away."""
    receipts = services.ledger.receipts_of(mail.key for mail in mails)
    found: dict[str, Gap] = {}
    for mail in mails:
        last = receipts[mail.key][-1] if mail.key in receipts else None
        at = last.checked_at if last else mail.due_at
        found[mail.key] = (gap_of(last.values) if last else None) or Gap(begins=at, ends=at)
    return found


def _question(mail: ClaimedAction, to: str, tried: Gap) -> MailInDoubt:
    return MailInDoubt(
        action_key=mail.key,
        attempt=mail.attempt,
        to=to,
        subject=str(mail.payload.get("subject", "")),
        since=tried.begins,
        or_later=tried.begins < tried.ends,
    )


def _hand_over(mails: list[ClaimedAction], services: Services, now: datetime, tally: Tally) -> None:
    """What nothing has settled in time is shown to its owner, once; it stays in doubt until somebody settles it."""
    tried = _tried(mails, services) if mails else {}
    old = [mail for mail in mails if now - tried[mail.key].ends >= services.doubt_limit]
    asked = services.ledger.commit(Change(actions=tuple(_task(mail, tried[mail.key], now) for mail in old)))
    tally.count("handed to a person", asked.new_actions)
    tally.count("waiting for evidence", len(mails) - len(old))
    for mail in old:
        subject = mail.payload.get("subject", "")
        tally.wait(mail.prospect_key, f"did “{subject}” go out? Look, then `closeloop settle {mail.key}`")


def _handed_over(tried: Gap) -> str:
    if tried.begins == tried.ends:
        return f"It was handed to the mail provider on {tried.begins:%Y-%m-%d at %H:%M} UTC, and no answer came."
    return f"The ledger was restored from a backup, and it may have been sent between {tried.in_words}."


def _task(mail: ClaimedAction, tried: Gap, now: datetime) -> Action:
    return Action(
        key=f"{action_key(ActionKind.TASK, mail.prospect_key, 'uncertain')}:{mail.key}",
        kind=ActionKind.TASK,
        prospect_key=mail.prospect_key,
        stage=mail.stage,
        due_at=now,
        payload={
            "subject": f"Check whether this mail went out: {mail.payload.get('subject', '')}"[:255],
            "channel": "task",
            "completed": False,
            "priority": "High",
            "description": (
                f"{_handed_over(tried)} Until somebody says what happened, it is not sent again, and nothing else "
                "is sent to this person. Look into the provider's activity or ask the person, then have one of "
                "these commands run:\n"
                f'closeloop settle {mail.key} --sent --why "..."\n'
                f'closeloop settle {mail.key} --not-sent --why "..."'
            ),
        },
    )
