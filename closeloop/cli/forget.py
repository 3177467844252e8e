"""`closeloop forget`: erase a person everywhere we wrote, and print the receipt."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.markup import escape

from closeloop.application.forget import Whom, forget, known_erasure, shown_first, whom
from closeloop.application.services import Services
from closeloop.bootstrap import services
from closeloop.cli.output import console, print_json, side_console
from closeloop.cli.program import as_called
from closeloop.domain.errors import UsageError
from closeloop.domain.forgetting import Erasure

IDS_SHOWN = 5


def forget_person(who: str, *, yes: bool, delete_record: bool, as_json: bool) -> int:
    """1 when something waits for another call."""
    work = services()
    try:
        meant = whom(work, who)
    except UsageError:
        if (known := known_erasure(work, who)) is None:
            raise
        return _tell(known, who, as_json)
    if not yes:
        _ask(work, meant, delete_record)
    done = forget(work, meant, work.clock.now(), delete_record=delete_record)
    return _tell(done, who, as_json)


def _ask(work: Services, meant: Whom, delete_record: bool) -> None:
    """Erasing cannot be taken back, so a person says yes, or the command line does."""
    people = "; ".join(shown_first(meant, work))
    if not sys.stdin.isatty():
        raise UsageError(f"this erases {people} for good: say --yes to do it")
    record = " Their Lead and Contact are deleted too." if delete_record else ""
    screen = side_console()
    screen.print(escape(f"This erases {people} everywhere we wrote, for good.{record}"), soft_wrap=True)
    screen.print("Type yes to go on: ", end="")
    if sys.stdin.readline().strip().lower() != "yes":
        raise UsageError("nothing was erased")


def _tell(done: Erasure, who: str, as_json: bool) -> int:
    if as_json:
        print_json(done.model_dump(mode="json"))
    else:
        _show(console(), done, who)
    return 1 if done.waits else 0


def _show(screen: Console, done: Erasure, who: str) -> None:
    state = f"done {done.done_at:%Y-%m-%d %H:%M} UTC" if done.done_at else "not finished yet"
    screen.print(f"Receipt {done.id}: asked {done.at:%Y-%m-%d %H:%M} UTC, {state}", style="bold")
    for where in dict.fromkeys(line.where for line in done.erased):
        screen.print(f"\nErased, {where}")
        for line in (line for line in done.erased if line.where == where):
            ids = ", ".join(line.ids[:IDS_SHOWN]) + (" …" if len(line.ids) > IDS_SHOWN else "")
            screen.print(
                escape(f"  {line.number:>6,}  {line.what}" + (f"  ({ids})" if ids else "")), soft_wrap=True
            )
    if not done.erased:
        screen.print("\nNothing of this person was anywhere we write.")
    kept = "a keyed hash, by which this person is not imported, read in or written to again"
    screen.print(f"\nKept: {kept}.", soft_wrap=True)
    _list(screen, "Not done yet", done.waits)
    if done.waits:
        again = as_called(f"`closeloop forget {who}`")
        screen.print(escape(f"{again} goes on from here."), soft_wrap=True)
    _list(screen, "For you to do, or to know", done.by_hand)


def _list(screen: Console, title: str, lines: tuple[str, ...]) -> None:
    if lines:
        screen.print(f"\n{title}")
        for line in lines:
            screen.print(escape(f"  - {line}"), soft_wrap=True)
