"""A plan and its application for people: short with totals, every word by option, each refusal with its reason.

Invariant: the short view never hides that there is more, and whom a line is about is always said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from closeloop.application.applying import Applied, ItemResult, Outcome
from closeloop.cli.output import clean
from closeloop.cli.said import say, value
from closeloop.cli.views import plural
from closeloop.domain.plan import Item, ItemKind, Part, Plan

SHOWN = 12
WHO_WIDTH = 34
NOUNS: dict[ItemKind, tuple[str, str]] = {
    ItemKind.MAIL: ("mail to send", "mails to send"),
    ItemKind.FIELDS: ("record to change", "records to change"),
    ItemKind.TASK: ("activity to make", "activities to make"),
    ItemKind.EVENT: ("meeting to enter", "meetings to enter"),
    ItemKind.FILE: ("file to upload", "files to upload"),
    ItemKind.CONVERSION: ("Lead to convert", "Leads to convert"),
    ItemKind.ROLE: ("contact role to name", "contact roles to name"),
    ItemKind.MEMBER: ("campaign member to set", "campaign members to set"),
    ItemKind.LEAD: ("Lead to add", "Leads to add"),
}
WAITS = {"Hold": "held", "Park": "parked", "Stop": "stopped", "AskHuman": "handed to a person", "Close": "closed"}


def print_plan(screen: Console, plan: Plan, *, everything: bool) -> None:
    """Totals first, then each kind."""
    name = "the whole cycle" if plan.stage == "all" else plan.stage.replace("_", " ")
    screen.print(f"Plan of {name} as of {plan.as_of:%Y-%m-%d %H:%M} UTC", style="bold")
    for line in _totals(plan):
        say(screen, line, 2)
    for kind, nouns in NOUNS.items():
        found = [(part, item) for part in plan.parts for item in part.items if item.kind is kind]
        if found:
            screen.print()
            say(screen, plural(len(found), *nouns), style="bold")
            _lines(screen, found, everything)
    _waiting(screen, plan.parts, everything)


def print_applied(screen: Console, plan: Plan, done: Applied, *, everything: bool) -> None:
    """What was done in one line, then every refusal."""
    counts = done.counts
    some = plural(counts[Outcome.APPLIED.value], "item")
    screen.print(
        f"Applied {some} of {len(plan.items()):,}, planned for {plan.as_of:%Y-%m-%d %H:%M} UTC", style="bold"
    )
    say(screen, _by_kind(done, Outcome.APPLIED) or "nothing was left to do", 2)
    if counts[Outcome.NOT_NEEDED.value]:
        say(screen, f"{plural(counts[Outcome.NOT_NEEDED.value], 'item')} not needed: the CRM says so already", 2)
    if done.is_whole:
        return
    screen.print()
    refused = [part for part in plan.parts if part.key in done.parts_refused]
    single = [r for r in done.results if r.outcome is Outcome.REFUSED and r.prospect not in done.parts_refused]
    say(screen, f"Refused: {_refused_words(refused, single)}", style="bold")
    _refusals(screen, refused, done, everything)
    for result in single:
        say(screen, f"{_person(result)}: the {_kind(result.kind)} {result.key}, because {result.why}", 2)


def _totals(plan: Plan) -> list[str]:
    totals, items = plan.totals, plan.totals.items
    what = [plural(items[kind.value], *NOUNS[kind]) for kind in NOUNS if items.get(kind.value)]
    calls = totals.api_calls
    lookups = ", ".join(f"{number:,} in {name}" for name, number in totals.lookups.items())
    return [
        f"{plural(totals.prospects, 'prospect')}: {', '.join(what) or 'nothing to do outside'}",
        f"fields to change: {totals.field_changes:,} in {plural(items.get(ItemKind.FIELDS.value, 0), 'record')}",
        f"{calls['salesforce_reads']:,} Salesforce calls to read, at most {calls['salesforce_writes']:,} to write; "
        f"{plural(calls['sendgrid'], 'SendGrid request')}",
        f"enrichment: {plural(totals.credits, 'credit')}, accounts looked up: {lookups or 'none'}",
    ]


def _lines(screen: Console, found: Sequence[tuple[Part, Item]], everything: bool) -> None:
    shown = found if everything else found[:SHOWN]
    for part, item in shown:
        _DETAIL[item.kind](screen, part, item, everything)
    if len(shown) < len(found):
        say(screen, f"… and {len(found) - len(shown):,} more; --all shows them", 2, style="dim")


def _mail(screen: Console, part: Part, item: Item, everything: bool) -> None:
    mail = item.content["mail"]
    if not everything:
        _row(screen, part, f"“{mail['subject']}”")
        return
    screen.print()
    say(screen, f"To       {part.person} <{item.content['to']}>, {part.company}", 2)
    say(screen, f"Subject  {mail['subject']}", 2, style="bold")
    for line in mail["text"].splitlines():
        say(screen, line, 4)


def _fields(screen: Console, part: Part, item: Item, everything: bool) -> None:
    name, _, record = item.key.partition(":")
    if not everything:
        _row(screen, part, f"{name}: {', '.join(item.content)}")
        return
    say(screen, f"{name} {record}, {_who(part)}", 2)
    for field, after in item.content.items():
        say(screen, f"{field}: {value(item.before.get(field))} → {value(after)}", 4)


def _task(screen: Console, part: Part, item: Item, everything: bool) -> None:
    kind = "log" if item.content["completed"] else "to do"
    _row(screen, part, f"{kind}: “{item.content['subject']}”")


def _event(screen: Console, part: Part, item: Item, everything: bool) -> None:
    _row(screen, part, f"“{item.content['subject']}” on {item.content['on']}")


def _file(screen: Console, part: Part, item: Item, everything: bool) -> None:
    _row(screen, part, f"{item.content['file_name']}, {item.content['bytes'] / 1000:,.0f} kB")


def _conversion(screen: Console, part: Part, item: Item, everything: bool) -> None:
    _row(screen, part, f"becomes the deal “{item.content['opportunity_name']}”")


def _role(screen: Console, part: Part, item: Item, everything: bool) -> None:
    _row(screen, part, str(item.content["role"]))


def _member(screen: Console, part: Part, item: Item, everything: bool) -> None:
    _row(screen, part, str(item.content["status"]))


def _lead(screen: Console, part: Part, item: Item, everything: bool) -> None:
    _row(screen, part, str(item.content["email"]))


_DETAIL: dict[ItemKind, Callable[[Console, Part, Item, bool], None]] = {
    ItemKind.MAIL: _mail,
    ItemKind.FIELDS: _fields,
    ItemKind.TASK: _task,
    ItemKind.EVENT: _event,
    ItemKind.FILE: _file,
    ItemKind.CONVERSION: _conversion,
    ItemKind.ROLE: _role,
    ItemKind.MEMBER: _member,
    ItemKind.LEAD: _lead,
}


def _waiting(screen: Console, parts: Iterable[Part], everything: bool) -> None:
    """Who waits or is done, by reason; by name where everything is asked for."""
    found = [(part, one) for part in parts for one in part.decided if one.what in WAITS]
    if not found:
        return
    screen.print()
    say(screen, plural(len(found), "prospect waits or is done", "prospects wait or are done"), style="bold")
    if everything:
        for part, one in found:
            say(screen, f"{_who(part)}: {WAITS[one.what]}, because {'; '.join(one.reasons)}", 2)
        return
    reasons = Counter((WAITS[one.what], one.reasons[0]) for _, one in found)
    for (what, why), number in reasons.most_common(SHOWN):
        say(screen, f"{number:,} {what}: {why}", 2)
    if len(reasons) > SHOWN:
        say(screen, f"… and {len(reasons) - SHOWN:,} more reasons; --all shows everybody", 2, style="dim")


def _refusals(screen: Console, refused: Sequence[Part], done: Applied, everything: bool) -> None:
    shown = refused if everything else refused[:SHOWN]
    for part in shown:
        what = Counter(_kind(item.kind) for item in part.items)
        items = ", ".join(plural(number, kind) for kind, number in what.items()) or "nothing outside"
        say(screen, f"{_who(part)} ({items}): {'; '.join(done.parts_refused[part.key])}", 2)
    if len(shown) < len(refused):
        say(screen, f"… and {len(refused) - len(shown):,} more; --all shows them", 2, style="dim")


def _refused_words(refused: Sequence[Part], single: Sequence[ItemResult]) -> str:
    words = [plural(len(refused), "prospect")] if refused else []
    return ", ".join([*words, plural(len(single), "single item")] if single else words)


def _by_kind(done: Applied, outcome: Outcome) -> str:
    counts = Counter(result.kind for result in done.results if result.outcome is outcome)
    return ", ".join(plural(counts[kind], _kind(kind)) for kind in ItemKind if counts[kind])


def _kind(kind: ItemKind) -> str:
    return {ItemKind.FIELDS: "record"}.get(kind, kind.value.replace("_", " "))


def _who(part: Part) -> str:
    named = f"{part.person} <{part.email}>" if part.person else part.email
    return ", ".join(one for one in (named, part.company) if one) or part.key


def _person(result: ItemResult) -> str:
    return ", ".join(one for one in (result.person, result.company) if one) or result.prospect


def _row(screen: Console, part: Part, words: str) -> None:
    """Whom, in a column of its own where there is room."""
    who = ", ".join(one for one in (part.person or part.email, part.company) if one)
    if not screen.is_terminal:
        say(screen, f"{who}: {words}", 2)
        return
    table = Table.grid(padding=(0, 2))
    table.add_column(width=min(WHO_WIDTH, screen.width // 2), no_wrap=True, overflow="ellipsis")
    table.add_column(overflow="fold")
    table.add_row(Text(clean(who)), Text(clean(words)))
    screen.print(Padding(table, (0, 0, 0, 2)))
