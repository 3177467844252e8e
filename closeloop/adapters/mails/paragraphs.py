"""The paragraphs of a mail, found once, so that its text and its HTML say the same to the letter."""

from __future__ import annotations

import re
from dataclasses import dataclass

_EMPTY_LINES = re.compile(r"\n\s*\n")
_BULLET = "- "


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph (a single line, however the template wraps it) or one list (a line for each point)."""

    lines: tuple[str, ...]
    is_list: bool = False

    def as_text(self) -> str:
        return "\n".join(f"{_BULLET}{line}" for line in self.lines) if self.is_list else self.lines[0]


def split(words: str) -> tuple[Paragraph, ...]:
    """Paragraphs are set apart by an empty line; one whose lines all begin with `- ` is a list."""
    return tuple(_paragraph(block) for block in _EMPTY_LINES.split(words.strip()) if block.strip())


def _paragraph(block: str) -> Paragraph:
    lines = [line.strip() for line in block.split("\n") if line.strip()]
    if all(line.startswith(_BULLET) for line in lines):
        return Paragraph(tuple(line.removeprefix(_BULLET) for line in lines), is_list=True)
    return Paragraph((" ".join(lines),))
