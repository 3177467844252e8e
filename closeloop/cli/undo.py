"""`closeloop undo`: take a run's field writes in the CRM back, and say of everything else why it stays."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape

from closeloop.application.api_share import say
from closeloop.application.services import Services
from closeloop.application.undo import expected, undo
from closeloop.application.undo_result import STAGE, FieldLine, UndoResult
from closeloop.bootstrap import services, services_to_rehearse_with
from closeloop.cli.output import console, print_json
from closeloop.cli.program import as_called

SHOWN = 40


def undo_run(run_id: str, *, dry: bool, as_json: bool) -> int:
    """Take back; 1 when the CRM refused some of it."""
    if not dry:
        return _undo(services(), run_id, dry, as_json)
    with services_to_rehearse_with() as work:
        return _undo(work, run_id, dry, as_json)


def _undo(work: Services, run_id: str, dry: bool, as_json: bool) -> int:
    outlook = expected(work, run_id)
    if not as_json:
        console().print(f"{say(outlook, STAGE)}.", soft_wrap=True)
    result = undo(work, run_id, work.clock.now(), dry_run=dry)
    if as_json:
        print_json(result.model_dump(mode="json") | {"forecast": outlook.model_dump(mode="json")})
    else:
        _show(console(), result)
    return 1 if result.failed else 0


def _show(screen: Console, result: UndoResult) -> None:
    if result.dry_run:
        screen.print("Dry run: nothing was written.", style="bold")
    verb = "would be taken back" if result.dry_run else "taken back"
    _lines(screen, f"{len(result.restored):,} fields {verb}", result.restored)
    _lines(screen, f"{len(result.kept):,} fields stay as they are", result.kept)
    _lines(screen, f"{len(result.failed):,} fields could not be taken back", result.failed)
    if result.records:
        screen.print(f"\n{len(result.records):,} records stay", style="bold")
    for record in result.records[:SHOWN]:
        screen.print(f"  {record.object} {record.record_id}: {escape(record.what)}. {escape(record.why_kept)}")
    _rest(screen, len(result.records))
    if not (result.restored or result.kept or result.failed or result.records):
        screen.print("That run wrote nothing to the CRM.")
    if result.undo_run:
        hint = as_called(f"`closeloop undo {result.undo_run}` puts it all back.")
        screen.print(f"\nThis was run {result.undo_run}; {hint}", soft_wrap=True)


def _lines(screen: Console, heading: str, lines: tuple[FieldLine, ...]) -> None:
    if not lines:
        return
    screen.print(f"\n{heading}", style="bold")
    for line in lines[:SHOWN]:
        change = f": {line.said!r} → {line.says!r}" if line.said != line.says else f": {line.said!r}"
        reason = f" ({line.reason})" if line.reason else ""
        screen.print(escape(f"  {line.object} {line.record_id} {line.field}{change}{reason}"))
    _rest(screen, len(lines))


def _rest(screen: Console, number: int) -> None:
    if number > SHOWN:
        screen.print(f"  … and {number - SHOWN:,} more; --json lists all", style="dim")
