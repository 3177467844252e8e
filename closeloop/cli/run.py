"""`closeloop run`: one pass of a stage or of the whole cycle, for real on Prefect or dry."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.markup import escape

from closeloop.adapters.clock import SimulatedClock
from closeloop.adapters.playbook.meaning import warnings
from closeloop.application.api_share import may_ask, outlook, say
from closeloop.application.passes import group, run_to_the_end
from closeloop.application.results import StageResult
from closeloop.application.services import Services
from closeloop.bootstrap import dry_run, services, services_to_rehearse_with, settings
from closeloop.cli.here import works_on_a_sandbox
from closeloop.cli.output import console, print_json, side_console
from closeloop.cli.prefect_home import prefect_at
from closeloop.cli.program import as_called
from closeloop.cli.rehearsal import RUN_ID, rehearsed
from closeloop.cli.rehearsal_view import print_rehearsal
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
    refuse_the_future(as_of, work)
    if may_ask(work):  # a spent share is said below, with what waits for it
        work.crm.ready()
    if NEED_MAILER.intersection(group(stage)):
        work.mailer.ready()
    now = as_of or work.clock.now()
    screen = console()
    expected = outlook(work, group(stage), now, limit)
    if not as_json:
        screen.print(f"{say(expected)}.", soft_wrap=True)
    results = on_prefect(stage, now, limit, work)
    if as_json:
        about = {"stage": stage, "run": results[0].run_id, "dry_run": False, "as_of": now.isoformat()}
        passes = [result.model_dump(mode="json") for result in results]
        print_json(about | {"forecast": expected.model_dump(mode="json"), "passes": passes})
    else:
        print_results(screen, results)
        hint = as_called(f"`closeloop undo {results[0].run_id}` takes its field changes back")
        screen.print(f"run {results[0].run_id}; {hint}", soft_wrap=True)
    _warn(work, now)
    return exit_code(results)


def exit_code(results: Sequence[StageResult]) -> int:
    """1 when something failed. Who waits for a person is no failure: the pass did all that a pass can."""
    return 1 if any(result.failures for result in results) else 0


def on_prefect(stage: str, as_of: datetime, limit: int | None, work: Services) -> list[StageResult]:
    """Run the passes as flow runs, with whatever services are in force; `work` says where its home is."""
    side_console().print("starting Prefect …", style="dim")
    with prefect_at(work.home):
        from flows.catalogue import start

        return start(stage, as_of, limit)


def _dry(stage: str, as_of: datetime | None, limit: int | None, as_json: bool) -> int:
    with services_to_rehearse_with() as real:
        return _rehearse(real, stage, as_of, limit, as_json)


def _rehearse(real: Services, stage: str, as_of: datetime | None, limit: int | None, as_json: bool) -> int:
    work = dry_run(real)
    now = as_of or work.clock.now()
    expected = outlook(work, group(stage), now, limit)
    results = [run_to_the_end(name, work, RUN_ID, now, limit) for name in group(stage)]
    would = rehearsed(work, real.ledger)
    if as_json:
        passes = [result.model_dump(mode="json") for result in results]
        about = {"stage": stage, "dry_run": True, "as_of": now.isoformat()}
        forecast = {"forecast": expected.model_dump(mode="json")}
        print_json(about | forecast | {"passes": passes, "would": would})
    else:
        screen = console()
        screen.print(
            f"Dry run for {now:%Y-%m-%d %H:%M} UTC: nothing was sent and nothing was written.", style="bold"
        )
        screen.print(f"For real, {say(expected)}.", soft_wrap=True)
        print_results(screen, results)
        print_rehearsal(screen, would)
    _warn(work, now)
    return 0


def refuse_the_future(as_of: datetime | None, work: Services) -> None:
    """Raises `UsageError`: what is due only then would go out now, to real people; simulated time has none."""
    simulated = isinstance(work.clock, SimulatedClock) or works_on_a_sandbox(settings())
    if as_of is not None and as_of > work.clock.now() and not simulated:
        raise UsageError(
            f"--as-of {as_of.isoformat()} is in the future: what is due only by then would be sent now. "
            "Add --dry-run to look ahead, or leave --as-of out"
        )


def _warn(work: Services, now: datetime) -> None:
    for warning in warnings(work.playbook, now.date()):
        side_console().print(f"warning: {warning}", soft_wrap=True)


def print_results(screen: Console, results: Sequence[StageResult]) -> None:
    """One line per pass, then what was held and what failed."""
    for result in results:
        counts = ", ".join(f"{name} {number:,}" for name, number in sorted(result.counts.items()))
        screen.print(
            f"  {result.stage:<14} {result.considered:>6,}   {escape(counts or 'nothing was due')}", soft_wrap=True
        )
    total = sum(results[1:], results[0])
    for reason, number in sorted(total.holds.items(), key=lambda item: -item[1]):
        screen.print(f"  held {number:,}: {escape(reason)}", style="dim", soft_wrap=True)
    for waiting in total.waiting[:SHOWN]:
        screen.print(f"  waits for a person {waiting.record_id}: {escape(waiting.question)}", soft_wrap=True)
    if len(total.waiting) > SHOWN:
        screen.print(f"  … and {len(total.waiting) - SHOWN:,} more wait for one; --json lists all", style="dim")
    for failure in total.failures[:SHOWN]:
        screen.print(f"  failed {failure.record_id}: {escape(failure.problem)}", soft_wrap=True)
