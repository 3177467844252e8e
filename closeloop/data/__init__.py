"""Data that comes with Closeloop: the firmographic registry and the sample of 300 leads.

Companies are real and their facts are as an encyclopedia has them; people are invented, and every address
lies under a reserved domain, so nothing here can reach anybody.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from closeloop.domain.errors import UsageError

Company = Mapping[str, Any]
"""One entry of the registry, as it was written. `founder` names people and is never read."""

NEEDED = ("name", "website", "industries", "wikipedia_url")
"""What an entry cannot do without: it is found by the first two and cited by the last."""

COMPANIES = Path(__file__).with_name("companies.jsonl")
SAMPLE_LEADS = Path(__file__).with_name("sample_leads.csv")


def read_companies(path: Path = COMPANIES) -> list[Company]:
    """The registry's entries in file order; `UsageError` for a file that is none."""
    mend = "reinstall Closeloop" if path == COMPANIES else f"set CLOSELOOP_REGISTRY to a file like {COMPANIES}"
    try:
        return [_company(line) for line in path.read_text("utf-8").splitlines() if line]
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"the company registry {path} cannot be read ({reason}): {mend}") from None


def _company(line: str) -> Company:
    found = json.loads(line)
    missing = [name for name in NEEDED if not isinstance(found, dict) or name not in found]
    if missing:
        raise ValueError(f"an entry lacks {', '.join(missing)}")
    return found  # type: ignore[no-any-return]
