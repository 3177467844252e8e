"""`closeloop run`: one pass of a stage or of the whole cycle, for real on Prefect or dry."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.markup import escape

from closeloop.adapters.dry_run import DryRunCrm, DryRunMailer
from closeloop.application.passes import group, run_to_the_end
from closeloop.application.results import StageResult
from closeloop.application.services import Services
from closeloop.bootstrap import dry_run, services
from closeloop.cli.output import console, print_json, side_console
from closeloop.cli.prefect_home import prefect_at
from closeloop.domain.errors import UsageError

SHOWN = 20
NEED_MAILER = frozenset({"deliver"})


def run_stage(stage: str, as_of: datetime | None, limit: int | None, *, dry: bool, as_json: bool) -> int:
    """Run and say what happened; nothing starts before the settings can work."""
    if limit is not None and limit < 1:
        raise UsageError("--limit must be at least 1")
    moment = as_of if as_of is None or as_of.tzinfo else as_of.replace(tzinfo=UTC)
    return _dry(stage, moment, limit, as_json) if dry else _for_real(stage, moment, limit, as_json)


def _for_real(stage: str, as_of: datetime | None, limit: int | None, as_json: bool) -> int:
    work = services()
    work.crm.ready()
    if NEED_MAILER.intersection(group(stage)):
        work.mailer.ready()
    now = as_of or work.clock.now()
    results = _on_prefect(stage, now, limit, work)
    if as_json:
        passes = [result.model_dump(mode="json") for result in results]
        print_json({"stage": stage, "dry_run": False, "as_of": now.isoformat(), "passes": passes})
    else:
        print_results(console(), results)
    return 1 if any(result.failures for result in results) else 0


def _on_prefect(stage: str, as_of: datetime, limit: int | None, work: Services) -> list[StageResult]:
    side_console().print("starting Prefect …", style="dim")
    with prefect_at(work.home):
        from flows.catalogue import start

        return start(stage, as_of, limit)


def _dry(stage: str, as_of: datetime | None, limit: int | None, as_json: bool) -> int:
    work = dry_run(services())
    now = as_of or work.clock.now()
    results = [run_to_the_end(name, work, "dry-run", now, limit) for name in group(stage)]
    would = _would(work)
    if as_json:
        passes = [result.model_dump(mode="json") for result in results]
        print_json({"stage": stage, "dry_run": True, "as_of": now.isoformat(), "passes": passes, "would": would})
        return 0
    screen = console()
    screen.print("Dry run: nothing was sent and nothing was written.", style="bold")
    print_results(screen, results)
    _print_would(screen, would)
    return 0


def _would(work: Services) -> dict[str, list[dict[str, Any]]]:
    crm, mailer = work.crm, work.mailer
    assert isinstance(crm, DryRunCrm)  # noqa: S101 - tells the type checker what dry_run() returns
    assert isinstance(mailer, DryRunMailer)  # noqa: S101
    return {
        "mails": [{"to": m.to, "subject": m.mail.subject, "key": m.action_key} for m in mailer.mails],
        "field_changes": [u.model_dump(mode="json", exclude={"reason"}) for u in crm.updates],
        "activities": [t.model_dump(mode="json", include={"subject", "who_id", "completed"}) for t in crm.tasks],
        "conversions": [
            c.model_dump(mode="json", include={"lead_id", "opportunity_name"}) for c in crm.conversions
        ],
        "new_leads": [d.model_dump(mode="json", include={"email", "company"}) for d in crm.leads],
    }


def _print_would(screen: Console, would: dict[str, list[dict[str, Any]]]) -> None:
    for name, items in would.items():
        if not items:
            continue
        screen.print(f"\n{len(items):,} {name.replace('_', ' ')}", style="bold")
        for item in items[:SHOWN]:
            screen.print(
                "  " + escape(" · ".join(str(value) for value in item.values())),
                overflow="ellipsis",
                no_wrap=True,
            )
        if len(items) > SHOWN:
            screen.print(f"  … and {len(items) - SHOWN:,} more; --json lists all", style="dim")


def print_results(screen: Console, results: Sequence[StageResult]) -> None:
    """One line per pass, then what was held and what failed."""
    for result in results:
        counts = ", ".join(f"{name} {number:,}" for name, number in sorted(result.counts.items()))
        screen.print(f"  {result.stage:<14} {result.considered:>6,}   {escape(counts or 'nothing was due')}")
    total = sum(results[1:], results[0])
    for reason, number in sorted(total.holds.items(), key=lambda item: -item[1]):
        screen.print(f"  held {number:,}: {escape(reason)}", style="dim")
    for failure in total.failures[:SHOWN]:
        screen.print(f"  failed {failure.record_id}: {escape(failure.problem)}")
