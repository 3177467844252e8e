"""The name this program was called by, so that every hint can be copied and works as it stands."""

from __future__ import annotations

import os
import re

VARIABLE = "CLOSELOOP_PROGRAM"
"""Set by `start.py`, since no `closeloop` is on the PATH of who starts it so."""
OWN_NAME = "closeloop"
_COMMANDS = (
    "demo|up|run|plan|apply|import|why|settle|undo|understand|doctor|report|gateway|sandbox|playbook|mapping|forget|"
    "backup|restore|approve"
)
_HINT = re.compile(rf"(?<![\w./-])closeloop (?=(?:{_COMMANDS})\b|--help)")


def program() -> str:
    """`closeloop`, or `python3 start.py` and the like."""
    return os.environ.get(VARIABLE, "").strip() or OWN_NAME


def as_called(text: str) -> str:
    """The text with its hints in the words that work here."""
    return _HINT.sub(lambda _: f"{program()} ", text)
