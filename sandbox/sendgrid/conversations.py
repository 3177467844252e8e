"""Which mails and replies belong together, by Message-ID, In-Reply-To and References.

A conversation is named by the id of its first mail. Mails to many people may carry one Message-ID, so an id is
known together with the address it went to.
"""

from __future__ import annotations

import re

from sandbox.sendgrid.models import Mail
from sandbox.world import World

ID = re.compile(r"<[^<>\s]+>")


def ids_in(text: str) -> list[str]:
    """The message ids of a header, the nearest relative first: References name the oldest first."""
    return list(reversed(ID.findall(text)))


def sent(world: World, mail: Mail) -> int:
    """A mail joins the conversation it answers, or opens one."""
    content = mail.content
    named = ids_in(content.header("In-Reply-To")) + ids_in(content.header("References"))
    conversation = conversation_of(world, named, mail.address) or mail.id
    _remember(world, content.message_id, mail.address, conversation)
    world.db.execute("INSERT OR REPLACE INTO sendgrid_conversations VALUES (?, ?)", (mail.id, conversation))
    return conversation


def received(world: World, message_id: str, mail: Mail) -> None:
    """A reply joins the conversation of the mail it answers."""
    found = conversation_of(world, [mail.content.message_id], mail.address) or mail.id
    _remember(world, message_id, mail.address, found)


def conversation_of(world: World, ids: list[str], address: str) -> int | None:
    """The conversation of the first id that is known for this address, or else for any; None when none is."""
    for message_id in ids:
        row = world.db.execute(
            "SELECT conversation FROM sendgrid_message_ids WHERE message_id = ? ORDER BY address != ? LIMIT 1",
            (message_id, address),
        ).fetchone()
        if row is not None:
            return int(row["conversation"])
    return None


def _remember(world: World, message_id: str, address: str, conversation: int) -> None:
    world.db.execute(
        "INSERT OR IGNORE INTO sendgrid_message_ids VALUES (?, ?, ?)", (message_id, address, conversation)
    )
