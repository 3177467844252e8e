"""`closeloop import`: a lead file into the CRM."""

from __future__ import annotations

from pathlib import Path

from closeloop.adapters.leads.csv_file import read_lead_file
from closeloop.application.api_share import say
from closeloop.application.import_leads import STAGE, ImportResult, expected, import_leads
from closeloop.bootstrap import services
from closeloop.cli.output import console, print_json
from closeloop.cli.program import as_called
from closeloop.cli.views import print_quarantine


def import_file(path: Path, *, as_json: bool) -> int:
    """Import, then say what became of every row."""
    found = read_lead_file(path)
    work = services()
    outlook = expected(work, found)
    screen = console()
    if not as_json and not outlook.unknown:  # else the import itself says what is wrong
        screen.print(f"{say(outlook, STAGE)}.", soft_wrap=True)
    result = import_leads(work, found, str(path), work.clock.now())
    if as_json:
        print_json(_facts(result) | {"forecast": outlook.model_dump(mode="json")})
        return 0
    new = result.imported - result.updated
    split = f"{new:,} new, {result.updated:,} updated"
    screen.print(f"{result.imported:,} of {result.rows:,} rows are in the CRM: {split}", style="bold")
    for row in result.matched:
        screen.print(f"line {row.line} is somebody you have: {row.record_id} ({row.why})", soft_wrap=True)
    if result.noted:
        screen.print(f"{result.noted:,} of them were tidied on the way in; notes are in each Lead's description")
    if not result.encoding.startswith("utf-"):
        screen.print("read as Windows-1252, since it is no UTF-8: look whether the accents are right")
    if result.unknown_columns:
        screen.print(f"kept in the description: {', '.join(result.unknown_columns)}")
    print_quarantine(screen, result.quarantined)
    hint = as_called(f"`closeloop undo {result.run}` takes back what it filled in")
    screen.print(f"run {result.run}; {hint}", soft_wrap=True)
    return 0


def _facts(result: ImportResult) -> dict[str, object]:
    rows = [{"line": row.line, "reason": row.reason} for row in result.quarantined]
    return {
        "run": result.run,
        "rows": result.rows,
        "imported": result.imported,
        "new": result.imported - result.updated,
        "updated": result.updated,
        "matched": [row.model_dump() for row in result.matched],
        "tidied": result.noted,
        "quarantined": rows,
        "unknown_columns": list(result.unknown_columns),
        "encoding": result.encoding,
    }
