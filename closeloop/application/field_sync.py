"""Fields in the CRM brought up to date: only differences, by the rule of each field, each write journaled.

Invariant: before a field is written it is read, and what a person put there is judged by
`closeloop.domain.field_ownership`; a write whose answer was lost is recognised when it is read back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from closeloop.application.deck_upkeep import keep_up
from closeloop.application.journal import write_fields
from closeloop.application.lost_answers import CHANGED_AT, CHANGED_BY, settle_intended
from closeloop.application.ports import CrmRead, CrmWriteRow
from closeloop.application.results import Tally
from closeloop.application.services import Services
from closeloop.domain.actions import ActionState
from closeloop.domain.crm_fields import Cause, Desired, desired
from closeloop.domain.crm_mapping import Rule
from closeloop.domain.field_ownership import (
    Answer,
    Found,
    Memory,
    Verdict,
    Wish,
    first_sight,
    judge,
    never_writes,
    written,
)
from closeloop.domain.prospect import Prospect

NOT_DONE = frozenset({ActionState.PLANNED, ActionState.UNCERTAIN})
FORBIDDEN = "may not be written by us: `closeloop doctor` says what to do"
MADE_BY = "CreatedById"
Values = dict[str, dict[str, Any]]
Memories = dict[str, dict[str, Memory]]


def sync_fields(services: Services, run_id: str, now: datetime, limit: int, tally: Tally) -> int:
    """Bring our fields up to date for prospects that changed; how many were considered, 0 when none got further.

    A write that may not have happened is made again at the next pass: setting a field twice is harmless.
    """
    changed = services.ledger.changed_since_sync(limit)
    keep_up(changed, services, run_id, now, tally)
    ready = [prospect for prospect in changed if _is_ready(prospect)]
    targets = _targets(ready, services, now)
    open_still = _write(targets, services, run_id, now, tally) if targets else set()
    done = [prospect for prospect in ready if prospect.key not in open_still]
    services.ledger.mark_synced(done)
    return len(changed) if done else 0


def _is_ready(prospect: Prospect) -> bool:
    """A deal waits for its conversion: until then there is no Opportunity to write to."""
    return not prospect.is_deal or prospect.crm.opportunity is not None


def _targets(prospects: Sequence[Prospect], services: Services, now: datetime) -> list[Desired]:
    """Each record once: colleagues share an Account."""
    decisions = services.ledger.last_decisions(prospect.key for prospect in prospects)
    found: dict[str, Desired] = {}
    for prospect in prospects:
        last = decisions.get(prospect.key)
        cause = Cause(
            reason=f"{last.rule}: {last.reasons[0]}" if last else f"{prospect.stage.value}: taken in",
            at=last.at if last else now,
        )
        for target in desired(prospect, services.playbook, services.mapping, cause):
            found.setdefault(target.record_id, target)
    return list(found.values())


def _write(targets: Sequence[Desired], services: Services, run_id: str, now: datetime, tally: Tally) -> set[str]:
    """Write the differences; the keys of prospects whose write may not have happened."""
    memories = services.ledger.crm_seen(target.record_id for target in targets)
    targets = _worth_reading(targets, memories, services)
    current = _read_back(targets, services)
    memories = settle_intended(services.ledger, current, memories, services.crm.our_user)
    may_write = _writable(targets, services)
    there = [target for target in targets if _is_there(target, current, tally)]
    judged = [
        (target, wish, _judge(target, wish, current, memories, may_write))
        for target in there
        for wish in target.wishes
        if wish.field in current[target.record_id]
    ]
    rows = [_row(target, wish, verdict, current, run_id, now) for target, wish, verdict in judged if verdict.writes]
    outcomes = write_fields(services, rows)
    objects = {target.record_id: target.object for target in targets}
    for key, outcome in outcomes.items():
        if outcome.state is not ActionState.ACCEPTED:
            tally.fail(key, f"{objects[key]}: {outcome.detail}")
    done = {key for key, outcome in outcomes.items() if outcome.state is ActionState.ACCEPTED}
    services.ledger.note_crm_seen(_learned(judged, current, memories, done, now))
    for _, wish, verdict in judged:
        _say_kept(wish, verdict, tally)
    tally.count("records updated", len(done))
    owners = {target.record_id: target.prospect_key for target in targets}
    return {owners[key] for key, outcome in outcomes.items() if outcome.state in NOT_DONE}


def _worth_reading(targets: Sequence[Desired], memories: Memories, services: Services) -> list[Desired]:
    """Without the records that we would leave as they are, whatever stands there: these need not be read."""
    ids = [target.record_id for target in targets]
    doubtful = {row.record_id for row in services.ledger.intended_crm_writes(ids)}
    return [
        target
        for target in targets
        if target.record_id in doubtful
        or not all(never_writes(wish, memories.get(target.record_id, {}).get(wish.field)) for wish in target.wishes)
    ]


def _read_back(targets: Sequence[Desired], services: Services) -> Values:
    by_object: dict[str, list[Desired]] = {}
    for target in targets:
        by_object.setdefault(target.object, []).append(target)
    if not targets:
        return {}
    return services.crm.read_together([_to_read(name, mine) for name, mine in sorted(by_object.items())])


def _to_read(name: str, targets: Sequence[Desired]) -> CrmRead:
    fields = sorted({wish.field for target in targets for wish in target.wishes})
    ids = tuple(target.record_id for target in targets)
    return CrmRead(object=name, ids=ids, fields=(*fields, CHANGED_AT, CHANGED_BY, MADE_BY))


def _writable(targets: Sequence[Desired], services: Services) -> dict[str, frozenset[str]]:
    """Object to the fields we may write; the adapter knows them since it last read the org's description."""
    fields: dict[str, set[str]] = {}
    for target in targets:
        fields.setdefault(target.object, set()).update(wish.field for wish in target.wishes)
    return {name: services.crm.writable(name, wanted) for name, wanted in fields.items()}


def _judge(
    target: Desired, wish: Wish, current: Values, memories: Memories, may_write: dict[str, frozenset[str]]
) -> Verdict:
    """By the rule of the field; one that the org keeps from us is not noted as written."""
    key = target.record_id
    verdict = judge(wish, _found(target, current, wish), memories[key].get(wish.field))
    if verdict.writes and wish.field not in may_write[target.object]:
        return Verdict(answer=Answer.KEEP, reason=FORBIDDEN)
    return verdict


def _is_there(target: Desired, current: Values, tally: Tally) -> bool:
    if target.record_id in current:
        return True
    tally.hold(f"the {target.object} is gone from the CRM")
    return False


def _found(target: Desired, current: Values, wish: Wish) -> Found:
    """Only a deal is known to be made by us, so only there another last author is somebody else."""
    record = current[target.record_id]
    changed_by, made_by = record.get(CHANGED_BY), record.get(MADE_BY)
    others = changed_by is not None and made_by is not None and changed_by != made_by
    at = record.get(CHANGED_AT)
    return Found(
        value=record[wish.field],
        changed_at=datetime.fromisoformat(at) if at else None,
        touched=others and target.object == "Opportunity",
    )


def _row(target: Desired, wish: Wish, verdict: Verdict, current: Values, run_id: str, now: datetime) -> CrmWriteRow:
    return CrmWriteRow(
        run_id=run_id,
        at=now,
        object=target.object,
        record_id=target.record_id,
        field=wish.field,
        before=current[target.record_id][wish.field],
        after=wish.value,
        reason=verdict.reason,
        prospect_key=target.prospect_key,
        record_changed=current[target.record_id].get(CHANGED_AT),
    )


def _learned(
    judged: Iterable[tuple[Desired, Wish, Verdict]],
    current: Values,
    memories: Memories,
    done: set[str],
    now: datetime,
) -> Memories:
    """What we wrote, and what we saw for the first time. A person's later edit never becomes what we remember."""
    learned: Memories = {}
    for target, wish, verdict in judged:
        key = target.record_id
        if verdict.writes:
            if key in done:
                learned.setdefault(key, {})[wish.field] = written(wish.value, now)
        elif wish.field not in memories[key] and wish.rule is not Rule.THEIRS and not _untouchable(verdict):
            found = _found(target, current, wish)
            learned.setdefault(key, {})[wish.field] = first_sight(found.value, found.changed_at or now)
    return learned


def _untouchable(verdict: Verdict) -> bool:
    """Kept without being known: to remember it would make it ours to write over."""
    unknown = verdict.reason == FORBIDDEN or verdict.reason.startswith("was changed")
    return verdict.answer is Answer.KEEP and unknown


def _say_kept(wish: Wish, verdict: Verdict, tally: Tally) -> None:
    """What is filled in already and what belongs to people is the usual case, and no news."""
    if verdict.answer is Answer.KEEP and wish.rule not in {Rule.FILL_IF_BLANK, Rule.THEIRS}:
        tally.hold(f"{wish.field} {verdict.reason}")
