"""Twins of the CRM, the sources of facts and the decks for making a plan: they read, count and remember.

Invariant: nothing is written. What was read of each record is kept, since the plan rests on it.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from closeloop.adapters.dry_run import MARK, DryRunCrm
from closeloop.application.ports import (
    AccountQuery,
    Crm,
    CrmLead,
    CrmLook,
    CrmNews,
    CrmOutcome,
    CrmRead,
    DeckBuilder,
    Enricher,
)
from closeloop.domain.presentation_content import DeckContent, Finding
from closeloop.domain.prospect import Fact, Prospect

STAMPS = frozenset({"cursor", "LastModifiedDate", "LastModifiedById", "CreatedById", "SystemModstamp"})
"""Who touched a record and when: a plan rests on what it says."""
LOOKED, PULLED = "look:", "pull:"


class ReadingCrm(DryRunCrm):
    """A dry run that remembers what each record said."""

    def __init__(self, real: Crm) -> None:
        super().__init__(real)
        self.seen: dict[str, dict[str, Any]] = {}
        self.roles: dict[str, tuple[str, str]] = {}

    def changed_leads(self, since: str | None, limit: int) -> list[CrmLead]:
        return self._noted_leads(super().changed_leads(since, limit))

    def changed_between(self, start: datetime, until: str, known: Container[str]) -> list[CrmLead]:
        return self._noted_leads(super().changed_between(start, until, known))

    def news(self, deals_since: str | None, events_since: str | None, *, meetings: bool) -> CrmNews:
        found = super().news(deals_since, events_since, meetings=meetings)
        for deal in found.deals:
            self._note(PULLED + deal.opportunity_id, deal.model_dump(mode="json"))
        for event in found.events:
            says = event.model_dump(mode="json", exclude={"cursor"})
            self._note(PULLED + event.key.split(":")[1], {"meeting": says})
        return found

    def look(self, prospects: Sequence[Prospect]) -> dict[str, CrmLook]:
        looks = super().look(prospects)
        for key, look in looks.items():
            self._note(LOOKED + key, look.model_dump(mode="json", exclude={"key", "detail"}))
        return looks

    def read(self, object_name: str, ids: Sequence[str], fields: Sequence[str]) -> dict[str, dict[str, Any]]:
        return self._noted(super().read(object_name, ids, fields))

    def read_together(self, wanted: Sequence[CrmRead]) -> dict[str, dict[str, Any]]:
        return self._noted(super().read_together(wanted))

    def contact_roles(self, roles: Mapping[str, tuple[str, str]]) -> list[CrmOutcome]:
        self.roles |= roles
        return super().contact_roles(roles)

    def _noted_leads(self, leads: list[CrmLead]) -> list[CrmLead]:
        for lead in leads:
            self._note(PULLED + lead.id, lead.model_dump(mode="json"))
        return leads

    def _noted(self, records: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        for record, values in records.items():
            if not record.startswith(MARK):
                self._note(record, values)
        return records

    def _note(self, record: str, values: Mapping[str, Any]) -> None:
        says = {field: value for field, value in values.items() if field not in STAMPS}
        self.seen.setdefault(record, {}).update(says)


class CountingEnricher:
    """Asks the real source and counts the accounts it was asked about; one that costs has `credits_per_account`."""

    def __init__(self, real: Enricher) -> None:
        self._real = real
        self.name = str(getattr(real, "name", type(real).__name__.removesuffix("Enricher").lower()))
        self._price = int(getattr(real, "credits_per_account", 0))
        self.asked: list[str] = []

    @property
    def credits(self) -> int:
        """What was spent."""
        return self._price * len(self.asked)

    def lookup(self, queries: Sequence[AccountQuery], now: datetime) -> dict[str, tuple[Fact, ...]]:
        self.asked += [query.key for query in queries]
        return self._real.lookup(queries, now)


class DraftDecks:
    """Builds drafts in a home of their own, where the decks of the real home are links: none is written through."""

    def __init__(self, real: DeckBuilder) -> None:
        self._real = real

    def build_all(self, drafts: Sequence[tuple[DeckContent, Path]]) -> list[tuple[Finding, ...]]:
        for _, path in drafts:
            if path.is_symlink():
                path.unlink()
        return self._real.build_all(drafts)
