"""Where words go: results to stdout, everything else to stderr, JSON alone on stdout."""

from __future__ import annotations

import json
import sys
from typing import Any

from rich.console import Console

from closeloop.cli.program import as_called


def console() -> Console:
    """For results that people read."""
    return Console(highlight=False)


def side_console() -> Console:
    """For progress and remarks, beside the result."""
    return Console(stderr=True, highlight=False)


def print_json(found: Any) -> None:
    """One JSON object on stdout and nothing else there."""
    unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    sys.stdout.write(json.dumps(found, ensure_ascii=not unicode, default=str) + "\n")


def complain(text: str) -> None:
    """One message on stderr, in plain words, its hints as they work here."""
    sys.stderr.write(f"closeloop: {as_called(text)}\n")


def clean(words: str) -> str:
    """Without characters that steer a terminal."""
    return "".join(char if char.isprintable() else " " for char in words)
