"""Conversions whose answer was lost: the org is asked what became of them before one is asked for again.

Invariant: a Lead is converted again only after the org said that it is not converted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from closeloop.adapters.salesforce.conversion import ALREADY
from closeloop.adapters.salesforce.failures import LIMIT_CODE, SIX_HOURS
from closeloop.application.ports import Conversion, CrmOutcome
from closeloop.domain.actions import ActionState
from closeloop.domain.errors import CrmRefused, CrmUnavailable

ROUNDS = 3
Convert = Callable[[Sequence[Conversion]], list[CrmOutcome]]
Converted = Callable[[Sequence[str]], dict[str, dict[str, str]]]


def convert_and_read_back(wishes: Sequence[Conversion], convert: Convert, converted: Converted) -> list[CrmOutcome]:
    """The outcomes in order. What evidence does not settle stays UNCERTAIN; so does a Lead that was converted
    before we first asked, since people may have done it."""
    outcomes = {outcome.key: outcome for outcome in convert(wishes)}
    lost = [w for w in wishes if _lost(outcomes[w.action_key]) and ALREADY not in outcomes[w.action_key].detail]
    for _ in range(ROUNDS):
        if not lost:
            break
        try:
            found = converted([wish.lead_id for wish in lost])
        except (CrmUnavailable, CrmRefused):
            break
        outcomes |= {
            w.action_key: _there(w, found[w.lead_id]) for w in lost if "opportunity" in found.get(w.lead_id, {})
        }
        absent = [wish for wish in lost if wish.lead_id not in found]
        outcomes |= {outcome.key: outcome for outcome in (convert(absent) if absent else [])}
        lost = [wish for wish in absent if _lost(outcomes[wish.action_key])]
    return [_in_time(outcomes[wish.action_key]) for wish in wishes]


def _in_time(outcome: CrmOutcome) -> CrmOutcome:
    """A spent daily limit needs hours, not minutes."""
    spent = outcome.state is ActionState.PLANNED and LIMIT_CODE in outcome.detail
    return outcome.model_copy(update={"retry_after": SIX_HOURS}) if spent else outcome


def _lost(outcome: CrmOutcome) -> bool:
    return outcome.state is ActionState.UNCERTAIN


def _there(wish: Conversion, ids: dict[str, str]) -> CrmOutcome:
    return CrmOutcome(
        key=wish.action_key,
        state=ActionState.ACCEPTED,
        record_id=ids["opportunity"],
        ids=ids,
        detail="the answer was lost; read back from the CRM",
    )
