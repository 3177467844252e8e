"""When two rows of a lead file are the same person.

Only sure cases count, and each can be said in one sentence: the same mailbox, or the same name at the same
company. A namesake with a numbered address of their own (wei.zhang, wei.zhang2) is taken for another person.
"""

from __future__ import annotations

import re
from functools import lru_cache

from cleanco import basename

from closeloop.domain.countries import fold
from closeloop.domain.leads import LeadDraft
from closeloop.domain.mail_addresses import address_kind, mailbox

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "æ": "ae"})


@lru_cache(maxsize=65_536)
def company_key(name: str) -> str:
    """The same text for "Volvo", "VOLVO AB" and "Volvo, A.B.": no legal form, accents, case or signs."""
    plain = re.sub(r"\([^()]*\)", " ", name)
    bare = basename(plain) or plain
    key = re.sub(r"^the ", "", fold(bare.replace("&", " and ").replace("+", " plus ")))
    return key or fold(name) or name.strip().casefold()


def person_keys(first: str | None, last: str) -> frozenset[str]:
    """Keys of a name: in any order, without initials, umlauts as ä, ae or a. Empty for a single word."""
    name = f"{first or ''} {last}".casefold()
    return frozenset(key for text in (name, name.translate(_UMLAUTS)) if (key := _name_key(fold(text))))


def _name_key(folded: str) -> str:
    words = [word for word in folded.split() if len(word) > 1]
    return " ".join(sorted(words)) if len(words) > 1 else ""


def _local_letters(address: str) -> tuple[str, str]:
    local = mailbox(address).partition("@")[0]
    return re.sub(r"\d+$", "", local), local


class SeenPeople:
    """Remembers the rows that were kept, and tells when another is one of them."""

    def __init__(self) -> None:
        self._mailboxes: dict[str, LeadDraft] = {}
        self._people: dict[tuple[str, str], LeadDraft] = {}

    def twin(self, draft: LeadDraft) -> str | None:
        """The reason to refuse `draft`, naming the line it repeats; None when it is somebody new."""
        if same := self._mailboxes.get(mailbox(draft.email)):
            return f"same e-mail address as line {same.line}: keep one of the two rows"
        for key in self._keys(draft):
            same = self._people.get(key)
            if same and not _numbered_namesakes(same, draft):
                who = f"{same.first_name or ''} {same.last_name}".strip()
                return f"looks like line {same.line}: {who} at {same.company}; keep one of the two rows"
        return None

    def add(self, draft: LeadDraft) -> None:
        """Remember a row; the first one of a person stays the original."""
        self._mailboxes.setdefault(mailbox(draft.email), draft)
        for key in self._keys(draft):
            self._people.setdefault(key, draft)

    @staticmethod
    def _keys(draft: LeadDraft) -> list[tuple[str, str]]:
        places = [company_key(draft.company)]
        if address_kind(draft.email) in {"corporate", "role"}:
            places.append(f"@{draft.email.rpartition('@')[2]}")
        people = sorted(person_keys(draft.first_name, draft.last_name))
        return [(place, person) for place in places for person in people]


def _numbered_namesakes(one: LeadDraft, other: LeadDraft) -> bool:
    (letters, local), (other_letters, other_local) = _local_letters(one.email), _local_letters(other.email)
    return letters == other_letters and local != other_local
