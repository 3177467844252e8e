"""What a reply changes about how we write: the conversation goes on with it, in the language the person used."""

from __future__ import annotations

import re
from typing import Any

from closeloop.domain.languages import FACT, wish
from closeloop.domain.playbook import Playbook
from closeloop.domain.prospect import Fact, Prospect
from closeloop.domain.signals import Signal, Understanding
from closeloop.domain.threads import header, heard, ids_in

_THAI = re.compile(r"[\u0e00-\u0e7f]")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
_ENGLISH = frozenset(
    "and are but can could for from have how not our please send thank thanks that the this us we what when will "
    "with would you your".split()
)
_SURE_WORDS = 3
"""Common words of English in one reply; names and `ok` alone say nothing."""


def after_reply(prospect: Prospect, signal: Signal, found: Understanding, playbook: Playbook) -> dict[str, Any]:
    """The fields of the prospect that a reply of a person changes."""
    headers, subject = (str(signal.payload.get(name, "")) for name in ("headers", "subject"))
    references = ids_in(header(headers, "References") or header(headers, "In-Reply-To"))
    message_id = header(headers, "Message-ID")
    talk = heard(prospect.conversation, message_id, references, subject, signal.occurred_at)
    return {"conversation": talk, **_language(prospect, signal, found, playbook)}


def _language(prospect: Prospect, signal: Signal, found: Understanding, playbook: Playbook) -> dict[str, Any]:
    """A fact only where it is news: somebody whom we wrote to in another language."""
    spoken = language_of(found.said)
    if spoken is None or spoken == wish(prospect, playbook)[0].partition("-")[0]:
        return {}
    fact = Fact(name=FACT, value=spoken, source=f"reply:{signal.id}", observed_at=signal.occurred_at)
    return {"facts": prospect.facts | {FACT: fact}}


def language_of(words: str) -> str | None:
    """`th` or `en` when somebody's own words surely are; None for everything else."""
    thai, latin = len(_THAI.findall(words)), len(_LATIN.findall(words))
    if thai > max(5, latin):
        return "th"
    known = _ENGLISH & set(re.findall(r"[a-z]+", words.lower()))
    return "en" if not thai and len(known) >= _SURE_WORDS else None
