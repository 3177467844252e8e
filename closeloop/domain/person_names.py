"""What a person's name is made of, whichever way an export wrote it.

Case, accents, titles, initials, order, particles, Cyrillic and Greek letters, and the spoilt letters of a wrong
encoding do not count. Invariant: what is left out is never half of a name; a name of one word stays that word.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from closeloop.domain.countries import fold

_BARE = str.maketrans({"ø": "o", "å": "a", "æ": "a", "ß": "ss", "ł": "l", "đ": "d", "ı": "i", "œ": "o"})
_TWO_LETTERS = re.compile("([aou])e")
_CYRILLIC = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґ",
        "a b v g d e e zh z i y k l m n o p r s t u f kh ts ch sh shch _ y _ e yu ya i i e g".replace(
            "_", ""
        ).split(" "),
        strict=True,
    )
)
_GREEK = dict(
    zip(
        "αβγδεζηθικλμνξοπρσςτυφχψω",
        "a v g d e z i th i k l m n x o p r s s t y f ch ps o".split(),
        strict=True,
    )
)
_FROM_CYRILLIC, _FROM_GREEK = str.maketrans(_CYRILLIC), str.maketrans(_GREEK)
_TITLES = frozenset(
    "mr mrs ms miss mx dr prof professor herr frau mme mlle sr sra srta don dona ing dipl mag sir dame rev hon "
    "khun "
    "nai nang phd md mba cpa esq msc bsc dba cfa pmp pe llm ma".split()
)
_GENERATIONS = frozenset({"jr", "sr", "ii", "iii", "iv", "junior", "senior"})
_PARTICLES = frozenset(
    "de da do dos das del della di du des la le van von der den ter ten zu zum zur af av al el bin ibn y e".split()
)
_SPOILT = re.compile(
    "[ÃÂÅÄãâåäÁá][\u0080-\u00bf\u2013-\u203a\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u20ac\u2122]"
)
_AS_SPOILT = str.maketrans("ãâåä", "ÃÂÅÄ")
_AS_SPOILT_THRICE = str.maketrans("ÁÂ", "áâ")


class PersonName(NamedTuple):
    """A name to compare. Words are folded; `given` may be empty."""

    given: tuple[str, ...]
    """Given names and initials, in order."""
    surname: tuple[str, ...]
    """Without particles, unless there is nothing else."""
    whole: str
    """The last name with its particles in one word, as an address has it."""
    generation: str
    """`jr`, `ii` and so on; empty when none is said."""
    key: str
    """All words but initials, sorted: the same for "Okafor, Anna" and "Anna B. Okafor". Empty for one word."""


def unspoilt(text: str) -> str:
    """`MÃ¼ller` as `Müller`: UTF-8 that was read as Windows-1252 is read again; anything else stays as it is.

    It is also read when its case was changed since.
    """
    if not _SPOILT.search(text):
        return text
    for written in (text, text.translate(_AS_SPOILT), text.translate(_AS_SPOILT_THRICE)):
        try:
            return written.encode("cp1252").decode("utf-8")
        except UnicodeError:
            continue
    return text


def plain(text: str) -> str:
    """Folded Latin letters, Cyrillic and Greek spelled out; `ü`, `ue` and `u` are all `u`."""
    small = unicodedata.normalize("NFC", unspoilt(text).casefold())
    # Greek accents go first, since each changes the letter; a Cyrillic й is a letter of its own.
    latin = fold(small.translate(_BARE).translate(_FROM_CYRILLIC)).replace("ου", "ou").translate(_FROM_GREEK)
    return one_letter(latin)


def one_letter(folded: str) -> str:
    """`mueller` as `muller`, since half of the exports write an umlaut so; `samuel` loses its `e` everywhere."""
    return _TWO_LETTERS.sub(r"\1", folded)


@lru_cache(maxsize=65_536)
def read_name(first: str | None, last: str) -> PersonName:
    """The parts of a name in two cells; a comma in the last name, or a whole name in one cell, is understood."""
    given, surname = plain(first or "").split(), plain(last)
    if not given and "," in last:
        before, _, after = last.partition(",")
        given, surname = plain(after).split(), plain(before)
    words = surname.split()
    generation = next((word for word in (*words[1:], *given[1:]) if word in _GENERATIONS), "")
    given = _without_titles(given)
    words = _without_titles(words)
    if not given and len(words) > 1:
        given, words = words[:1], words[1:]
    given = [word for word in given if word not in _PARTICLES] or given
    core = [word for word in words if word not in _PARTICLES and len(word) > 1] or words
    return PersonName(tuple(given), tuple(core), "".join(words), _spoken(generation), _key([*given, *core]))


def _spoken(generation: str) -> str:
    return {"junior": "jr", "senior": "sr"}.get(generation, generation)


def _without_titles(words: list[str]) -> list[str]:
    kept = [word for word in words if word not in _TITLES and word not in _GENERATIONS]
    return kept or words


def _key(words: list[str]) -> str:
    whole = sorted({word for word in words if len(word) > 1})
    return " ".join(whole) if len(whole) > 1 else ""
