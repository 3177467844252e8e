"""Fields of ours in the CRM: only differences are written, each journaled; what a person changed stays theirs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from closeloop.application.ports import CrmUpdate, CrmWriteRow
from closeloop.application.results import Tally
from closeloop.application.services import Services
from closeloop.domain.actions import ActionState
from closeloop.domain.crm_fields import Desired, desired
from closeloop.domain.prospect import Prospect

NOT_DONE = frozenset({ActionState.PLANNED, ActionState.UNCERTAIN})
Values = dict[str, dict[str, Any]]


def sync_fields(services: Services, run_id: str, now: datetime, limit: int, tally: Tally) -> int:
    """Bring our fields up to date for prospects that changed; how many were considered, 0 when none got further.

    A write that may not have happened is made again at the next pass: setting a field twice is harmless.
    """
    changed = services.ledger.changed_since_sync(limit)
    ready = [prospect for prospect in changed if _is_ready(prospect)]
    targets = [(prospect, target) for prospect in ready for target in desired(prospect, services.playbook)]
    open_still = _write(targets, services, run_id, now, tally) if targets else set()
    done = [prospect for prospect in ready if prospect.key not in open_still]
    services.ledger.mark_synced(done)
    return len(changed) if done else 0


def _is_ready(prospect: Prospect) -> bool:
    """A deal waits for its conversion: until then there is no Opportunity to write to."""
    return not prospect.is_deal or prospect.crm.opportunity is not None


def _write(
    targets: Sequence[tuple[Prospect, Desired]], services: Services, run_id: str, now: datetime, tally: Tally
) -> set[str]:
    """Write the differences; the keys of prospects whose write may not have happened."""
    current = _read_back([target for _, target in targets], services)
    seen = services.ledger.crm_seen(target.record_id for _, target in targets)
    owners = {target.record_id: prospect for prospect, target in targets}
    updates = [u for _, t in targets if (u := _update(t, current, seen, tally)) is not None]
    outcomes = {outcome.key: outcome for outcome in services.crm.update(updates)} if updates else {}
    written = [u for u in updates if outcomes[u.record_id].state is ActionState.ACCEPTED]
    for update in updates:
        if outcomes[update.record_id].state is not ActionState.ACCEPTED:
            tally.fail(update.record_id, f"{update.object}: {outcomes[update.record_id].detail}")
    services.ledger.add_crm_writes(_journal(written, current, owners, run_id, now))
    services.ledger.note_crm_seen(_agreed([target for _, target in targets], current))
    services.ledger.note_crm_seen({u.record_id: u.fields for u in written})
    tally.count("records updated", len(written))
    return {owners[u.record_id].key for u in updates if outcomes[u.record_id].state in NOT_DONE}


def _agreed(targets: Iterable[Desired], current: Values) -> Values:
    """What the CRM says as we would say it. A write of ours whose answer was lost is so known as ours."""
    return {
        target.record_id: {field: value for field, value in target.fields.items() if now.get(field) == value}
        for target in targets
        if (now := current.get(target.record_id)) is not None
    }


def _read_back(targets: Sequence[Desired], services: Services) -> Values:
    found: Values = {}
    for name in sorted({target.object for target in targets}):
        mine = [target for target in targets if target.object == name]
        fields = sorted({field for target in mine for field in target.fields})
        found |= services.crm.read(name, [target.record_id for target in mine], fields)
    return found


def _update(target: Desired, current: Values, seen: Values, tally: Tally) -> CrmUpdate | None:
    now = current.get(target.record_id)
    if now is None:
        tally.hold(f"the {target.object} is gone from the CRM")
        return None
    last = seen.get(target.record_id, {})
    fields = {
        field: value
        for field, value in target.fields.items()
        if field in now and now[field] != value and not _is_theirs(field, now, last, tally)
    }
    if not fields:
        return None
    return CrmUpdate(object=target.object, record_id=target.record_id, fields=fields, reason="process state")


def _is_theirs(field: str, now: dict[str, Any], last: dict[str, Any], tally: Tally) -> bool:
    """A value that is neither what we last saw nor what we wrote was put there by a person: it stays."""
    if field in last and now[field] != last[field]:
        tally.hold(f"{field} was changed by a person: kept")
        return True
    return False


def _journal(
    updates: Iterable[CrmUpdate], current: Values, owners: dict[str, Prospect], run_id: str, now: datetime
) -> list[CrmWriteRow]:
    return [
        CrmWriteRow(
            run_id=run_id,
            at=now,
            object=update.object,
            record_id=update.record_id,
            field=field,
            before=current[update.record_id].get(field),
            after=value,
            reason=update.reason,
            prospect_key=owners[update.record_id].key,
        )
        for update in updates
        for field, value in update.fields.items()
    ]
