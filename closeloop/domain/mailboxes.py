"""Which mailbox writes to a prospect, and from when: the owner's, the one that began, or a deputy's.

Invariant: a prospect hears from the mailbox that started its thread as long as the playbook has it; only the deputy
of somebody who is away steps in, and only for that time.
"""

from __future__ import annotations

import hashlib
from datetime import date, datetime, timedelta

from closeloop.domain.business_days import Place, local, place_of
from closeloop.domain.playbook import Playbook
from closeloop.domain.prospect import Prospect
from closeloop.domain.record import Moment, Record
from closeloop.domain.sending_rules import Absence, Mailbox
from closeloop.domain.sending_times import leaves_at
from closeloop.domain.texts import Remembered

_REMEMBERED = Remembered()
USER_PREFIX = "005"
"""Begins the id of every Salesforce user."""


class Leaving(Record):
    """When a mail may leave at the earliest, and from where."""

    at: Moment
    mailbox: str
    reasons: tuple[str, ...] = ()


def leaving(prospect: Prospect, playbook: Playbook, now: datetime, *, answer: bool) -> Leaving:
    """The first open window in which somebody is there to write."""
    place = place_of(prospect, playbook.sending.time_zone)
    window = playbook.sending.window_for(place.country, answer=answer)
    own, reasons = mailbox_of(prospect, playbook), list[str]()
    at = leaves_at(now, window, place)
    while (gone := away(prospect, own, playbook, home_day(at, playbook))) is not None:
        if gone.deputy is not None:
            why = f"{own.name} is away until {gone.last_day}: {gone.deputy} writes"
            return Leaving(at=at, mailbox=gone.deputy, reasons=(*reasons, why))
        reasons.append(f"{own.name} is away until {gone.last_day}: the mail waits")
        back = datetime.combine(gone.last_day + timedelta(days=1), datetime.min.time(), tzinfo=at.tzinfo)
        at = leaves_at(max(back, at + timedelta(days=1)), window, place)
    return Leaving(at=at, mailbox=own.email, reasons=tuple(reasons))


def mailbox_of(prospect: Prospect, playbook: Playbook) -> Mailbox:
    """The mailbox that began, else the owner's, else one of those that serve everybody."""
    boxes = playbook.sending.mailboxes
    if not boxes:
        return default_mailbox(playbook)
    began = next((box for box in boxes if box.email == prospect.mailbox), None)
    owner = {prospect.owner_id, prospect.owner_name} - {""}
    owned = next((box for box in boxes if not owner.isdisjoint(box.owners)), None)
    return began or owned or _one_for_all(prospect, boxes)


def kept_mailbox(prospect: Prospect, playbook: Playbook) -> str | None:
    """The mailbox of the thread, unless it is the owner's own: somebody else then writes from theirs."""
    own = next((box for box in playbook.sending.mailboxes if box.email == prospect.mailbox), None)
    owner = {prospect.owner_id, prospect.owner_name} - {""}
    return None if own is not None and (owner & {*own.owners, own.name}) else prospect.mailbox


def mailbox_named(email: str | None, playbook: Playbook) -> Mailbox:
    """The mailbox with this address; the sender's own for one that the playbook no longer has."""
    found = (box for box in playbook.sending.mailboxes if box.email == email)
    return next(found, None) or default_mailbox(playbook)


def default_mailbox(playbook: Playbook) -> Mailbox:
    """Where no mailbox is set: the company's sender, without a limit."""
    return Mailbox(email=playbook.sender.email, name=playbook.sender.name)


def _one_for_all(prospect: Prospect, boxes: tuple[Mailbox, ...]) -> Mailbox:
    """Colleagues of one company hear from the same one."""
    free = [box for box in boxes if not box.owners] or list(boxes)
    mark = hashlib.sha256((prospect.domain or prospect.key).encode()).digest()
    return free[int.from_bytes(mark[:4], "big") % len(free)]


def away(prospect: Prospect, box: Mailbox, playbook: Playbook, day: date) -> Absence | None:
    """The absence of whoever writes from this mailbox to this prospect, on that day."""
    names = {box.email, box.name, *(box.owners or (prospect.owner_id, prospect.owner_name))}
    return next(
        (
            gone
            for gone in playbook.sending.absences
            if gone.owner in names and gone.first_day <= day <= gone.last_day
        ),
        None,
    )


def worked_by(prospect: Prospect, playbook: Playbook, moment: datetime) -> str:
    """CRM id of who does what is to be done by hand: the owner, or the deputy of one who is away.

    A deputy is known to the CRM by the first of its mailbox's `owners` that is a user's id.
    """
    gone = away(prospect, mailbox_of(prospect, playbook), playbook, home_day(moment, playbook))
    if gone is None or gone.deputy is None:
        return prospect.owner_id
    ids = (one for one in mailbox_named(gone.deputy, playbook).owners if one.startswith(USER_PREFIX))
    return next(ids, prospect.owner_id)


def home_day(moment: datetime, playbook: Playbook) -> date:
    """The day that a mailbox counts a mail to."""
    return local(moment, Place(time_zone=playbook.sending.time_zone)).date()


def written_by(playbook: Playbook, email: str) -> Playbook:
    """The playbook as this mailbox's writer signs it."""
    if email == playbook.sender.email:
        return playbook
    return _REMEMBERED.of(playbook, f"by {email}", lambda: _signed(playbook, mailbox_named(email, playbook)))


def _signed(playbook: Playbook, box: Mailbox) -> Playbook:
    role = {"role": box.role} if box.role is not None else {}
    own = {"email": box.email, "name": box.name, "particle": box.particle, **role}
    sender = playbook.sender.model_copy(update=own)
    return playbook.model_copy(update={"sender": sender})
