"""The gate before the outside while a plan is applied.

Invariant: what is asked of these twins and is not in the plan, word for word, is not done, and is said to be surely
not done, so that a later run may do it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import TypeVar

from closeloop.adapters.dry_run import MARK, DryRunCrm
from closeloop.application.plan_items import (
    allows,
    by_key,
    conversion_item,
    event_item,
    fields_item,
    file_item,
    lead_item,
    mail_item,
    member_item,
    role_item,
    task_item,
)
from closeloop.application.ports import (
    Conversion,
    Crm,
    CrmFile,
    CrmLead,
    CrmLook,
    CrmMeeting,
    CrmMember,
    CrmNews,
    CrmOutcome,
    CrmTask,
    CrmUpdate,
    Evidence,
    HeldBatch,
    Mailer,
    MailInDoubt,
    OutgoingMail,
    SendOutcome,
)
from closeloop.domain.actions import ActionState
from closeloop.domain.leads import LeadDraft
from closeloop.domain.plan import Item
from closeloop.domain.prospect import Prospect

NOT_IN_THE_PLAN = "not in the plan that is being applied"
NEXT_RUN = timedelta(minutes=1)
Asked = TypeVar("Asked")


class Gate:
    """What may be done, and what became of it, by item key."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._allowed = by_key(items)
        self._alias: dict[str, str] = {}
        self.ended: dict[str, tuple[ActionState, str]] = {}
        self.turned_away: list[Item] = []

    def name(self, record_id: str) -> str:
        """The id a record of this run has in the plan."""
        return self._alias.get(record_id, record_id)

    def learn(self, record_id: str, planned: str) -> None:
        """A record was made that the plan knows under another id."""
        self._alias.setdefault(record_id, planned)

    def real(self, planned: str) -> str | None:
        """The id the org gave a record of the plan; None when it was not made."""
        if not planned.startswith(MARK):
            return planned
        return next((record for record, name in self._alias.items() if name == planned), None)

    def passes(self, asked: Item) -> bool:
        """Whether it is in the plan as it is asked for; each that is not is remembered."""
        planned = self._allowed.get(asked.key)
        if planned is not None and allows(planned, asked):
            return True
        self.turned_away.append(asked)
        return False

    def note(self, key: str, state: ActionState, detail: str) -> None:
        self.ended[key] = (state, detail)


class PlannedCrm(DryRunCrm):
    """The real org behind a gate. Reads pass; of what is new there, only what the plan knows is shown."""

    def __init__(self, real: Crm, gate: Gate, scope: Collection[str]) -> None:
        super().__init__(real)
        self._gate, self._scope = gate, scope
        self.withheld = False
        """Whether records were kept back: then the place to read on from must not move past them."""

    def look(self, prospects: Sequence[Prospect]) -> dict[str, CrmLook]:
        return self._real.look(prospects)

    def changed_leads(self, since: str | None, limit: int) -> list[CrmLead]:
        """Page after page, so that leads of the plan are found behind those that are kept back."""
        found: list[CrmLead] = []
        while page := self._real.changed_leads(since, limit):
            found += self._in_scope(page)
            since = page[-1].cursor
            if len(page) < limit or not self.withheld:
                break
        return found

    def leads_by_id(self, ids: Sequence[str]) -> list[CrmLead]:
        return self._in_scope(self._real.leads_by_id(ids))

    def changed_between(self, start: datetime, until: str, known: Container[str]) -> list[CrmLead]:
        return self._in_scope(self._real.changed_between(start, until, known))

    def news(self, deals_since: str | None, events_since: str | None, *, meetings: bool) -> CrmNews:
        found = self._real.news(deals_since, events_since, meetings=meetings)
        deals = tuple(deal for deal in found.deals if deal.opportunity_id in self._scope)
        events = tuple(event for event in found.events if event.key.split(":")[1] in self._scope)
        less = len(deals) + len(events) < len(found.deals) + len(found.events)
        self.withheld = self.withheld or less
        return CrmNews(deals=deals, events=events)

    def _in_scope(self, leads: list[CrmLead]) -> list[CrmLead]:
        kept = [lead for lead in leads if lead.id in self._scope]
        self.withheld = self.withheld or len(kept) < len(leads)
        return kept

    def upsert_leads(self, drafts: Sequence[LeadDraft]) -> list[CrmOutcome]:
        return self._gated(drafts, lead_item, lambda d: str(d.line), self._real.upsert_leads)

    def update(self, updates: Sequence[CrmUpdate]) -> list[CrmOutcome]:
        return self._gated(
            updates, lambda u: fields_item(u, self._gate.name), lambda u: u.record_id, self._real.update
        )

    def create_tasks(self, tasks: Sequence[CrmTask]) -> list[CrmOutcome]:
        return self._gated(tasks, lambda t: task_item(t, self._gate.name), lambda t: t.key, self._real.create_tasks)

    def convert(self, conversions: Sequence[Conversion]) -> list[CrmOutcome]:
        leads = {conversion.action_key: conversion.lead_id for conversion in conversions}
        planned = {c.action_key: conversion_item(c, self._gate.name) for c in conversions}
        key = attrgetter("action_key")
        outcomes = self._gated(conversions, lambda c: planned[c.action_key], key, self._real.convert)
        for outcome in outcomes:
            for name, record in outcome.ids.items():
                if name != "account" or planned[outcome.key].content["account_id"] is None:
                    self._gate.learn(record, f"{MARK}{name}-{leads[outcome.key]}")
        return outcomes

    def put_files(self, files: Sequence[CrmFile]) -> list[CrmOutcome]:
        return self._gated(files, lambda f: file_item(f, self._gate.name), lambda f: f.key, self._real.put_files)

    def put_meetings(self, meetings: Sequence[CrmMeeting]) -> list[CrmOutcome]:
        return self._gated(
            meetings, lambda m: event_item(m, self._gate.name), lambda m: m.action_key, self._real.put_meetings
        )

    def put_members(self, members: Sequence[CrmMember]) -> list[CrmOutcome]:
        return self._gated(
            members, lambda m: member_item(m, self._gate.name), lambda m: m.action_key, self._real.put_members
        )

    def contact_roles(self, roles: Mapping[str, tuple[str, str]]) -> list[CrmOutcome]:
        return self._gated(
            list(roles.items()),
            lambda one: role_item(one[0], *one[1], self._gate.name),
            lambda one: one[0],
            lambda passed: self._real.contact_roles(dict(passed)),
        )

    def _gated(
        self,
        asked: Sequence[Asked],
        item: Callable[[Asked], Item],
        key: Callable[[Asked], str],
        do: Callable[[Sequence[Asked]], list[CrmOutcome]],
    ) -> list[CrmOutcome]:
        items = {key(one): item(one) for one in asked}
        passed = [one for one in asked if self._gate.passes(items[key(one)])]
        done = {outcome.key: outcome for outcome in (do(passed) if passed else [])}
        for name, outcome in done.items():
            self._gate.note(items[name].key, outcome.state, outcome.detail)
        return [done.get(name) or _turned_away(name) for name in items]


class PlannedMailer:
    """The real provider behind the same gate."""

    def __init__(self, real: Mailer, gate: Gate) -> None:
        self._real, self._gate = real, gate

    def ready(self) -> None:
        self._real.ready()

    def send(self, mails: Sequence[OutgoingMail]) -> list[SendOutcome]:
        passed = [mail for mail in mails if self._gate.passes(mail_item(mail))]
        outcomes = self._real.send(passed) if passed else []
        for outcome in outcomes:
            self._gate.note(outcome.action_key, outcome.state, outcome.detail)
        kept_back = {mail.action_key for mail in mails} - {outcome.action_key for outcome in outcomes}
        return outcomes + [
            SendOutcome(action_key=key, state=ActionState.PLANNED, detail=NOT_IN_THE_PLAN, retry_after=NEXT_RUN)
            for key in sorted(kept_back)
        ]

    def evidence(self, mails: Sequence[MailInDoubt]) -> Evidence:
        return self._real.evidence(mails)

    def call_back(self, batches: Sequence[HeldBatch]) -> frozenset[str]:
        """Left to the next run: a batch may hold mails to people that the plan is not about."""
        return frozenset()


def _turned_away(key: str) -> CrmOutcome:
    return CrmOutcome(key=key, state=ActionState.PLANNED, detail=NOT_IN_THE_PLAN, retry_after=NEXT_RUN)
