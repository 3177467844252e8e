"""Lines for people: the words of others are shown as words, on a terminal wrapped, in a pipe whole.

Invariant: neither markup nor escape sequences in what somebody wrote are obeyed.
"""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from closeloop.cli.output import clean


def say(screen: Console, words: str, indent: int = 0, style: str = "") -> None:
    """One paragraph, indented by so many columns."""
    text = Text(clean(words), style=style)
    if screen.is_terminal:
        screen.print(Padding(text, (0, 0, 0, indent)))
    else:
        screen.print(Text(" " * indent) + text, soft_wrap=True)


def value(found: Any) -> str:
    """A field's value as a sentence can hold it."""
    if found is None or found == "":
        return "(empty)"
    if isinstance(found, bool):
        return "yes" if found else "no"
    return f"{found:,}" if isinstance(found, int | float) else f"“{found}”"
