"""The calendar port: invitations as files, and what the customers' calendars write back."""

from __future__ import annotations

from typing import Protocol

from closeloop.domain.invitations import CalendarAnswer, CalendarPart, Invitation


class Calendars(Protocol):
    """Writes and reads iCalendar objects (RFC 5545). The same invitation gives the same text."""

    def write(self, invitation: Invitation) -> CalendarPart: ...

    def read(self, text: str) -> CalendarAnswer | None:
        """What a calendar says; None for what is no calendar, or says nothing about a meeting. Raises nothing."""
        ...
