"""Names of files that people look for: the company they are about, in letters every file system and mail keeps."""

from __future__ import annotations

import re
import unicodedata

LONGEST_SLUG = 60
"""Characters; a path has to fit into 255 bytes, also where a letter takes three."""


def slug(text: str) -> str:
    """`Societe-Generale` for `Société Générale`; letters of other scripts stay; empty when there are none."""
    letters = unicodedata.normalize("NFKD", text)
    plain = "".join(letter for letter in letters if not "\u0300" <= letter <= "\u036f")
    kept = "".join(c if unicodedata.category(c)[0] in "LNM" else " " for c in unicodedata.normalize("NFC", plain))
    return re.sub(r"\s+", "-", kept.strip())[:LONGEST_SLUG].strip("-")


def named_for(company: str, key: str, ending: str) -> str:
    """`Marriott-International_00Qg….pptx`: found by company, unique by the record's id."""
    return "_".join(part for part in (slug(company), key) if part) + f".{ending}"
