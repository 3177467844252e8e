"""Small pictures of decks for a page that loads nothing: PNG as data addresses, by the path of the deck."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from pathlib import Path

from closeloop.adapters.decks.pictures import preview_files
from closeloop.domain.errors import UsageError

MOST = 6
"""More pictures than these and nobody looks at any."""
_FIRST_ANSWER = 4
"""The slide that differs most from deck to deck."""


def gallery(home: Path, decks: Iterable[str | None], most: int = MOST) -> dict[str, str]:
    """Deck path to its picture, for the first `most` that lie in the home folder and can be drawn."""
    found: dict[str, str] = {}
    for deck in decks:
        if len(found) == most:
            break
        if deck and (home / deck).is_file() and (picture := _picture(home / deck)) is not None:
            found[deck] = f"data:image/png;base64,{base64.b64encode(picture).decode()}"
    return found


def _picture(deck: Path) -> bytes | None:
    """None for a file that a person saved in a way that is not drawn here: the link to it still stands."""
    try:
        files = preview_files(deck, (_FIRST_ANSWER,)) or preview_files(deck, (0,))
        return files[0].read_bytes() if files else None
    except (UsageError, OSError):
        return None
