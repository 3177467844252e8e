"""Does the org have what the process writes to? Every finding says what to do about it.

Reads only; a check that cannot be made says so and the next one is made all the same, while the org answers at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from closeloop.adapters.salesforce import org_allowance, org_fields, org_rules, org_words
from closeloop.adapters.salesforce.calls import Calls, DailyLimit
from closeloop.adapters.salesforce.connection import SignInRefused
from closeloop.adapters.salesforce.org import Org, OrgFinding, OrgPlan
from closeloop.domain.errors import CloseloopError

__all__ = ["OrgFinding", "OrgPlan", "check_org"]

Check = Callable[[Org, OrgPlan], Iterator[OrgFinding]]


def check_org(calls: Calls, plan: OrgPlan) -> Iterator[OrgFinding]:
    """Every check, in the order a person would mend things."""
    org = Org(calls)
    checks: tuple[tuple[str, Check], ...] = (
        ("API version", org_allowance.version),
        ("fields", org_fields.fields),
        ("objects", org_fields.objects),
        ("record types", org_fields.record_types),
        ("words", org_words.words),
        ("campaign", org_words.campaign),
        ("conversion", org_rules.conversion),
        ("duplicate rules", org_rules.duplicate_rules),
        ("API limit", org_allowance.limits),
    )
    for name, check in checks:
        try:
            yield from check(org, plan)
        except (DailyLimit, SignInRefused) as problem:
            # The org answers nothing more: one finding says so, not one for each check.
            fix = "ask the doctor again when that is over: everything from here on could not be looked at"
            yield OrgFinding(name, "error", f"cannot be checked: {problem}", fix)
            return
        except CloseloopError as problem:
            fix = "mend what it says and ask the doctor again"
            yield OrgFinding(name, "error", f"cannot be checked: {problem}", fix)
