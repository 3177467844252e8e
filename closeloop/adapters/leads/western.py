"""Whether bytes that are no UTF-8 make sense as Windows-1252, the other encoding spreadsheets save a CSV in.

Any byte is some Windows-1252 character, so decoding proves nothing: Thai, Japanese, Russian or Chinese text becomes
Western letters in an order no language has. Invariant: a word passes only as a word of a language that is written
in Windows-1252; a doubtful one is refused, since a person can save the file as UTF-8 and nobody can repair a name.
"""

from __future__ import annotations

import re
from functools import lru_cache

_ALPHABETS = tuple(
    frozenset(letters)
    for letters in (
        "äöüßéèàáåø",  # German, with the names of neighbours
        "àâæçéèêëîïôœùûüÿ",  # French
        "áàéèíïóòúüñçªº",  # Spanish, Catalan
        "áâãàçéêíóôõúüªº",  # Portuguese
        "àèéìíîòóùú",  # Italian
        "æøåéèêóòôäöü",  # Danish, Norwegian
        "åäöéèàüášžõ",  # Swedish, Finnish, Estonian
        "áðéíóúýþæö",  # Icelandic
        "áâäàéëèêíïóöôúüûñç",  # Dutch, Afrikaans, Welsh
        "áéíóúýšžäô",  # Czech and Slovak names without the letters that Windows-1252 lacks
    )
)
_AROUND = "“”„‘’‚«»–—…•®™©°ºª²³¹½¼¾€£¥§¢±×·´`¿¡\xad"
"""Signs that stand beside a word."""
_WITHIN = frozenset("’‘´·–—•®™©°º…\xad&")
"""Signs that stand inside one: O’Brien, Müller–Schmidt."""
_BREAKS = re.compile("[\\s\xa0!-/:-@\\[-`{-~]+")
_HIGH_AFTER_LOW = re.compile("[a-zß-öø-ÿ][À-ÖØ-ÞŠŒŽŸ]")


def is_western(line: bytes) -> bool:
    """True when every word of the line could have been typed in Western Europe or the Americas."""
    try:
        text = line.decode("cp1252")
    except UnicodeDecodeError:
        return False
    return all(word.isascii() or _is_word(word) for word in _BREAKS.split(text)) and not _may_be_turkish(text)


def _may_be_turkish(text: str) -> bool:
    """Turkish Windows has ğ ı ş where ours has Icelandic letters, beside which there are accents in Iceland."""
    used = set(text.lower())
    return bool(used & set("ðþý")) and (not used & set("áéíóúæ") or "ç" in used)


@lru_cache(maxsize=10_000)
def _is_word(word: str) -> bool:
    core = word.strip(_AROUND)
    strange = [sign for sign in core if not sign.isascii()]
    letters = [sign for sign in strange if sign.isalpha() and sign != "ƒ"]
    if len(letters) < len(strange) and not all(s in _WITHIN for s in strange if s not in letters):
        return False
    if not letters:
        return True
    # Foreign text has next to no ASCII letters between its own; `été` is about the limit of Western words.
    size = sum(sign.isalnum() for sign in core)
    crowded = len(letters) > (2 if size == 3 else max(1, size // 2))
    used = {letter.lower() for letter in letters}
    return not crowded and not _HIGH_AFTER_LOW.search(core) and any(used <= known for known in _ALPHABETS)
