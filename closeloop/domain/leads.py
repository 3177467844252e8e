"""Leads as a company exports them: which column means what, what a row says, and why a row is refused."""

from __future__ import annotations

from closeloop.domain.record import Record


class Quarantined(Record):
    """A row that was kept out, with the line a person finds it on and what to do about it."""

    line: int
    reason: str
    row: dict[str, str]


class LeadDraft(Record):
    """A clean row, ready to be written to the CRM. Empty means unknown."""

    line: int
    email: str
    """Lower case, syntactically valid."""
    last_name: str
    company: str
    first_name: str | None = None
    title: str | None = None
    phone: str | None = None
    country: str | None = None
    website: str | None = None
    industry: str | None = None
    employees: int | None = None
    annual_revenue: int | None = None
    lead_source: str | None = None
    description: str | None = None
    """Includes what found no column of its own: unknown columns, a cut title, an unreadable phone."""
    same_as: str | None = None
    """A person's word on who it is: the Id of a record of the CRM, or `new`."""
    notes: tuple[str, ...] = ()
    """What was changed on the way in, for the person who imports."""


class LeadFile(Record):
    """What a lead file holds once it has been read: every row is in exactly one of the two lists."""

    drafts: tuple[LeadDraft, ...]
    quarantined: tuple[Quarantined, ...]
    unknown_columns: tuple[str, ...] = ()
    encoding: str = "utf-8"
