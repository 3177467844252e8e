"""Carrying out a plan: what the world has outdated is refused with its reason, the rest is done, word for word.

The run is planned once more; a part is good when it rests on the same world and would be decided the same. Then the
very passes of a run go over the good parts alone, with a gate before the outside that lets through what the plan
holds. Invariant: what is done is in the plan, under the plan's key; each item of the plan is told as done, as not
needed or as refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any

from closeloop.application.plan_world import what_it_rests_on
from closeloop.application.planning import Rehearsed, rules_of
from closeloop.application.services import Services
from closeloop.domain.actions import ActionState
from closeloop.domain.errors import UsageError
from closeloop.domain.mailboxes import leaving
from closeloop.domain.plan import Item, ItemKind, Part, Plan, RestsOn, edited, head_is_whole
from closeloop.domain.plan_outdated import outdated
from closeloop.domain.prospect import Prospect
from closeloop.domain.record import Moment, Record

Ended = Mapping[str, tuple[ActionState, str]]
"""Item key to how the outside answered."""
Values = Callable[[Item], Mapping[str, Any]]
"""What the fields of an item say in the CRM now."""
DONE_BEFORE = {
    ActionState.ACCEPTED: "already sent",
    ActionState.UNCERTAIN: "it may have been sent already: `closeloop settle` lists what is in doubt",
    ActionState.CLAIMED: "another run is sending it right now",
}


MADE_FOR_NOW = timedelta(minutes=10)


class Outcome(StrEnum):
    """What became of an item."""

    APPLIED = "applied"
    NOT_NEEDED = "not needed"
    """the CRM says so already"""
    REFUSED = "refused"


class ItemResult(Record):
    """One item of the plan, afterwards."""

    kind: ItemKind
    key: str
    prospect: str
    person: str
    company: str
    outcome: Outcome
    why: str = ""


class Applied(Record):
    """The report of an application."""

    plan: str
    """Checksum of the plan."""
    run_id: str | None
    """None: nothing was left to do, and no run was made."""
    as_of: Moment
    counts: dict[str, int]
    """Items by outcome."""
    results: tuple[ItemResult, ...]
    parts_refused: dict[str, tuple[str, ...]]
    """Prospect key to why nothing was done about it, those included of whom nothing was to be done outside."""

    @property
    def is_whole(self) -> bool:
        return not self.parts_refused and all(result.outcome is not Outcome.REFUSED for result in self.results)


def check_head(plan: Plan, services: Services) -> None:
    """Raises `UsageError` for a plan of another home, or whose head was edited."""
    if not head_is_whole(plan, services.secret):
        raise UsageError(
            "this plan was made in another home, or its first lines were edited: apply it where it was made, "
            "or make a new one with `closeloop plan`"
        )


def refusals(plan: Plan, fresh: Plan, done: Rehearsed, services: Services) -> dict[str, tuple[str, ...]]:
    """Prospect key to the reasons against its part; those that are good are left out. `fresh` was made just now."""
    people = {person.key: person for person in done.ledger.prospects(part.key for part in plan.parts).values()}
    now = what_it_rests_on(services, people.values(), done.seen)
    today = {part.key: part for part in fresh.parts}
    rules = _changed_rules(plan, services)
    closed = _closed_by_now(plan, people, services)
    sent_before = _sent_before(plan, services)
    found = {
        part.key: edited(part, services.secret)
        or sent_before.get(part.key)
        or rules
        or _outdated(part, now, today, done.seen)
        or closed.get(part.key)
        for part in plan.parts
    }
    return {key: tuple(reasons) for key, reasons in found.items() if reasons}


def _closed_by_now(plan: Plan, people: Mapping[str, Prospect], services: Services) -> dict[str, list[str]]:
    """Whose hours to write in have ended since the plan was made. One made for another moment keeps to that."""
    if abs(plan.made_at - plan.as_of) > MADE_FOR_NOW:
        return {}
    writes = {part.key for part in plan.parts for item in part.items if item.kind is ItemKind.MAIL}
    now, playbook = services.clock.now(), services.playbook
    found: dict[str, list[str]] = {}
    for key in writes & people.keys():
        then = leaving(people[key], playbook, plan.as_of, answer=False)
        opens = leaving(people[key], playbook, now, answer=False)
        if then.at <= plan.as_of and opens.at > now:
            found[key] = [
                f"by now outside the hours to write in, which begin again on {opens.at:%Y-%m-%d at %H:%M} UTC"
            ]
    return found


def _outdated(
    part: Part, now: Mapping[str, RestsOn], today: Mapping[str, Part], seen: Mapping[str, Mapping[str, Any]]
) -> list[str]:
    fresh = today.get(part.key)
    if part.key in now:
        return outdated(part, now[part.key], fresh)
    # No prospect would come of it today: what its record says may tell why.
    says = {place: dict(seen[place]) for place in part.rests_on.crm if place in seen}
    return outdated(part, part.rests_on.model_copy(update={"crm": says}), fresh)


def _changed_rules(plan: Plan, services: Services) -> list[str]:
    if plan.rules == rules_of(services):
        return []
    then, now = plan.playbook_version, services.playbook.version
    if then != now:
        return [f"the playbook changed from version {then} to {now}"]
    return ["the playbook or the CRM mapping was edited"]


def _sent_before(plan: Plan, services: Services) -> dict[str, list[str]]:
    """Parts whose mails left, or may have: the commonest reason, said first."""
    owners = {item.key: part.key for part in plan.parts for item in part.items if item.kind is ItemKind.MAIL}
    found: dict[str, list[str]] = {}
    for key, (_, state) in services.ledger.actions(owners).items():
        if state in DONE_BEFORE and DONE_BEFORE[state] not in found.setdefault(owners[key], []):
            found[owners[key]].append(DONE_BEFORE[state])
    return {key: reasons for key, reasons in found.items() if reasons}


def report(
    plan: Plan,
    refused: Mapping[str, tuple[str, ...]],
    ended: Ended,
    services: Services,
    values: Values,
    run_id: str | None,
) -> Applied:
    """What became of every item."""
    results = [
        _result(part, item, refused.get(part.key), ended, services, values)
        for part in plan.parts
        for item in part.items
    ]
    counts = {outcome.value: sum(result.outcome is outcome for result in results) for outcome in Outcome}
    return Applied(
        plan=plan.checksum,
        run_id=run_id,
        as_of=plan.as_of,
        counts=counts,
        results=tuple(results),
        parts_refused=dict(refused),
    )


def _result(
    part: Part,
    item: Item,
    reasons: tuple[str, ...] | None,
    ended: Ended,
    services: Services,
    values: Values,
) -> ItemResult:
    outcome, why = (Outcome.REFUSED, "; ".join(reasons)) if reasons else _became(item, ended, services, values)
    return ItemResult(
        kind=item.kind,
        key=item.key,
        prospect=part.key,
        person=part.person,
        company=part.company,
        outcome=outcome,
        why=why,
    )


def _became(item: Item, ended: Ended, services: Services, values: Values) -> tuple[Outcome, str]:
    if item.key in ended:
        state, detail = ended[item.key]
        if state is ActionState.ACCEPTED:
            return Outcome.APPLIED, ""
        if state is ActionState.UNCERTAIN:
            return Outcome.REFUSED, f"nobody knows yet whether it happened ({detail}): reconcile settles it"
        return Outcome.REFUSED, detail or state.value
    if item.kind is ItemKind.FIELDS:
        says = values(item)
        same = bool(says) and all(says.get(field) == value for field, value in item.content.items())
        return (Outcome.NOT_NEEDED, "") if same else (Outcome.REFUSED, "a person wrote there, or it may not be set")
    return Outcome.REFUSED, _held(item, services)


def _held(item: Item, services: Services) -> str:
    """What the last look found, where there was one."""
    receipts = services.ledger.receipts_of([item.key]).get(item.key)
    if receipts and receipts[-1].verdict != "send":
        return receipts[-1].verdict
    return "the run did not get that far: what it follows on did not happen"


def good(plan: Plan, refused: Iterable[str]) -> list[Part]:
    """The parts to carry out."""
    out = set(refused)
    return [part for part in plan.parts if part.key not in out]
