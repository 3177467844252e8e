"""Data that comes with Closeloop: the firmographic registry and the sample of 300 leads.

Companies are real and their facts are as an encyclopedia has them; people are invented, and every address
lies under a reserved domain, so nothing here can reach anybody.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from closeloop.domain.errors import UsageError
from closeloop.domain.sources import OWN_FILE

Company = Mapping[str, Any]
"""One entry of the registry, as it was written. `founder` names people and is never read."""

NEEDED = ("name", "website", "industries", "wikipedia_url")
"""What an entry cannot do without: it is found by the first two and cited by the last."""

COLUMNS = (
    *("name", "website", "country", "industries", "founded", "employees", "revenue", "headquarters"),
    *("company_type", "products", "source"),
)
"""What a register of one's own may hold as CSV; the first two it must."""

COMPANIES = Path(__file__).with_name("companies.jsonl")
SAMPLE_LEADS = Path(__file__).with_name("sample_leads.csv")


def read_companies(path: Path = COMPANIES) -> list[Company]:
    """The registry's entries in file order; `UsageError` for a file that is none."""
    mend = "reinstall Closeloop" if path == COMPANIES else f"set CLOSELOOP_REGISTRY to a file like {COMPANIES}"
    try:
        text = path.read_text("utf-8-sig")
        if path.suffix.lower() == ".csv":
            return list(_rows(text, path.name))
        return [_company(line) for line in text.splitlines() if line]
    except (OSError, ValueError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"the company registry {path} cannot be read ({reason}): {mend}") from None


def _rows(text: str, name: str) -> Iterator[Company]:
    """The rows of a CSV file with a header; cited by file and line where no column `source` says better."""
    lines = text.splitlines(keepends=True)
    header = lines[0] if lines else ""
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=header.count))
    reader.fieldnames = [_column(cell) for cell in reader.fieldnames or ()]
    if missing := [column for column in COLUMNS[:2] if column not in reader.fieldnames]:
        raise ValueError(f"its first line names no column {' and no column '.join(missing)}")
    for row in reader:
        found = {column: cell for column in COLUMNS if (cell := (row.get(column) or "").strip())}
        if found.get("name"):
            cited = found.pop("source", f"{OWN_FILE}{name}, line {reader.line_num}")
            kinds = [kind.strip() for kind in found.get("industries", "").split(";") if kind.strip()]
            yield {"website": "", **found, "industries": kinds, "wikipedia_url": cited}


def _column(cell: str) -> str:
    """`Company type` is `company_type`; `industry` is one of its `industries`."""
    name = "_".join(cell.lower().split())
    return {"industry": "industries", "company": "name", "domain": "website"}.get(name, name)


def _company(line: str) -> Company:
    found = json.loads(line)
    missing = [name for name in NEEDED if not isinstance(found, dict) or name not in found]
    if missing:
        raise ValueError(f"an entry lacks {', '.join(missing)}")
    return found  # type: ignore[no-any-return]
