"""Qualified prospects that are nobody's get an owner, in the CRM first.

Invariant: the owner is read again right before it is written, and only a record of the integration user or a queue
is given away; a prospect whose Lead could not be given keeps its owner here too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from closeloop.application.deciding import Outcome
from closeloop.application.journal import write_fields
from closeloop.application.ports import CrmWriteRow
from closeloop.application.results import Tally
from closeloop.application.services import Services
from closeloop.domain.actions import ActionState
from closeloop.domain.prospect import Prospect
from closeloop.domain.routing import Routed, Turns, is_nobodys, share_out

OWNER = "OwnerId"
CURSOR = "routing"


def route(services: Services, outcomes: Sequence[Outcome], run_id: str, now: datetime, tally: Tally) -> None:
    """Shares these out by the playbook's `routing`; without one nothing is read or written."""
    rules = services.playbook.routing
    ours = services.crm.our_user() if rules.sellers and outcomes else None
    waiting = [o for o in outcomes if rules.sellers and is_nobodys(o.prospect.owner_id, ours)]
    if not waiting:
        return
    leads = {o.prospect.crm.lead: o for o in waiting}
    there = services.crm.read("Lead", list(leads), [OWNER])
    free = {key: leads[key] for key, row in there.items() if is_nobodys(str(row.get(OWNER) or ""), ours)}
    turns: Turns = json.loads(services.ledger.cursor(CURSOR) or "{}")
    people = [outcome.prospect for outcome in free.values()]
    routed, after = share_out(people, rules, turns, _owners(services, people), now.date())
    _write(
        services,
        [(o, routed[o.prospect.key]) for o in free.values() if o.prospect.key in routed],
        run_id,
        now,
        tally,
    )
    services.ledger.set_cursor(CURSOR, json.dumps(after, sort_keys=True))


def _owners(services: Services, people: Sequence[Prospect]) -> Mapping[str, str]:
    """Account domain to whoever of the sellers owns somebody there."""
    sellers = {seller.id[:15] for seller in services.playbook.routing.sellers}
    keys = services.ledger.colleagues({p.domain for p in people if p.domain})
    known = services.ledger.prospects(key for some in keys.values() for key in some)
    return {p.domain: p.owner_id for p in known.values() if p.domain and p.owner_id[:15] in sellers}


def _write(
    services: Services, routed: Sequence[tuple[Outcome, Routed]], run_id: str, now: datetime, tally: Tally
) -> None:
    rows = [
        CrmWriteRow(
            run_id=run_id,
            at=now,
            object="Lead",
            record_id=outcome.prospect.crm.lead,
            field=OWNER,
            before=outcome.prospect.owner_id,
            after=given.seller.id,
            reason=f"prospecting.routing: {given.reason}",
            prospect_key=outcome.prospect.key,
        )
        for outcome, given in routed
    ]
    done = write_fields(services, rows) if rows else {}
    for outcome, given in routed:
        written = done[outcome.prospect.crm.lead]
        if written.state is ActionState.ACCEPTED:
            outcome.change(owner_id=given.seller.id, owner_name=given.seller.name)
            tally.count("routed")
        else:
            tally.hold(f"could not be given to {given.seller.name}: {written.detail}")
