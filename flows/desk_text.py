"""The page of a stage that always shows how things stand: one artifact, written anew after each run.

No people's data: counts, reasons without addresses, and records by their CRM ids.
"""

from __future__ import annotations

from collections.abc import Callable

from closeloop.application.desk import DeskPage
from closeloop.domain.stage import Stage
from flows.artifact_text import linked, most, table

Link = Callable[[str], str | None]


def page(found: DeskPage, link: Link) -> str:
    """As Markdown."""
    parts = [
        f"# {found.stage.replace('_', ' ')}: how things stand",
        f"As of **{found.at:%A, %-d %B %Y, %H:%M} UTC**",
        _funnel(found),
        _limits(found),
        _approvals(found),
    ]
    if found.holds:
        parts.append("## Held by the last run, and why\n\n" + table(("reason", "records"), most(found.holds)))
    if found.records:
        rows = [(linked(record, link(record)), what) for record, what in found.records]
        parts.append("## Records to look at\n\n" + table(("record", "what is wrong"), rows))
    if found.uncertain:
        parts.append(_uncertain(found, link))
    if found.quarantined:
        parts.append(_quarantine(found))
    return "\n\n".join(part for part in parts if part) + "\n"


def _funnel(found: DeskPage) -> str:
    standings = sorted({name for counts in found.funnel.values() for name in counts})
    rows = [
        (stage.value.replace("_", " "), *(f"{counts.get(name, 0):,}" for name in standings))
        for stage in Stage
        if (counts := found.funnel.get(stage.value))
    ]
    heading = "## Where everybody stands\n\n"
    return heading + (table(("stage", *standings), rows) if rows else "Nobody is in the process yet.")


def _limits(found: DeskPage) -> str:
    share = (
        f"of our {found.allowed:,}" if found.allowed is not None else "(the org has not said how many there are)"
    )
    rows = [("Salesforce calls, 24 hours", f"{found.calls:,} {share}")]
    for cap in found.caps:
        sent = f"{cap.sent:,} of {cap.most:,}" if cap.most is not None else "no limit is set"
        rows.append((f"mails today, {_box(cap.mailbox)}", sent))
    for box, health in found.health.items():
        said = f"{health.reported:,} of {health.sent:,} ({health.rate:.2%})"
        rows.append((f"reported as spam in 30 days, {_box(box)}", said))
    return "## Limits\n\n" + table(("what", "used"), rows)


def _approvals(found: DeskPage) -> str:
    if not found.approvals:
        return ""
    names = ", ".join(f"`{name}`" for name in found.approvals)
    return (
        f"## Waiting for an approval\n\n{names}\n\nForms: runs of `approval`. In a terminal: `closeloop approve`."
    )


def _uncertain(found: DeskPage, link: Link) -> str:
    rows = [(linked(record, link(record)), key) for record, key in found.uncertain]
    said = "Nobody knows whether these left; they are not sent again. `closeloop settle` takes a person's word."
    return f"## Mails in doubt\n\n{said}\n\n" + table(("record", "mail"), rows)


def _quarantine(found: DeskPage) -> str:
    files = table(("file", "rows kept out"), most(found.quarantined))
    return f"## Quarantine\n\n{files}\n\n" + table(("reason", "rows"), most(found.reasons))


def _box(mailbox: str) -> str:
    """Our own address, in a form that the rule against addresses leaves alone."""
    return mailbox.replace("@", " at ")
