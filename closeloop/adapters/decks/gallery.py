"""Small pictures of decks for a page that loads nothing: PNG as data addresses, by the path of the deck."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from pathlib import Path

from closeloop.adapters.decks.pictures import FIRST_PREVIEWS, preview_files

MOST = 6
"""More pictures than these and nobody looks at any."""
IN_FORMS = (4, 3)
"""The first answer, and what we found: pages that hold nobody's own words."""
_FIRST_ANSWER = 4
"""The slide that differs most from deck to deck."""


def gallery(home: Path, decks: Iterable[str | None], most: int = MOST) -> dict[str, str]:
    """Deck path to its picture, for the first `most` that lie in the home folder and can be drawn."""
    found: dict[str, str] = {}
    for deck in decks:
        if len(found) == most:
            break
        if deck and (home / deck).is_file() and (picture := _picture(home / deck)) is not None:
            found[deck] = _address(picture)
    return found


def form_pictures(deck: Path) -> tuple[str, ...]:
    """What whoever is asked about a deck sees of it, as data addresses; none for a file that cannot be drawn here.

    Never the title page, which names a person, nor the goals, which may be a person's own words.
    """
    return tuple(_address(file.read_bytes()) for file in drawn_pages(deck, IN_FORMS))


def drawn_pages(deck: Path, slides: Sequence[int] = FIRST_PREVIEWS) -> list[Path]:
    """The files of the small pictures; none for a deck that is gone, or that a person saved in a way that is not
    drawn here. Never raises: a picture is a help, and nothing waits for it."""
    try:
        return preview_files(deck, slides)
    except Exception:  # noqa: BLE001 - a drawing program may fail in many ways; the file itself still stands
        return []


def _picture(deck: Path) -> bytes | None:
    """None for a file that a person saved in a way that is not drawn here: the link to it still stands."""
    files = drawn_pages(deck, (_FIRST_ANSWER,)) or drawn_pages(deck, (0,))
    return files[0].read_bytes() if files else None


def _address(picture: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(picture).decode()}"
