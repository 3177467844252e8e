"""The leads of a benchmark: invented, clean, and the same for both sides."""

from __future__ import annotations

import csv
from pathlib import Path

from closeloop.adapters.leads.sample import invent_leads

LEFT_OUT = {"Event", "Rating note"}
"""Columns of the sample that a Lead has no field for."""
NUMBERS = {"No. of Employees", "Annual Revenue"}


def write_leads(path: Path, number: int, seed: int) -> None:
    """`number` rows that the sandbox loads without a remark, so that every one is in the CRM."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        rows = [_row(lead) for lead in invent_leads(number, seed)]
        table = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def _row(lead: dict[str, str]) -> dict[str, str]:
    return {name: _cell(name, value) for name, value in lead.items() if name not in LEFT_OUT}


def _cell(name: str, value: str) -> str:
    """`approx. 1,200` is for the import to read; a CRM holds 1200."""
    return "".join(sign for sign in value if sign.isdigit()) if name in NUMBERS else value
