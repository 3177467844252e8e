"""`closeloop playbook diff`: what an edited playbook changes, and for whom."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table

from closeloop.adapters.playbook.yaml_file import read_playbook
from closeloop.bootstrap import settings
from closeloop.cli.output import console, print_json
from closeloop.domain.playbook import Playbook
from closeloop.domain.playbook_changes import Counts, PlaybookChange, changes

SHOWN_CHARACTERS = 70
_HEADINGS: dict[Counts, str] = {
    "everybody": "For everybody from the next run on",
    "newcomers": "For whom a sequence begins from now on; those inside one go on as they began",
}


def compare(old_file: Path, new_file: Path | None, *, as_json: bool) -> int:
    """Print every place that differs; raises `UsageError` when a file is no valid playbook."""
    new_file = new_file or settings().playbook
    old, new = read_playbook(old_file), read_playbook(new_file)
    found = changes(old, new)
    doubt = _same_name(old, new, found)
    if as_json:
        files = {"old": _file(old_file, old), "new": _file(new_file, new)}
        rows = [change.model_dump(mode="json") for change in found]
        print_json({**files, "changes": rows, "warnings": [doubt] if doubt else []})
    else:
        _show(f"{old_file} ({old.version}) and {new_file} ({new.version})", found, doubt)
    return 0


def _file(path: Path, playbook: Playbook) -> dict[str, str]:
    return {"playbook": str(path), "version": playbook.version}


def _same_name(old: Playbook, new: Playbook, found: list[PlaybookChange]) -> str | None:
    if not found or old.version != new.version:
        return None
    return f"both call themselves {old.version}: change `version`, so that `why` can say which one decided"


def _show(files: str, found: list[PlaybookChange], doubt: str | None) -> None:
    screen = console()
    number = "nothing differs" if not found else f"{len(found)} place{'s differ' if len(found) > 1 else ' differs'}"
    screen.print(f"[bold]{escape(files)}[/bold]: {number}", soft_wrap=True)
    for counts, heading in _HEADINGS.items():
        if some := [change for change in found if change.counts_for == counts]:
            screen.print(f"\n{heading}:")
            screen.print(_table(some))
    if doubt:
        screen.print(f"\nwarning: {escape(doubt)}", soft_wrap=True)


def _table(found: list[PlaybookChange]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("place", "before", "after"):
        table.add_column(heading, overflow="fold", header_style="dim")
    for change in found:
        table.add_row(*map(escape, (change.place, _said(change.before), _said(change.after))))
    return table


def _said(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:g}"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[: SHOWN_CHARACTERS - 1]}…"
