"""How a mail begins. A name is said only when it is surely one; otherwise the greeting does without it."""

from __future__ import annotations

import re
import unicodedata

MOST_CHARACTERS = 40
MOST_WORDS = 3
HELLO = {"en": ("Hello {}", "Hello"), "th": ("เรียน คุณ{}", "เรียน ท่านผู้เกี่ยวข้อง")}
"""A language joins this table with its mail templates: a Thai greeting over an English mail is worse."""
_THAI_TITLES = re.compile(r"^(?:นางสาว|นาง|นาย|น\.\s?ส\.|ดร\.|คุณ)\s*(?=[\u0e01-\u0e2e\u0e40-\u0e44])")
"""Titles that CRM fields hold before the name; whoever writes politely says คุณ, which tells nobody's sex."""
_THAI = re.compile(r"[\u0e00-\u0e7f]")

_NOT_NAMES = """
admin alert all anonymous body buyer client company contact customer dear delete director drop exec first
firstname from hello hr human ignore import info insert instructions last lastname lead madam mail
manager me miss mr mrs ms name none not null office owner previous prospect reply sales script select
shop sir support system table team test tester testing undefined union unknown update user vip where xx
xxx xyz you your
คุณ นาย นาง นางสาว ทดสอบ ไม่มี ไม่ระบุ
"""
_NO_NAMES = frozenset(_NOT_NAMES.split())
_JOINED = re.compile(r"['’ʼʹ-]")
_INVISIBLE_JOINERS = "\u200c\u200d"
"""Part of the spelling of Persian and Indic names."""
_SCRIPTS_WITHOUT_CASE_OR_SPACE = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL")


def greeting(first_name: str | None, last_name: str | None, language: str) -> str:
    """`Hello Anna`, `เรียน คุณสมชาย`, or without a name when none can be said; no comma.

    Languages without templates get English.

    The family name is used only where a given name alone would be rude: Chinese, Japanese and Korean script.
    """
    with_name, without = HELLO.get(language.lower().partition("-")[0], HELLO["en"])
    is_thai = with_name is HELLO["th"][0]
    name = _sayable(_THAI_TITLES.sub("", (first_name or "").strip()) if is_thai else first_name)
    if name is None:
        return without
    family = _sayable(last_name)
    if family and _is_east_asian(name) and _is_east_asian(family):
        name = family + name
    if is_thai and not _THAI.match(name):
        name = f" {name}"  # Thai sets a blank before Latin letters
    return with_name.format(name)


def _sayable(name: str | None) -> str | None:
    """The name as it is written in a letter, or None when it is not surely a name."""
    words = unicodedata.normalize("NFC", name or "").split()
    text = " ".join(words)
    if not words or len(text) > MOST_CHARACTERS or len(words) > MOST_WORDS:
        return None
    if any(not _is_name_word(word) for word in words) or _is_initial(text):
        return None
    return " ".join(_in_letter_case(word) for word in words)


def _is_name_word(word: str) -> bool:
    parts = _JOINED.split(word)
    return all(map(_is_letters, parts)) and not any(part.lower() in _NO_NAMES for part in parts)


def _is_letters(part: str) -> bool:
    """Letters of any script, each with any number of marks: no digit, no symbol, no lone mark."""
    if not part or not unicodedata.category(part[0]).startswith("L"):
        return False
    return all(letter in _INVISIBLE_JOINERS or unicodedata.category(letter)[0] in "LM" for letter in part)


def _is_initial(text: str) -> bool:
    """One letter is a name in Chinese or Korean, and an initial everywhere else."""
    return len(text) == 1 and not _is_east_asian(text)


def _is_east_asian(name: str) -> bool:
    return all(unicodedata.name(letter, "").startswith(_SCRIPTS_WITHOUT_CASE_OR_SPACE) for letter in name)


def _in_letter_case(word: str) -> str:
    """`ANNA` and `anna-lena` as people write them; `McKay`, `van` and `Jo` are left alone when mixed."""
    if word.islower() or (word.isupper() and len(word) > 2):
        return re.sub(r"[^\W\d_]+", lambda part: part.group().capitalize(), word)
    return word
