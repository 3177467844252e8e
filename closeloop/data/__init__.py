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

COMPANIES = Path(__file__).with_name("companies.jsonl")
SAMPLE_LEADS = Path(__file__).with_name("sample_leads.csv")


def read_companies(path: Path = COMPANIES) -> list[Company]:
    """The registry's entries in file order; `UsageError` for a file that is none."""
    try:
        return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line]
    except (OSError, ValueError) as error:
        raise UsageError(f"the company registry {path} cannot be read ({error}): reinstall Closeloop") from None
