"""A dry run for people: each mail as it would be read, each field from what to what, everybody by name.

Invariant: nothing is cut. A terminal wraps long lines; a file or a pipe gets them whole.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rich.console import Console

from closeloop.cli.rehearsal import Would
from closeloop.cli.said import say, value

Entry = dict[str, Any]


def print_rehearsal(screen: Console, would: Would) -> None:
    """Everything that would happen, kind by kind."""
    for name, heading, show in _PARTS:
        entries = would[name]
        if entries:
            screen.print()
            say(screen, f"{len(entries):,} {heading[len(entries) > 1]}", style="bold")
        for entry in entries:
            show(screen, entry)


def _mail(screen: Console, entry: Entry) -> None:
    screen.print()
    say(screen, f"To       {_who(entry)}", 2)
    say(screen, f"Subject  {entry['subject']}", 2, style="bold")
    for line in entry["text"].splitlines():
        say(screen, line, 4)


def _changes(screen: Console, entry: Entry) -> None:
    say(screen, f"{entry['object']} {entry['record_id']}, {_who(entry)}", 2)
    for field, after in entry["fields"].items():
        say(screen, f"{field}: {value(entry['before'].get(field))} → {value(after)}", 4)


def _decided(screen: Console, entry: Entry) -> None:
    say(screen, f"{_who(entry)}: {entry['what']}, because {'; '.join(entry['reasons'])}", 2)


def _not_sent(screen: Console, entry: Entry) -> None:
    say(screen, f"{_who(entry)}: “{entry['subject']}”, because {entry['why']}", 2)


def _activity(screen: Console, entry: Entry) -> None:
    kind = "log" if entry["completed"] else "to do"
    say(screen, f"{_who(entry)}: {kind}, “{entry['subject']}”", 2)


def _conversion(screen: Console, entry: Entry) -> None:
    say(screen, f"{_who(entry)}: becomes the deal “{entry['opportunity_name']}”", 2)


def _file(screen: Console, entry: Entry) -> None:
    say(screen, f"{_who(entry)}: {entry['file_name']}", 2)


def _meeting(screen: Console, entry: Entry) -> None:
    say(screen, f"{_who(entry)}: “{entry['subject']}” on {entry['on']}", 2)


def _member(screen: Console, entry: Entry) -> None:
    say(screen, f"{_who(entry)}: {entry['status']}", 2)


def _lead(screen: Console, entry: Entry) -> None:
    say(screen, f"{entry['email']}, {entry['company']}", 2)


_PARTS: tuple[tuple[str, tuple[str, str], Callable[[Console, Entry], None]], ...] = (
    ("mails", ("mail would be sent", "mails would be sent"), _mail),
    ("not_sent", ("mail would not be sent", "mails would not be sent"), _not_sent),
    ("decided", ("prospect waits or is done", "prospects wait or are done"), _decided),
    ("field_changes", ("record would change", "records would change"), _changes),
    ("activities", ("activity would be made", "activities would be made"), _activity),
    ("conversions", ("Lead would be converted", "Leads would be converted"), _conversion),
    ("files", ("file would be uploaded", "files would be uploaded"), _file),
    ("meetings", ("meeting would be entered", "meetings would be entered"), _meeting),
    ("campaign_members", ("campaign member would be set", "campaign members would be set"), _member),
    ("new_leads", ("Lead would be new", "Leads would be new"), _lead),
)


def _who(entry: Entry) -> str:
    if "person" not in entry:
        return str(entry.get("to") or entry.get("record_id") or "somebody unknown")
    return f"{entry['person']} <{entry['email']}>, {entry['company']}"
