"""Pictures and the PDF of a finished deck, drawn from the very file that is shown, without an office program.

Thai and other scripts are drawn with the fonts of this machine; a file that cannot be drawn is a `UsageError`.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from closeloop.domain.errors import UsageError

_SLIDE_INCHES = 13.333
PREVIEW_WIDTH = 480
"""Pixels: enough to see what a slide says, at less than ten kilobytes."""
COLOURS = 64
"""Enough for slides, which have few."""
FIRST_PREVIEWS = (0, 2, 4)
"""What a person looks at first: the title, their goals, the first answer."""


def pdf_of(deck: bytes) -> bytes:
    """The deck as PDF; the same deck gives the same bytes."""
    return bytes(_drawn(deck, lambda presentation: presentation.to_pdf()))


def pictures_of(deck: bytes, slides: Sequence[int] = FIRST_PREVIEWS, width: int = PREVIEW_WIDTH) -> list[bytes]:
    """PNG files of these slides, counted from 0, so many pixels wide; a slide that is not there is left out."""

    def draw(presentation: Any) -> list[bytes]:
        there = [number for number in slides if number < len(presentation.slides)]
        return list(presentation.render_slides(dpi=width / _SLIDE_INCHES, slides=there)) if there else []

    return list(_drawn(deck, draw))


def preview_files(deck: Path, slides: Sequence[int] = FIRST_PREVIEWS) -> list[Path]:
    """Small PNG files beside the deck, drawn anew only when the deck is newer: for a report or an approval form."""
    files = [deck.with_name(f"{deck.stem}.{number + 1}.png") for number in slides]
    drawn = [file for file in files if file.exists() and file.stat().st_mtime_ns >= deck.stat().st_mtime_ns]
    if len(drawn) == len(files):
        return files
    pictures = pictures_of(deck.read_bytes(), slides)
    for file, picture in zip(files, pictures, strict=False):
        file.write_bytes(_small(picture))
    return files[: len(pictures)]


def _small(picture: bytes) -> bytes:
    """The same picture in few colours, at less than half the bytes: a page may hold several as text."""
    from PIL import Image

    with Image.open(BytesIO(picture)) as drawn, BytesIO() as file:
        drawn.convert("RGB").quantize(COLOURS).save(file, "PNG", optimize=True)
        return file.getvalue()


def _drawn(deck: bytes, draw: Any) -> Any:
    import rpptx

    with TemporaryDirectory() as folder:
        path = Path(folder, "deck.pptx")
        path.write_bytes(deck)
        try:
            return draw(rpptx.Presentation(str(path)))
        except rpptx.RpptxError as problem:
            raise UsageError(
                f"the deck cannot be drawn ({problem}). Open it in PowerPoint or LibreOffice and save it again, or "
                "build it on the shipped master."
            ) from problem
