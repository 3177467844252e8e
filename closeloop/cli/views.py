"""What the terminal shows: the funnel, the report in short, a prospect's story, refused rows.

Fits 80 columns and uses more where there are more. Invariant: colour never carries meaning alone, and text
from mails and records is shown as text: neither markup nor escape sequences in it are obeyed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from closeloop.adapters.report.words import say_spending
from closeloop.application.why import Candidate, Episode, Story
from closeloop.cli.output import clean
from closeloop.domain.figures import Figures, stage_name
from closeloop.domain.stage import Stage
from closeloop.domain.state_of_mind import StateOfMind

BAR_SHARE = 0.3
"""Of the terminal's width, for bars."""
WIDEST = 110
KIND_STYLES = {
    "decision": "cyan",
    "signal": "magenta",
    "reply": "magenta",
    "action": "green",
    "receipt": "dim",
    "fact": "dim",
    "crm": "blue",
    "write": "blue",
}


class RefusedRow(Protocol):
    """A row that was kept out: of a lead file or of the ledger's quarantine."""

    @property
    def line(self) -> int: ...
    @property
    def reason(self) -> str: ...


def print_funnel(console: Console, figures: Figures) -> None:
    """How many ever reached each stage, how many went on, and how long it took."""
    width = min(console.width, WIDEST)
    table = _table(width)
    table.add_column("Stage", no_wrap=True)
    table.add_column("", no_wrap=True, width=int(width * BAR_SHARE))
    for heading in ("Reached", "Went on", "Days", "Here now"):
        table.add_column(heading, justify="right", no_wrap=True)
    for stage in Stage:
        table.add_row(*_funnel_row(console, figures, stage, int(width * BAR_SHARE)))
    console.print(table)


def print_summary(console: Console, figures: Figures) -> None:
    """The headline figures as one line each."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(max_width=min(console.width, WIDEST) - 16)
    for name, text in summary(figures):
        table.add_row(name, _text(text))
    console.print(Padding(table, (0, 0, 1, 1), expand=False))


def summary(figures: Figures) -> list[tuple[str, str]]:
    """Name and sentence of each headline figure."""
    deals, amounts, currency = figures.deals, figures.amounts, figures.currency
    lines = [
        ("Deals", f"{deals.won} won ({money(amounts.won, currency)}), {deals.lost} lost, {deals.open} open"),
        ("Forecast", _forecast(figures)),
        ("Replies", _replies(figures)),
        ("Touches", _counts(figures.touches_by_channel.items()) or "none yet"),
        ("Persistence", f"{figures.persistence.dropped_early} given up before the fifth touch"),
        ("Stalled", _stalled(figures)),
        ("Mails", _mails(figures)),
    ]
    if spent := say_spending(figures.spending):
        lines.append(("Spending", spent))
    if figures.quarantined:
        lines.append(("Quarantine", plural(len(figures.quarantined), "row") + " kept out, each with its reason"))
    return lines


def print_story(console: Console, story: Story, currency: str = "") -> None:
    """The story of one prospect, oldest first; the day is said once. `currency` is that of its amount."""
    console.print(Padding(_who(story, currency), (1, 1), expand=False))
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, style="bold")
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(max_width=min(console.width, WIDEST) - 34, overflow="fold")
    day: date | None = None
    for episode in story.episodes:
        shown = episode.at.date() if episode.at.date() != day else None
        table.add_row(*_episode_row(episode, shown))
        day = episode.at.date()
    console.print(Padding(table, (0, 1, 1, 1), expand=False))


def print_candidates(console: Console, candidates: Sequence[Candidate]) -> None:
    """Everybody the question may have meant, with the e-mail that settles it."""
    table = _table(min(console.width, WIDEST))
    for heading in ("Name", "Company", "E-mail", "Stands"):
        table.add_column(heading, overflow="fold")
    for one in candidates:
        cells = (one.name, one.company, one.email, f"{one.standing}, {stage_name(one.stage)}")
        table.add_row(*(_text(cell) for cell in cells))
    console.print(table)


def print_quarantine(console: Console, rows: Iterable[RefusedRow]) -> None:
    """Line and reason of every refused row; nothing when there is none."""
    table = _table(min(console.width, WIDEST))
    table.add_column("Line", justify="right", no_wrap=True)
    table.add_column("Kept out because", overflow="fold")
    for row in rows:
        table.add_row(str(row.line), _text(row.reason))
    if table.row_count:
        console.print(table)


def money(amount: Decimal, currency: str) -> str:
    """`EUR 48,000`."""
    return f"{currency} {amount:,.0f}"


def _table(width: int) -> Table:
    return Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), width=width, header_style="bold")


def _funnel_row(console: Console, figures: Figures, stage: Stage, width: int) -> tuple[Text | str, ...]:
    found, reached = figures.stages[stage], figures.funnel[stage]
    went_on = "" if found.conversion is None else f"{found.conversion:.0%}"
    days = "" if found.median_days is None else f"{found.median_days:g}"
    return (
        stage_name(stage),
        Text(_bar(console, reached, max(1, figures.leads), width), style="cyan"),
        f"{reached:,}",
        went_on,
        days,
        f"{found.here:,}",
    )


def _bar(console: Console, part: int, whole: int, width: int) -> str:
    """A bar in the terminal's own blocks; plain characters where the output is a file or knows no blocks."""
    mark = "█" if console.is_terminal and not console.options.ascii_only else "#"
    return mark * max(1 if part else 0, round(width * part / whole))


def _forecast(figures: Figures) -> str:
    found, currency = figures.forecast, figures.currency
    if found.deals == 0:
        return "no open deals"
    text = f"{money(found.expected, currency)} expected from {plural(found.deals, 'open deal')}, "
    text += f"8 in 10 futures end between {found.p10:,.0f} and {found.p90:,.0f}"
    if found.without_amount:
        text += f" ({found.without_amount} without an amount not counted)"
    return text


def _replies(figures: Figures) -> str:
    if not figures.written_to:
        return "nobody written to yet"
    text = f"{figures.replied.hits} of {figures.written_to} wrote back ({figures.replied.share or 0:.0%})"
    labels = _counts(list(figures.replies.items())[:4])
    return f"{text}; most often {labels}" if labels else text


def _stalled(figures: Figures) -> str:
    if not figures.stalled:
        return "no open deal stands still"
    return f"{plural(len(figures.stalled), 'deal')}: {_counts(figures.stalled_causes.items())}"


def _mails(figures: Figures) -> str:
    found = figures.deliverability
    text = f"{found.accepted:,} accepted, {found.rejected:,} rejected, {found.uncertain:,} uncertain; "
    return text + f"{found.bounces:,} bounced, {found.opt_outs:,} opted out, {found.complaints:,} complained"


def _counts(pairs: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{n:,} {str(name).replace('_', ' ')}" for name, n in pairs)


def plural(n: int, noun: str, nouns: str | None = None) -> str:
    """`1 mail`, `1,200 mails`."""
    return f"{n:,} {noun if n == 1 else nouns or noun + 's'}"


def _who(story: Story, currency: str) -> Text:
    title = f", {story.title}" if story.title else ""
    head = Text.assemble((clean(f"{story.name}{title}"), "bold"), clean(f" at {story.company} <{story.email}>"))
    for line in _where(story, currency):
        head.append("\n" + clean(line))
    return head


def _where(story: Story, currency: str) -> list[str]:
    """Where the prospect stands, a sentence to a line."""
    lines = [f"{story.standing.value.capitalize()}, in {stage_name(story.stage)} since {_day(story.since)}"]
    if story.reason:
        lines[0] += f": {story.reason}"
    if story.next_step and story.next_step_on:
        lines.append(f"Next step: {story.next_step} on {_day(story.next_step_on)}")
    if story.state_of_mind is not None:
        lines.append(f"Willingness to buy: {mind(story.state_of_mind)}")
    facts = [f"owner {story.owner}"] if story.owner else []
    facts += [f"score {story.score}"] if story.score is not None else []
    facts += [f"amount {currency} {story.amount:,.0f}".replace("  ", " ")] if story.amount is not None else []
    facts += [plural(story.touches, "touch", "touches"), plural(story.replies, "reply", "replies")]
    facts += [f"record {story.record_id}"]
    return [*lines, " · ".join(facts)]


def mind(found: StateOfMind) -> str:
    """`keen (74%): wrote: is interested, 3 May 2026; 1 touch without an answer, 9 May 2026`."""
    signs = "; ".join(f"{one.what}, {_day(one.at)}" for one in found.evidence[:3])
    return f"{found.mood} ({found.willingness:.0%}): {signs or 'nothing heard yet'}"


def _episode_row(episode: Episode, day: date | None) -> tuple[Text | str, ...]:
    text = _text(episode.text)
    if rule := _rule(episode):
        text.append(f" [{rule}]", style="dim")
    if episode.times > 1:
        text.append(f" ({episode.times} times, until {_day(episode.until)})", style="dim")
    kind = Text(clean(episode.kind), style=KIND_STYLES.get(episode.kind.split("_")[0], ""))
    return (_day(day) if day else "", f"{episode.at:%H:%M}", kind, text)


def _rule(episode: Episode) -> str:
    """The rule and the playbook behind a decision, so that anybody can look it up."""
    rule, version = episode.detail.get("rule"), episode.detail.get("playbook_version")
    if not isinstance(rule, str):
        return ""
    return clean(f"{rule}, playbook {version}" if version else rule)


def _day(day: date | datetime) -> str:
    return f"{day:%d %b %Y}"


def _text(words: str) -> Text:
    return Text(clean(words))
