"""Making a plan and carrying one out, over the concrete services.

Invariant: both go through the very passes of a run. A plan is a rehearsal written down; an application is a run
whose ledger knows only the good parts, and whose way outside leads through a gate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from closeloop.adapters.dry_run import DryRunMailer
from closeloop.adapters.ledger.scoped import ScopedLedger
from closeloop.adapters.ledger.sql_ledger import SqlLedger
from closeloop.adapters.plan_gate import Gate, PlannedCrm, PlannedMailer
from closeloop.adapters.planning import CountingEnricher, DraftDecks, ReadingCrm
from closeloop.application.applying import Applied, check_head, good, refusals, report
from closeloop.application.passes import group, run_to_the_end
from closeloop.application.planning import Rehearsed, make_plan
from closeloop.application.preparation import DECKS
from closeloop.application.quote_files import QUOTES
from closeloop.application.results import StageResult
from closeloop.application.services import Services
from closeloop.bootstrap import dry_run
from closeloop.domain.errors import UsageError
from closeloop.domain.plan import Item, Part, Plan

REHEARSAL = "plan"
"""Run id inside a rehearsal's private ledger; no real run is called so."""
Start = Callable[[Services, str, datetime, int | None], Sequence[StageResult]]
"""Runs the passes behind a name with these services."""


def run_here(
    work: Services, stage: str, as_of: datetime, limit: int | None, run_id: str = "here"
) -> list[StageResult]:
    """Pass after pass in this process, without Prefect."""
    return [run_to_the_end(name, work, run_id, as_of, limit) for name in group(stage)]


def planned(real: Services, stage: str, as_of: datetime, limit: int | None) -> tuple[Plan, Rehearsed]:
    """The plan of this run, and the rehearsal it was made of. Writes nothing anywhere."""
    done = _rehearsed(real, stage, as_of, limit)
    return make_plan(real, done, stage, as_of, limit), done


def apply_plan(real: Services, plan: Plan, start: Start) -> Applied:
    """Carry out what still holds; raises `UsageError` for a plan that cannot be this home's."""
    check_head(plan, real)
    fresh, done = planned(real, plan.stage, plan.as_of, plan.limit)
    refused = refusals(plan, fresh, done, real)
    parts = good(plan, refused)
    gate = Gate(item for part in parts for item in part.items)
    results = start(_gated(real, parts, gate), plan.stage, plan.as_of, plan.limit) if parts else []
    run_id = next((result.run_id for result in results if result.run_id), None)
    return report(plan, refused, gate.ended, real, lambda item: _says(item, gate, real), run_id)


def _rehearsed(real: Services, stage: str, as_of: datetime, limit: int | None) -> Rehearsed:
    crm, mailer = ReadingCrm(real.crm), DryRunMailer(real.mailer)
    sources = [CountingEnricher(source) for source in real.enrichers]
    before = real.crm.calls_made()
    with TemporaryDirectory(prefix="closeloop-plan-") as folder:
        for documents in (DECKS, QUOTES):
            _link(real.home / documents, Path(folder, documents))
        decks = DraftDecks(real.decks)
        work = replace(
            dry_run(real),
            crm=crm,
            mailer=mailer,
            home=Path(folder),
            decks=decks,
            quotes=real.quotes,
            enrichers=sources,
        )
        results = run_here(work, stage, as_of, limit, REHEARSAL)
    _keep_what_was_paid_for(real, work, sources, as_of)
    return Rehearsed(
        ledger=work.ledger,
        run_id=REHEARSAL,
        results=results,
        mails=mailer.mails,
        tasks=crm.tasks,
        conversions=crm.conversions,
        files=crm.files,
        meetings=crm.meetings,
        members=crm.members,
        roles=crm.roles,
        leads=crm.leads,
        seen=crm.seen,
        lookups={source.name: len(source.asked) for source in sources},
        credits=sum(source.credits for source in sources),
        reads=real.crm.calls_made() - before,
    )


def _keep_what_was_paid_for(
    real: Services, work: Services, sources: Sequence[CountingEnricher], as_of: datetime
) -> None:
    """Facts that cost credits are kept in the cache, so that the run itself does not pay for them again."""
    paid = {key for source in sources if source.credits for key in source.asked}
    if paid:
        facts = work.ledger.cached_facts(sorted(paid), as_of)
        real.ledger.cache_facts(facts, as_of + real.facts_ttl)


def _link(there: Path, here: Path) -> None:
    """Documents of earlier runs lie where the rehearsal looks for them, at no cost."""
    here.mkdir()
    for document in there.glob("*"):
        (here / document.name).symlink_to(document)


def _gated(real: Services, parts: list[Part], gate: Gate) -> Services:
    if not isinstance(real.ledger, SqlLedger):
        raise UsageError("applying a plan needs a ledger whose scope can be narrowed")
    keys = {part.key for part in parts}
    read = {place.rpartition(":")[2] for part in parts for place in part.rests_on.crm}
    crm = PlannedCrm(real.crm, gate, keys | read)
    signals = {signal for part in parts for signal in part.rests_on.signals}
    ledger = ScopedLedger(real.ledger, keys, signals, lambda: not crm.withheld)
    mailer = PlannedMailer(real.mailer, gate)
    # What was shown happens word for word: a model would find other words.
    return replace(real, ledger=ledger, crm=crm, mailer=mailer, stop_lists=None, wording=None)


def _says(item: Item, gate: Gate, real: Services) -> Mapping[str, Any]:
    """The fields of an item as they are in the CRM now; empty for a record that was not made."""
    name, _, planned = item.key.partition(":")
    record = gate.real(planned)
    return real.crm.read(name, [record], list(item.content)).get(record, {}) if record else {}
