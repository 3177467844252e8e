"""The artifact of a run: what happened, what was held and why, what failed and where to look. No people's data.

Services quote addresses in what they complain of; here each becomes `(address)`, the ledger has the whole.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime

from closeloop.application.results import StageResult

MOST_HOLDS = 12
MOST_FAILURES = 25
_ADDRESS = re.compile(r"""[^\s<>()\[\]"'`,;:|]*@[^\s<>()\[\]"'`,;:|]+""")


def markdown(
    run_id: str,
    now: datetime,
    results: Sequence[StageResult],
    link: Callable[[str], str | None],
    calls: str,
    stopped_by: str | None = None,
) -> str:
    """Tables of passes, holds, who waits for a person, and failures with links; what stopped it stands first.

    `calls`: the forecast of API calls, and what came of it.
    """
    total = sum(results, StageResult(stage=""))
    parts = [f"# Run `{run_id}`", f"As of **{now:%A, %-d %B %Y, %H:%M} UTC**", _without_addresses(calls)]
    if stopped_by:
        parts.append(f"**Stopped by** {_cell(stopped_by)}\n\nWhat stands below was done before and is kept.")
    parts.append(_passes(results))
    if total.holds:
        parts.append("## Held, and why\n\n" + table(("reason", "records"), most(total.holds)))
    if total.waiting:
        asked = [(one.record_id, one.question) for one in total.waiting]
        parts.append("## Waiting for a person\n\n" + _records(asked, "question", link))
    if total.failures:
        failed = [(one.record_id, one.problem) for one in total.failures]
        parts.append("## Failures\n\n" + _records(failed, "problem", link))
    return "\n\n".join(parts) + "\n"


def _passes(results: Sequence[StageResult]) -> str:
    rows = [(r.stage.replace("_", " "), str(r.considered), _counts(r.counts)) for r in results]
    return table(("pass", "looked at", "what happened"), rows)


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {number:,}" for name, number in sorted(counts.items())) or "nothing was due"


def most(holds: dict[str, int]) -> list[tuple[str, str]]:
    """The most frequent, without addresses; the rest as one line."""
    merged: Counter[str] = Counter()
    for reason, number in holds.items():
        merged[_without_addresses(reason)] += number
    ordered = sorted(merged.items(), key=lambda item: (-item[1], item[0]))
    shown = [(reason, f"{number:,}") for reason, number in ordered[:MOST_HOLDS]]
    rest = sum(number for _, number in ordered[MOST_HOLDS:])
    return [*shown, ("other reasons", f"{rest:,}")] if rest else shown


def _records(about: Sequence[tuple[str, str]], what: str, link: Callable[[str], str | None]) -> str:
    rows = [(linked(record_id, link(record_id)), text) for record_id, text in about[:MOST_FAILURES]]
    shown = table(("record", what), rows)
    rest = len(about) - MOST_FAILURES
    return f"{shown}\n\n…and {rest} more; `closeloop why RECORD` tells each story." if rest > 0 else shown


def linked(record_id: str, url: str | None) -> str:
    """The record's id, as a link into the CRM where that is known."""
    return f"[{record_id}]({url})" if url else f"`{record_id}`"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """No cell can break out of it, and none shows an address."""
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    lines += [f"| {' | '.join(_cell(cell) for cell in row)} |" for row in rows]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return " ".join(_without_addresses(text).replace("|", "\\|").split())


def _without_addresses(text: str) -> str:
    return _ADDRESS.sub("(address)", text)
