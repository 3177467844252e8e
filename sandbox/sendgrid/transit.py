"""The way of one mail from the queue to the recipient's server.

A mail leaves once, at its `send_at` or at once; one that is cancelled, expired or suppressed is discarded and
nobody ever reads it.
"""

from __future__ import annotations

import hashlib

from sandbox import agenda
from sandbox.agenda import Due
from sandbox.buyers.chance import Chance
from sandbox.sendgrid import batches, events
from sandbox.sendgrid.account import account_of
from sandbox.sendgrid.models import Mail, mail_of, set_status
from sandbox.sendgrid.suppression import suppress, why_dropped
from sandbox.world import World

LEAVE = "leave"
ARRIVE = "arrive"
EXPIRE = "expire"
PAUSED_FOR = 72 * 3600
RETRIES = (300, 900, 2700)


def dispatch(world: World, mail: Mail) -> None:
    """Let a stored mail leave now, or put its departure on the agenda."""
    if mail.leaves_at <= agenda.now(world):
        _depart(world, mail)
    else:
        agenda.put(world, Due(mail.leaves_at, mail.address, LEAVE, mail.id))


def leave(world: World, mail_id: int) -> None:
    """The mail's moment has come: processed and on its way, held, or discarded."""
    mail = mail_of(world, mail_id)
    if mail.status == "queued":
        _depart(world, mail)


def _depart(world: World, mail: Mail) -> None:
    stop = batches.stop_for(world, mail)
    if stop == "cancel":
        set_status(world, mail, "cancelled")
        events.cancelled(world, mail, "Cancelled Batch")
    elif stop == "pause":
        agenda.put(world, Due(agenda.now(world) + PAUSED_FOR, mail.address, EXPIRE, mail.id))
    else:
        _process(world, mail)


def expire(world: World, mail_id: int) -> None:
    """A mail that was paused for 72 hours is discarded."""
    mail = mail_of(world, mail_id)
    if mail.status == "queued":
        set_status(world, mail, "cancelled")
        events.cancelled(world, mail, "Expired")


def release(world: World, batch_id: str) -> None:
    """A pause or cancellation was taken back or changed: what has been waiting since its moment goes on."""
    rows = world.db.execute(
        "SELECT m.id FROM sendgrid_mails m JOIN sendgrid_log l ON l.mail_id = m.id"
        " WHERE l.batch_id = ? AND m.status = 'queued' AND m.leaves_at <= ? ORDER BY m.id",
        (batch_id, agenda.now(world)),
    ).fetchall()
    for row in rows:
        leave(world, row["id"])


def _process(world: World, mail: Mail) -> None:
    reason = why_dropped(world, mail.address, mail.content.asm_group_id, mail.content.bypass)
    if reason is not None:
        set_status(world, mail, "dropped")
        events.dropped(world, mail, reason)
        return
    set_status(world, mail, "processed")
    events.processed(world, mail)
    agenda.put(world, Due(agenda.now(world) + _seconds_on_the_way(mail), mail.address, ARRIVE, mail.id))


def deliver(world: World, mail: Mail) -> None:
    """The recipient's server takes the mail."""
    set_status(world, mail, "delivered")
    events.delivered(world, mail)


def bounce(world: World, mail: Mail) -> None:
    """The recipient's server refuses the mail for good; the address is suppressed from now on."""
    reason = f"550 5.1.1 <{mail.content.to}>: Recipient address rejected: User unknown"
    set_status(world, mail, "bounced")
    suppress(world, "bounces", mail.content.to, reason=reason, status="5.1.1")
    events.bounced(world, mail, reason)


def turned_away(world: World, mail: Mail) -> bool:
    """Whether the recipient's server does not take the mail now: it asks to come later, or blocks it."""
    account, chance = account_of(world), Chance(world.seed, mail.address)
    if account.deferred and chance.happens(account.deferred, "deferred", mail.leaves_at):
        attempts = _count_deferrals(world, mail)
        if attempts <= chance.between(0, len(RETRIES) - 1, "deferrals", mail.leaves_at):
            events.deferred(world, mail, attempts)
            again = agenda.now(world) + RETRIES[attempts]
            agenda.put(world, Due(again, mail.address, ARRIVE, mail.id))
            return True
    if account.blocked and chance.happens(account.blocked, "blocked", mail.leaves_at):
        reason = f"421 4.7.1 <{mail.content.to}>: Message blocked: too many messages from this address"
        set_status(world, mail, "blocked")
        suppress(world, "blocks", mail.content.to, reason=reason, status="4.7.1")
        events.blocked(world, mail, reason)
        return True
    return False


def _count_deferrals(world: World, mail: Mail) -> int:
    row = world.db.execute(
        "SELECT COUNT(*) AS n FROM sendgrid_outbox WHERE mail_id = ? AND name = 'deferred'", (mail.id,)
    ).fetchone()
    return int(row["n"])


def _seconds_on_the_way(mail: Mail) -> int:
    return 2 + hashlib.sha256(mail.address.encode()).digest()[0] % 8
