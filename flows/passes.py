"""Running passes inside a flow: batch by batch as task runs, then a record and an artifact for people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import cast

from prefect import get_run_logger
from prefect.artifacts import create_markdown_artifact
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed

from closeloop.application.api_share import forecast, keep_to_share, outlook, record_run, say
from closeloop.application.api_share import words as share_words
from closeloop.application.passes import ONCE, PASSES, group
from closeloop.application.ports import RunRow, StageHold
from closeloop.application.results import StageResult
from closeloop.application.workload import has_work
from closeloop.bootstrap import crm_record_url, services
from closeloop.domain.errors import CloseloopError
from flows.approval_forms import tend_forms
from flows.artifact_text import markdown
from flows.backlog import take_over_backlog
from flows.desk import leave
from flows.one_at_a_time import Turn, turn, words
from flows.settings_block import use_settings_block
from tasks.batches import work_batch

MOST_BATCHES = 400
"""At most so many task runs in one flow run; what is left is due at the next."""


def moment(as_of: datetime | None) -> datetime:
    """The moment a run works for: the one asked for, else now. A time without an offset is UTC."""
    if as_of is None:
        return services().clock.now()
    return as_of if as_of.tzinfo else as_of.replace(tzinfo=UTC)


def run(name: str, as_of: datetime | None, limit: int | None = None) -> list[StageResult]:
    """All passes behind `name`, in order; their results are recorded and shown in one artifact."""
    use_settings_block()
    now = moment(as_of)
    run_id = f"{name}-{now:%Y%m%dT%H%M}-{str(flow_run.id or 'local')[:8]}"
    keep_to_share(services())
    expected = _forecast(name, now, limit)
    if missed := take_over_backlog():
        get_run_logger().info(missed)
        expected = f"{expected}. {missed}"
    busy: list[StageHold] = []
    results: list[StageResult] = []
    stopped_by: str | None = None
    try:
        for each in group(name):
            results.append(_within_share(each, run_id, now) or _work(each, run_id, now, limit, busy))
    except CloseloopError as problem:
        stopped_by = f"{each}: {problem}"
        raise
    finally:
        # Also a run that is stopped shows what it had done until then.
        _record(run_id, name, now, results, expected, stopped_by)
        leave(name, services(), run_id, now, results)
        tend_forms(services())
    return _skipped(results, busy) if busy and not any(one.considered for one in results) else results


def _skipped(results: list[StageResult], busy: Sequence[StageHold]) -> list[StageResult]:
    """The final state of a run whose whole work another run does; Prefect gives the caller what is in it."""
    state: State[list[StageResult]] = Completed(data=results, name="Skipped", message=words(busy[0]))
    return cast("list[StageResult]", state)


def _forecast(name: str, now: datetime, limit: int | None) -> str:
    """What this run needs, told in its log before any work starts and in its artifact afterwards."""
    expected = say(outlook(services(), group(name), now, limit))
    if flow_run.id:
        get_run_logger().info(expected)
    return expected


def _within_share(name: str, run_id: str, now: datetime) -> StageResult | None:
    """A pass that would go beyond our share of API calls waits, and says so; None: it may run."""
    found = forecast(services(), keep_to_share(services()), now)
    if found is None or name not in found.waits:
        return None
    reason = f"{name} waits for API calls: it {share_words(found, name)}"
    return StageResult(stage=name, run_id=run_id, holds={reason: 1})


def _work(name: str, run_id: str, now: datetime, limit: int | None, busy: list[StageHold]) -> StageResult:
    """The pass, unless another run is at it: then only that, and who it is joins the `busy`."""
    if not has_work(name, services().ledger, now):
        return StageResult(stage=name, run_id=run_id)
    with turn(name, run_id, services()) as ours:
        if ours.holder is None:
            return _batches(name, run_id, now, limit, ours)
        busy.append(ours.holder)
        return StageResult(stage=name, run_id=run_id, holds={f"another run is at {name}": 1})


def _batches(name: str, run_id: str, now: datetime, limit: int | None, ours: Turn) -> StageResult:
    total = StageResult(stage=name, run_id=run_id)
    size = PASSES[name][1]
    for number in range(1, MOST_BATCHES + 1):
        room = size if limit is None else min(size, limit - total.considered)
        if room <= 0:
            break
        found = work_batch(name, number, run_id, now, room)
        total = total + found
        if found.considered < room or name in ONCE or ours.holder is not None:
            break
    return total


def _record(
    run_id: str,
    name: str,
    now: datetime,
    results: Sequence[StageResult],
    expected: str,
    stopped_by: str | None,
) -> None:
    total = sum(results, StageResult(stage=name))
    row = RunRow(run_id=run_id, stage=name, as_of=now, counts=total.counts, holds=total.holds)
    used = record_run(services(), row)
    before = f"Before it began: {expected}. It made {used:,}."
    create_markdown_artifact(
        markdown=markdown(run_id, now, results, crm_record_url, before, stopped_by),
        key=f"closeloop-{name.replace('_', '-')}",
        description=f"What {name} did as of {now:%Y-%m-%d %H:%M} UTC",
    )
