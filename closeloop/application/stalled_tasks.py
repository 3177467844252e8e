"""Stalled deals: the named cause becomes a suggested action, as a Task for the owner.

Invariant: one Task for each cause of a deal, for ever (its key is made of both); an owner gets no more a day than
the playbook says, the most valuable deals first. Once a day, and nobody outside is asked.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from closeloop.application.deciding import Outcome, outcomes_of
from closeloop.application.overtaking import insist
from closeloop.application.results import Tally
from closeloop.application.services import Services
from closeloop.domain.actions import ActionKind, action_key
from closeloop.domain.decisions import Suggest
from closeloop.domain.figures import StalledDeal
from closeloop.domain.prospect import Prospect
from closeloop.domain.signals import Label, Understanding
from closeloop.domain.stalled import DECIDERS, Account, LastReply, may_be_stalled, stalled

CURSOR = "stalled_tasks"
RULE = "next_steps.stalled"


class Day:
    """What was given out today, kept between the batches and the runs of a day."""

    def __init__(self, services: Services, now: datetime) -> None:
        self._ledger, today = services.ledger, now.date().isoformat()
        kept: dict[str, Any] = json.loads(self._ledger.cursor(CURSOR) or "{}")
        fresh: dict[str, Any] = {"day": today, "given": {}, "done": False}
        self._state = kept if kept.get("day") == today else fresh

    @property
    def is_done(self) -> bool:
        return bool(self._state["done"])

    def has_room(self, owner: str, most: int) -> bool:
        """Whether the owner may get one more today; it then counts as given."""
        given = self._state["given"].get(owner, 0)
        if given >= most:
            return False
        self._state["given"][owner] = given + 1
        return True

    def keep(self, *, done: bool) -> None:
        self._state["done"] = done
        self._ledger.set_cursor(CURSOR, json.dumps(self._state, sort_keys=True))


def suggest(
    services: Services, deals: Sequence[Prospect], run_id: str, now: datetime, tally: Tally, *, last: bool
) -> None:
    """Look at a batch of open deals; `last` ends the round of the day."""
    day = Day(services, now)
    if day.is_done:
        return
    found = _found(services, [deal for deal in deals if may_be_stalled(deal, services.playbook, now)], now)
    new = _never_said(services, found)
    most = services.playbook.stalled_tasks_per_day
    chosen = {one.key: one for one in new if day.has_room(_owner(deals, one.key), most)}
    if chosen:
        given = {deal.key: deal for deal in deals if deal.key in chosen}
        told = insist(services, given, lambda read: _suggested(services, read, chosen, run_id, now))
        tally.count("actions suggested", told)
    if len(new) > len(chosen):
        tally.hold(f"owners get at most {most} suggestions a day: the others wait for tomorrow")
    day.keep(done=last)


def _owner(deals: Iterable[Prospect], key: str) -> str:
    return next(deal.owner_id for deal in deals if deal.key == key)


def _found(services: Services, deals: Sequence[Prospect], now: datetime) -> list[StalledDeal]:
    """Most valuable first."""
    accounts = _accounts(services, deals)
    looks = []
    for deal in deals:
        reply, touches = _past(services, deal.key)
        known = accounts.get(deal.domain or "") or Account(
            contacts=1, has_decider=deal.fact("seniority") in DECIDERS
        )
        looks.append(stalled(deal, known, reply, services.playbook, now, touches=touches))
    found = [one for one in looks if one is not None]
    return sorted(found, key=lambda one: (-(one.amount or 0), one.key))


def _accounts(services: Services, deals: Sequence[Prospect]) -> dict[str, Account]:
    """Two queries for the whole batch."""
    by_domain = services.ledger.colleagues({deal.domain for deal in deals if deal.domain})
    people = services.ledger.prospects(key for keys in by_domain.values() for key in keys)
    there = {
        domain: [people[key] for key in keys if people[key].standing.may_be_written_to]
        for domain, keys in by_domain.items()
    }
    return {
        domain: Account(contacts=len(all_of), has_decider=any(p.fact("seniority") in DECIDERS for p in all_of))
        for domain, all_of in there.items()
    }


def _past(services: Services, key: str) -> tuple[LastReply | None, list[datetime]]:
    """The last words of a person there, and our touches, from the deal's own story."""
    reply: LastReply | None = None
    touches = []
    for line in services.ledger.story(key):
        if line.kind == "decision" and line.detail.get("kind") == "Touch":
            touches.append(line.at)
        meaning = line.detail.get("understanding") if line.kind == "signal" else None
        label = Understanding.model_validate(meaning).primary if meaning else None
        if label is not None and not label.is_automatic and label is not Label.BOUNCE:
            reply = LastReply(at=line.at, label=label)
    return reply, touches


def _never_said(services: Services, found: Sequence[StalledDeal]) -> list[StalledDeal]:
    keys = {one.key: action_key(ActionKind.TASK, one.key, "stalled", one.cause.value) for one in found}
    known = services.ledger.actions(keys.values())
    return [one for one in found if keys[one.key] not in known]


def _suggested(
    services: Services,
    read: Mapping[str, Prospect],
    chosen: Mapping[str, StalledDeal],
    run_id: str,
    now: datetime,
) -> list[Outcome]:
    outcomes = outcomes_of(services, read.values(), run_id, now)
    for key, outcome in outcomes.items():
        one = chosen[key]
        said = Suggest(
            rule=RULE,
            reasons=(f"stalled ({one.cause.value.replace('_', ' ')}): {one.evidence}",),
            cause=one.cause.value,
            subject=one.action,
            evidence=one.evidence,
        )
        if outcome.prospect.is_open_deal:
            outcome.take(said)
    return [outcome for outcome in outcomes.values() if outcome.rows]
