"""What the API key has to be allowed for what is set up, in SendGrid's own names of its permissions.

Invariant: nothing is asked of a key that the settings have no use for. SendGrid names some permissions in two ways;
either will do.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

Alternatives = tuple[str, ...]
"""One of these is enough."""


@dataclass(frozen=True)
class Use:
    """One thing that is done with the key."""

    name: str
    """For people: `stop lists`."""
    needs: tuple[Alternatives, ...]
    """Of each, one."""
    without: str
    """What does not work without it."""
    fix: str


SENDING = Use(
    "sending",
    (("mail.send",),),
    "no mail leaves",
    "make a key with the Mail Send permission and set CLOSELOOP_SENDGRID_API_KEY to it",
)
STOP_LISTS = Use(
    "stop lists",
    (("suppression.read",), ("suppression.create", "asm.suppressions.global.create")),
    "bounces and opt-outs that SendGrid knows of are not read, and it is not told of ours",
    "give the key the Suppressions permission, or set CLOSELOOP_SENDGRID_LISTS=false",
)
HOLDING = Use(
    "holding mails back",
    (("mail.batch.create",), ("user.scheduled_sends.create",), ("user.scheduled_sends.read",)),
    "no mail can be handed over to be held, or none of those that are can be called back",
    "give the key the Scheduled Sends permission, or take CLOSELOOP_SENDGRID_HOLD_SECONDS out",
)
EVENTS = Use(
    "event webhook",
    (("user.webhooks.event.settings.create", "user.webhooks.event.settings.update"),),
    "`closeloop gateway --register` cannot have bounces, deliveries and opt-outs told to us",
    "give the key the Event Notification permission, or set the webhook up by hand",
)
REPLIES = Use(
    "inbound parse",
    (("user.webhooks.parse.settings.create", "user.webhooks.parse.settings.update"),),
    "`closeloop gateway --register` cannot have replies sent to us",
    "give the key the Inbound Parse permission, or set the address up by hand",
)
RECORDS = Use(
    "records of mails",
    (("email_activity.read", "messages.read"),),
    "a mail in doubt can be settled by events only, and their absence proves nothing",
    "give the key the Email Activity permission (it comes with SendGrid's extra history), or take "
    "CLOSELOOP_SENDGRID_ABSENCE_HOURS out",
)


def uses(*, lists: bool, holds: bool, gateway: bool, records: bool) -> Iterator[Use]:
    """What the key is used for, by what is set up."""
    yield SENDING
    if lists:
        yield STOP_LISTS
    if holds:
        yield HOLDING
    if gateway:
        yield from (EVENTS, REPLIES)
    if records:
        yield RECORDS


def missing(use: Use, allowed: Collection[str]) -> tuple[str, ...]:
    """The permissions that the key lacks for it, the first name of each."""
    return tuple(names[0] for names in use.needs if not any(name in allowed for name in names))
