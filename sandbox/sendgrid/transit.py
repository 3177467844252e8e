"""The way of one mail from the queue to the recipient's server.

A mail leaves once, at its `send_at` or at once; a suppressed address is dropped and nobody ever reads it.
"""

from __future__ import annotations

import hashlib

from sandbox import agenda
from sandbox.agenda import Due
from sandbox.sendgrid import events
from sandbox.sendgrid.models import Mail, mail_of, set_status
from sandbox.sendgrid.suppression import suppress, why_dropped
from sandbox.world import World

LEAVE = "leave"
ARRIVE = "arrive"


def dispatch(world: World, mail: Mail) -> None:
    """Let a stored mail leave now, or put its departure on the agenda."""
    if mail.leaves_at <= agenda.now(world):
        leave(world, mail.id)
    else:
        agenda.put(world, Due(mail.leaves_at, mail.address, LEAVE, mail.id))


def leave(world: World, mail_id: int) -> None:
    """The mail's moment has come: processed and on its way, or dropped."""
    mail = mail_of(world, mail_id)
    reason = why_dropped(world, mail.address)
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


def _seconds_on_the_way(mail: Mail) -> int:
    return 2 + hashlib.sha256(mail.address.encode()).digest()[0] % 8
