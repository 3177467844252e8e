"""Conversations by mail: which mail goes on with which, under one subject, so that programs show them together.

Invariants: each mail of ours has a Message-ID of its own, made from its action's key, and a reply to it leads back
to its prospect even if the provider has changed that id: the id of the conversation stands in References too.
What other people's mail programs wrote enters a header only when it is a well-formed id.
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta

from closeloop.domain.record import Moment, Record
from closeloop.domain.tokens import read_token

SAME_TALK = timedelta(days=60)
"""After a longer silence a mail begins a new conversation: `Re:` would claim one that nobody remembers."""
KEPT_IDS = 8
ID_CHARACTERS = 250
SUBJECT_CHARACTERS = 120
_ID = re.compile(r"<[!-;=?A-~]+@[!-;=?A-~]+>")
_OURS = re.compile(r"<[a-z]*\.?[0-9a-f]{16}\.([0-9a-z]+)@", re.IGNORECASE)
_MARKS = re.compile(
    r"^(?:\s*(?:re|aw|sv|rv|antw|fwd?|wg|tr|ตอบ|ตอบกลับ|ส่งต่อ)\s*(?:\[\d+\])?\s*[:：])+\s*", re.IGNORECASE
)


class Conversation(Record):
    """The talk a prospect is in, as far as the next mail needs it."""

    root: str
    """The id under which the whole conversation is known."""
    subject: str
    """Without `Re:`."""
    ids: tuple[str, ...]
    """The last Message-IDs, theirs and ours, oldest first."""
    talk: str
    """The run of the sequence that opened it, as it stands in the keys of its actions."""
    last_at: Moment
    heard: bool = False
    """They have written in it."""
    waits_for_us: bool = False
    """The last word is theirs."""


class ThreadHeaders(Record):
    """What a mail says about its place in a conversation."""

    message_id: str
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    subject: str | None = None
    """The subject of the conversation it goes on with; None when it opens one."""


def opens_or_continues(
    known: Conversation | None, action_key: str, token: str, domain: str, now: datetime, *, on_its_own: bool
) -> ThreadHeaders:
    """The headers of the mail with this key; `on_its_own` for one that goes on with a talk only to answer."""
    own = _id(action_key, token, domain)
    if known is None or not _goes_on(known, _talk(action_key), now, on_its_own=on_its_own):
        return ThreadHeaders(message_id=own, references=(_id(_talk(action_key), token, domain, "talk."),))
    last = known.ids[-1] if known.ids else known.root
    references = tuple(dict.fromkeys((known.root, *known.ids)))
    return ThreadHeaders(message_id=own, in_reply_to=last, references=references, subject=known.subject)


def said(
    known: Conversation | None, headers: ThreadHeaders, action_key: str, subject: str, now: datetime
) -> Conversation:
    """The conversation after a mail of ours with this subject, which has no `Re:` of its own."""
    if known is None or headers.subject is None:
        root = headers.references[0] if headers.references else headers.message_id
        talk = _talk(action_key)
        return Conversation(root=root, subject=bare(subject), ids=(headers.message_id,), talk=talk, last_at=now)
    ids = _latest(*known.ids, headers.message_id)
    return known.model_copy(update={"ids": ids, "last_at": now, "waits_for_us": False})


def heard(
    known: Conversation | None, message_id: str | None, references: tuple[str, ...], subject: str, at: datetime
) -> Conversation | None:
    """The conversation after a mail of theirs. A mail without a usable id changes only who spoke last."""
    own = well_formed(message_id)
    if known is None and own is None:
        return None
    theirs = bare(subject)
    if known is None:
        root = (*references, str(own))[0]
        known = Conversation(root=root, subject=theirs or "…", ids=references[-KEPT_IDS:], talk="", last_at=at)
    ids = _latest(*known.ids, own) if own else known.ids
    # Their program may have put a mark before our subject; a subject that they have changed is theirs to choose.
    kept = known.subject if not theirs or known.subject.casefold() in theirs.casefold() else theirs
    changes = {"ids": ids, "subject": kept, "last_at": max(at, known.last_at), "heard": True, "waits_for_us": True}
    return known.model_copy(update=changes)


def well_formed(message_id: str | None) -> str | None:
    """The id when it may stand in a header of ours: one `<left@right>` in plain ASCII, of a sane length."""
    text = (message_id or "").strip()
    return text if len(text) <= ID_CHARACTERS and _ID.fullmatch(text) else None


def ids_in(header: str) -> tuple[str, ...]:
    """Every well-formed id of a References or In-Reply-To header, in order."""
    return tuple(found for found in _ID.findall(header) if len(found) <= ID_CHARACTERS)


def header(block: str, name: str) -> str:
    """A header of a raw block, its folded lines joined; empty when it is not there."""
    unfolded = re.sub(r"\r?\n[ \t]+", " ", block)
    found = re.search(rf"(?im)^{re.escape(name)}[ \t]*:(.*)$", unfolded)
    return found.group(1).strip() if found else ""


def prospect_of_ids(ids: tuple[str, ...], secret: str) -> str | None:
    """Whom the last of our own ids among these was written to; ids we did not make name nobody."""
    for one in reversed(ids):
        found = _OURS.match(one)
        key = read_token(found.group(1), secret) if found else None
        if key is not None:
            return key
    return None


def bare(subject: str) -> str:
    """On one line, without `Re:`, `AW:`, `ตอบ:` and what else programs put before it."""
    line = " ".join("".join(c if c.isprintable() else " " for c in subject).split())
    return _MARKS.sub("", line.replace("<%", "< %"))[:SUBJECT_CHARACTERS].strip()


def _goes_on(known: Conversation, talk: str, now: datetime, *, on_its_own: bool) -> bool:
    if now - known.last_at > SAME_TALK:
        return False
    return known.waits_for_us or (not on_its_own and (known.heard or known.talk == talk))


def _talk(action_key: str) -> str:
    """The key of the run that the step belongs to."""
    return action_key.rpartition(":")[0]


def _id(key: str, token: str, domain: str, kind: str = "") -> str:
    return f"<{kind}{hashlib.sha256(key.encode()).hexdigest()[:16]}.{token}@{domain}>"


def _latest(*ids: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(ids))[-KEPT_IDS:]
