"""`closeloop plan` and `closeloop apply`: what a run would do, for people to read first; then that and no more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from closeloop.application.passes import group
from closeloop.application.results import StageResult
from closeloop.application.services import Services
from closeloop.bootstrap import keep_secret, services, services_to_rehearse_with, using
from closeloop.cli.output import console, print_json, side_console
from closeloop.cli.plan_file import load_plan, save_plan
from closeloop.cli.plan_view import print_applied, print_plan
from closeloop.cli.planning import apply_plan, planned
from closeloop.cli.program import as_called
from closeloop.cli.run import NEED_MAILER, on_prefect, refuse_the_future
from closeloop.domain.errors import UsageError
from closeloop.domain.plan import ItemKind, Plan

LONGEST = timedelta(hours=24)
"""After a day too much has moved: hours to write in, next steps, what people know."""


def make(
    stage: str, out: Path | None, as_of: datetime | None, limit: int | None, *, everything: bool, as_json: bool
) -> int:
    """Plan a run; write the file where `out` says, and show it."""
    if limit is not None and limit < 1:
        raise UsageError("--limit must be at least 1")
    keep_secret()
    with services_to_rehearse_with() as real:
        moment = as_of if as_of is None or as_of.tzinfo else as_of.replace(tzinfo=UTC)
        plan, _ = planned(real, stage, moment or real.clock.now(), limit)
    if out is not None:
        save_plan(plan, out)
    if as_json:
        print_json(plan.model_dump(mode="json"))
        return 0
    screen = console()
    print_plan(screen, plan, everything=everything)
    hint = f"`closeloop apply {out}` does exactly this" if out else "add --out plan.json to keep it and apply it"
    screen.print(f"\nNothing was sent and nothing was written; {as_called(hint)}.", soft_wrap=True)
    return 0


def carry_out(path: Path, *, everything: bool, as_json: bool) -> int:
    """Apply a plan; 1 when any of it was refused."""
    plan, real = load_plan(path), services()
    _refuse_an_old_one(plan, real)
    refuse_the_future(plan.as_of, real)
    real.crm.ready()
    if NEED_MAILER.intersection(group(plan.stage)) and any(item.kind is ItemKind.MAIL for item in plan.items()):
        real.mailer.ready()
    done = apply_plan(real, plan, _start)
    if as_json:
        print_json(done.model_dump(mode="json"))
    else:
        print_applied(console(), plan, done, everything=everything)
        if done.run_id:
            hint = as_called(f"`closeloop undo {done.run_id}` takes its field changes back")
            console().print(f"\nrun {done.run_id}; {hint}", soft_wrap=True)
    if not done.is_whole and not as_json:
        side_console().print("what was refused was not done; make a new plan for it", soft_wrap=True)
    return 0 if done.is_whole else 1


def _refuse_an_old_one(plan: Plan, real: Services) -> None:
    age = real.clock.now() - plan.made_at
    if age > LONGEST:
        hours = age.total_seconds() / 3600
        raise UsageError(f"this plan is {hours:,.0f} hours old, and good for {LONGEST.days * 24}: make a new one")


def _start(work: Services, stage: str, as_of: datetime, limit: int | None) -> Sequence[StageResult]:
    with using(work):
        return on_prefect(stage, as_of, limit, work)
