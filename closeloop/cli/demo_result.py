"""What a demo came to: counted from the sandbox's journal where it is about what arrived, from the ledger else."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.markup import escape

from closeloop.application.import_leads import ImportResult
from closeloop.application.services import Services
from closeloop.cli.output import console
from closeloop.cli.program import program
from closeloop.cli.sandbox_control import SandboxControl
from closeloop.cli.views import plural, print_funnel, print_quarantine
from closeloop.domain.figures import Figures
from closeloop.domain.judge import Arrived, Judgement, judge
from closeloop.domain.leads import Quarantined
from closeloop.domain.record import Record

READS = frozenset({"query", "read", "retrieve", "describe"})


class DemoResult(Record):
    """Everything `demo` shows."""

    leads_in: int
    quarantined: tuple[Quarantined, ...]
    figures: Figures
    judgement: Judgement
    uncertain: int
    crm_calls: int
    crm_writes: int
    decks: tuple[str, ...]
    report: str
    inbox: str
    home: str
    example: str | None = None
    """E-mail address of a prospect whose story is worth reading."""
    seconds: float = 0.0

    @property
    def is_clean(self) -> bool:
        """Nobody got a mail twice, nobody got one after a no."""
        return not (self.judgement.duplicate_sends or self.judgement.sends_after_stop)

    def as_json(self) -> dict[str, Any]:
        found = self.figures.model_dump(mode="json")
        return {
            "leads_in": self.leads_in,
            "quarantined": [{"line": row.line, "reason": row.reason} for row in self.quarantined],
            "funnel": found["funnel"],
            "qualified": self.figures.qualified,
            "disqualified": self.figures.disqualified,
            "emails_sent": self.judgement.sends,
            "touches_by_channel": found["touches_by_channel"],
            "replies": found["replies"],
            "decks": list(self.decks),
            "deals": found["deals"],
            "crm": {"calls": self.crm_calls, "writes": self.crm_writes},
            "duplicate_sends": self.judgement.duplicate_sends,
            "sends_after_stop": self.judgement.sends_after_stop,
            "uncertain": self.uncertain,
            "report": self.report,
            "inbox": self.inbox,
            "seconds": self.seconds,
        }


def collect(
    work: Services,
    found: Figures,
    control: SandboxControl,
    imported: ImportResult,
    *,
    report: Path,
    inbox: Path,
) -> DemoResult:
    """Read the journals and count."""
    crm = control.journal("salesforce")
    operations = [op for entry in crm for op in entry["summary"].get("operations", [])]
    return DemoResult(
        leads_in=imported.rows,
        quarantined=imported.quarantined,
        figures=found,
        judgement=judge(arrived(control.journal("sendgrid")), stops(control.acts())),
        uncertain=sum(states.get("uncertain", 0) for states in work.ledger.state_counts().values()),
        crm_calls=sum(entry["summary"].get("calls", 1) for entry in crm),
        crm_writes=sum(1 for op in operations if op["op"] not in READS and op.get("success")),
        decks=tuple(str(path) for path in sorted((work.home / "decks").glob("*.pptx"))),
        report=str(report),
        inbox=str(inbox),
        home=str(work.home),
        example=_example(work, found),
    )


def _example(work: Services, found: Figures) -> str | None:
    best = [one.key for one in found.best[:1]]
    return next((prospect.email for prospect in work.ledger.prospects(best).values()), None)


def arrived(journal: Iterable[dict[str, Any]]) -> list[Arrived]:
    """Every mail of every accepted request."""
    return [
        Arrived(
            at=datetime.fromisoformat(entry["at"]),
            to=mail["to"],
            key=mail["custom_args"].get("action_key", ""),
            subject=mail["subject"],
            body=mail["text_sha256"],
        )
        for entry in journal
        if entry["status"] == 202 and entry["path"].endswith("/mail/send")
        for mail in entry["summary"].get("messages", [])
    ]


def stops(acts: Iterable[dict[str, Any]]) -> dict[str, datetime]:
    """Address to the first moment that person said no, bounced or complained."""
    found: dict[str, datetime] = {}
    for act in acts:
        if act["stop"]:
            at = datetime.fromisoformat(act["at"])
            found[act["email"].lower()] = min(at, found.get(act["email"].lower(), at))
    return found


def print_result(result: DemoResult) -> None:
    """The funnel, what must be zero, and where to look next."""
    screen = console()
    print_quarantine(screen, result.quarantined)
    print_funnel(screen, result.figures)
    judged = result.judgement
    screen.print(
        f"\n{plural(judged.sends, 'mail')} arrived · [bold]{judged.duplicate_sends} sent twice · "
        f"{judged.sends_after_stop} after an opt-out, bounce, complaint or legal reply[/bold] · "
        f"{result.uncertain} uncertain · "
        f"{plural(result.crm_calls, 'CRM call')} for {plural(result.crm_writes, 'write')} · "
        f"{result.seconds:.0f} s\n"
    )
    places = {"report": result.report, "inbox": result.inbox, "decks": f"{result.home}/decks"}
    for name, place in places.items():
        many = f" ({len(result.decks)})" if name == "decks" else ""
        screen.print(f"  {name:<8}{escape(place)}{many}", soft_wrap=True)
    _suggest(result)


def _suggest(result: DemoResult) -> None:
    """The story of the best prospect, by a command that works when it is copied."""
    if result.example is not None:
        home = f"CLOSELOOP_HOME={shlex.quote(result.home)} "
        console().print(f"  why     {escape(home + program())} why {escape(result.example)}", soft_wrap=True)
