"""What a check of the set-up found. Invariant: whatever is not in order comes with what mends it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warning", "error"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    check: str
    level: Level
    found: str
    fix: str = ""
    area: str = "Closeloop"
