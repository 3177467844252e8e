"""A person settles a mail in doubt: what they found, who they are and why they are sure stay in its history.

Invariant: only a mail that is in doubt now can be settled so, and only with a reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from closeloop.application.held_mails import taken
from closeloop.application.mails_in_doubt import MAILS, settle_as_not_sent, settle_as_sent
from closeloop.application.services import Services
from closeloop.domain.actions import ActionKind, ActionState, ClaimedAction
from closeloop.domain.errors import UsageError
from closeloop.domain.record import Moment, Record
from closeloop.domain.stalled import name_of


class InDoubt(Record):
    """A mail that may or may not have gone out, as people are shown it."""

    key: str
    person: str
    company: str
    email: str
    subject: str
    tried_at: Moment


def in_doubt(services: Services) -> list[InDoubt]:
    """All of them, the oldest first; without those that are only held until they leave."""
    found = services.ledger.in_state(ActionState.UNCERTAIN, ActionKind.EMAIL, MAILS)
    held = {key for key, one in taken(found, services.ledger).items() if one.asked is None}
    return _told([mail for mail in found if mail.key not in held], services)


def settle_by_hand(services: Services, key: str, *, sent: bool, by: str, why: str, now: datetime) -> InDoubt:
    """Settle one; raises `UsageError` when there is nothing to settle or no reason."""
    if not why.strip():
        raise UsageError('say how you know: --why "the customer showed me the mail"')
    mail = _the_one(services, key.strip())
    (told,) = _told([mail], services)
    found = "it went out" if sent else "it did not go out"
    detail = f"{by} settled that {found}: {' '.join(why.split())}"
    if sent:
        settle_as_sent(mail, detail, services, now)
    else:
        settle_as_not_sent([mail], detail, services, now)
    return told


def _the_one(services: Services, key: str) -> ClaimedAction:
    mail, state = services.ledger.actions([key]).get(key, (None, None))
    if mail is None:
        raise UsageError(f"there is no mail {key!r}: `closeloop settle` alone lists those in doubt, by key")
    if mail.kind is not ActionKind.EMAIL:
        raise UsageError(f"{key} is no mail: `closeloop run reconcile` reads in the CRM what became of it")
    if state is not ActionState.UNCERTAIN:
        raise UsageError(f"{key} is {state}, not in doubt: there is nothing to settle")
    return mail


def _told(mails: Iterable[ClaimedAction], services: Services) -> list[InDoubt]:
    given = list(mails)
    people = services.ledger.prospects(mail.prospect_key for mail in given)
    receipts = services.ledger.receipts_of(mail.key for mail in given)
    return [
        InDoubt(
            key=mail.key,
            person=name_of(people[mail.prospect_key]),
            company=people[mail.prospect_key].company,
            email=people[mail.prospect_key].email,
            subject=str(mail.payload.get("subject", "")),
            tried_at=receipts[mail.key][-1].checked_at if mail.key in receipts else mail.due_at,
        )
        for mail in given
    ]
