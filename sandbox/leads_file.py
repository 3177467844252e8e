"""Loads a CSV export of leads straight into the sandbox's CRM, as if they had always been there.

Invariant: every row is either in the CRM or named, with its line and the reason, in what is returned.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from sandbox.salesforce import dml
from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.models import org_of
from sandbox.salesforce.schema import NUMBER_TYPES, Field, ObjectType
from sandbox.world import World

# Labels that reports and page layouts print differently from the field's own label.
_OTHER_LABELS = {
    "company / account": "Company",
    "employees": "NumberOfEmployees",
    "mobile": "MobilePhone",
    "lead status": "Status",
    "zip": "PostalCode",
    "mailing country": "Country",
}
_TRUE = frozenset({"true", "1", "yes", "x"})


class LeadsFileError(ValueError):
    """The file cannot be used; the text says what to do."""


def load_leads(world: World, path: Path) -> list[str]:
    """Creates a Lead for each row; returns one line for each row or column that was left out."""
    rows = _read(path)
    org = org_of(world)
    kind = org.store.schema["Lead"]
    columns = _columns(kind, rows[0], path)
    notes = [
        f"{path.name}: column '{name}' is no Lead field; it is left out"
        for name, field in zip(rows[0], columns, strict=True)
        if field is None
    ]
    call = org.call()
    with org.store.transaction():
        for line, row in enumerate(rows[1:], start=2):
            if not any(cell.strip() for cell in row):
                continue
            try:
                dml.create(call, kind, _values(columns, row))
            except ApiError as error:
                notes.append(f"{path.name} row {line}: {error.message}")
    if not any(operation["success"] for operation in call.operations):
        raise LeadsFileError(f"{path}: no row could be loaded; {notes[-1] if notes else 'the file has no rows'}")
    return notes


def _read(path: Path) -> list[list[str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file, strict=True))
    except OSError as error:
        raise LeadsFileError(f"{path}: {error.strerror}; give the path of a CSV file") from None
    except UnicodeDecodeError:
        raise LeadsFileError(f"{path} is not UTF-8; save it as 'CSV UTF-8'") from None
    except csv.Error as error:
        raise LeadsFileError(f"{path} is not a CSV file: {error}") from None
    if not rows or not any(rows[0]):
        raise LeadsFileError(f"{path} is empty; its first row must name Lead fields")
    return rows


def _columns(kind: ObjectType, header: list[str], path: Path) -> list[Field | None]:
    by_label = {item.label.lower(): item for item in kind.fields.values()}
    by_label |= {label: kind.fields[name] for label, name in _OTHER_LABELS.items()}
    names = [name.strip().lower() for name in header]
    columns = [kind.by_lower.get(name) or by_label.get(name) for name in names]
    usable = [field if field is not None and "C" in field.flags else None for field in columns]
    missing = [item.label for item in kind.required if item not in usable]
    if missing:
        raise LeadsFileError(f"{path} has no column {' and no column '.join(missing)}; add it to the first row")
    return usable


def _values(columns: list[Field | None], row: list[str]) -> dict[str, Any]:
    filled = [cell.strip() for cell in row] + [""] * (len(columns) - len(row))
    pairs = zip(columns, filled, strict=False)
    return {field.name: _typed(field, cell) for field, cell in pairs if field is not None and cell}


def _typed(field: Field, cell: str) -> Any:
    if field.type == "boolean":
        return cell.lower() in _TRUE
    return cell.replace(",", "") if field.type in NUMBER_TYPES else cell
