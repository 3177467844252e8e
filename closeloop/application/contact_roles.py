"""Contact roles: every deal we opened names its person in the role that the mapping says.

Invariant: a deal whose role is not known to be there is on a list in the ledger before the CRM is asked, and leaves
it only when the CRM said yes or no: a lost answer or a crash costs a later attempt, never the role.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime

from closeloop.application.journal import note_roles
from closeloop.application.ports import CrmOutcome, Ledger
from closeloop.application.results import Tally
from closeloop.application.services import Services
from closeloop.domain.actions import ActionState
from closeloop.domain.prospect import Prospect

WAITING = "contact roles"
"""The cursor under which the ledger keeps the keys of the prospects whose role is still to be named."""
SETTLED = frozenset({ActionState.ACCEPTED, ActionState.REJECTED})


def roles_wait(ledger: Ledger) -> bool:
    """Whether any role is still to be named."""
    return bool(_waiting(ledger))


def await_roles(ledger: Ledger, keys: Iterable[str]) -> None:
    """The next sync names the roles of these prospects' deals."""
    _keep(ledger, _waiting(ledger) | set(keys))


def name_roles(services: Services, now: datetime, tally: Tally) -> None:
    """Ask the CRM for every role that waits; refused ones are told, unsettled ones wait on."""
    people = list(services.ledger.prospects(sorted(_waiting(services.ledger))).values())
    role = services.mapping.org_value("OpportunityContactRole", "role", "decision_maker")
    deals = {p.crm.opportunity: p for p in people if p.crm.opportunity and p.crm.contact}
    asked = {deal: (str(person.crm.contact), role) for deal, person in deals.items()}
    outcomes = services.crm.contact_roles(asked) if asked else []
    made: dict[str, str | None] = {
        o.record_id: deals[o.key].key
        for o in outcomes
        if o.record_id and o.state is ActionState.ACCEPTED and not o.existed
    }
    note_roles(services.ledger, made, role, tally.run_id, now)
    _keep(services.ledger, _told(outcomes, deals, tally))


def _told(outcomes: Iterable[CrmOutcome], deals: dict[str, Prospect], tally: Tally) -> set[str]:
    """The prospects whose role still waits; what went wrong is in the tally."""
    waiting = set()
    for outcome in outcomes:
        if outcome.state is not ActionState.ACCEPTED:
            tally.fail(outcome.key, f"contact role: {outcome.detail}")
        if outcome.state not in SETTLED:
            waiting.add(deals[outcome.key].key)
    return waiting


def _waiting(ledger: Ledger) -> set[str]:
    return set(json.loads(ledger.cursor(WAITING) or "[]"))


def _keep(ledger: Ledger, keys: set[str]) -> None:
    if keys != _waiting(ledger):
        ledger.set_cursor(WAITING, json.dumps(sorted(keys)))
