"""The first letters under which a CRM is searched for people: coarse enough for a slip, fine enough for an index.

Invariant: letters, digits, apostrophes and hyphens only, so that a beginning is never a pattern of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from closeloop.domain.countries import fold
from closeloop.domain.identity_traits import PersonRecord
from closeloop.domain.person_names import plain, unspoilt

LETTERS = 3
COMPANY_LETTERS = 5
_SPELLED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "oe", "å": "aa"})
_WITHIN = "'’-"


def name_beginnings(people: Iterable[PersonRecord]) -> list[str]:
    """Beginnings of first and last names, in every way an umlaut is written; sorted, each once."""
    found: set[str] = set()
    for person in people:
        for name in (person.last_name, person.first_name or ""):
            found |= _of(name)
    return sorted(found)


def company_beginnings(names: Iterable[str]) -> list[str]:
    """Beginnings of company names as they are written, without an article; sorted, each once."""
    found: set[str] = set()
    for name in names:
        whole = re.sub(r"^the\s+", "", unspoilt(name).strip().casefold())
        for way in (whole, whole.translate(_SPELLED), _umlauts(whole), fold(whole)):
            letters = "".join(c for c in way.split()[0] if c.isalnum() or c in _WITHIN) if way.split() else ""
            found |= {letters[:COMPANY_LETTERS]} if len(letters) > 1 else set()
    return sorted(found)


def _of(name: str) -> set[str]:
    whole = unspoilt(name).casefold()
    ways = (whole, whole.translate(_SPELLED), _umlauts(whole), fold(whole), plain(whole))
    words = [word for way in ways for word in way.split()]
    letters = {"".join(c for c in word if c.isalnum() or c in _WITHIN) for word in words}
    return {word[:LETTERS] for word in letters if sum(map(str.isalnum, word[:LETTERS])) > 1}


def _umlauts(name: str) -> str:
    """`mueller` as `müller`, which the CRM may have."""
    return name.replace("ue", "ü").replace("oe", "ö").replace("ae", "ä")
