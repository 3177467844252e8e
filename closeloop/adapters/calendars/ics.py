"""Invitations as iCalendar objects, and the answers of other calendars (iTIP), by the `icalendar` library.

Invariant: what comes from outside is data: what cannot be read, or is too large, is no answer and no error.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from closeloop.domain.appointments import Answer
from closeloop.domain.invitations import CalendarAnswer, CalendarPart, Invitation, Method

if TYPE_CHECKING:
    from icalendar import Event, vCalAddress

LARGEST = 100_000
"""Characters of an object that is looked at; an invitation has about a thousand."""
PRODUCT = "-//Closeloop//Meetings//EN"
_ANSWERS = {"ACCEPTED": Answer.ACCEPTED, "TENTATIVE": Answer.TENTATIVE, "DECLINED": Answer.DECLINED}


class IcsCalendars:
    """Implements `closeloop.application.calendar_port.Calendars`."""

    def write(self, invitation: Invitation) -> CalendarPart:
        from icalendar import Calendar  # a seventh of a second that a command without a meeting does not need

        calendar = Calendar()
        calendar.add("prodid", PRODUCT)
        calendar.add("version", "2.0")
        calendar.add("method", invitation.method.value)
        calendar.add_component(_event(invitation))
        return CalendarPart(method=invitation.method, text=calendar.to_ical().decode())

    def read(self, text: str) -> CalendarAnswer | None:
        if len(text) > LARGEST:
            return None
        from icalendar import Calendar

        try:
            calendar = Calendar.from_ical(text)
            return _answer(calendar)
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError):
            return None


def _event(invitation: Invitation) -> Event:
    from icalendar import Event

    event, off = Event(), invitation.method is Method.CANCEL
    event.add("uid", invitation.uid)
    event.add("sequence", invitation.sequence)
    event.add("dtstamp", invitation.written_at.astimezone(UTC).replace(microsecond=0))
    event.add("dtstart", invitation.starts_at.astimezone(UTC))
    event.add("dtend", invitation.starts_at.astimezone(UTC) + timedelta(minutes=invitation.minutes))
    event.add("summary", invitation.title)
    event.add("description", invitation.about)
    event.add("status", "CANCELLED" if off else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if off else "OPAQUE")
    event.add("organizer", _person(invitation.organizer, invitation.organizer_name), encode=False)
    event.add("attendee", _attendee(invitation), encode=False)
    return event


def _person(address: str, name: str) -> vCalAddress:
    from icalendar import vCalAddress, vText

    person = vCalAddress(f"mailto:{address}")
    if name:
        person.params["CN"] = vText(name)
    return person


def _attendee(invitation: Invitation) -> vCalAddress:
    from icalendar import vText

    person = _person(invitation.attendee, invitation.attendee_name)
    person.params["ROLE"] = vText("REQ-PARTICIPANT")
    if invitation.method is Method.REQUEST:
        person.params["PARTSTAT"] = vText("NEEDS-ACTION")
        person.params["RSVP"] = vText("TRUE")
    return person


def _answer(calendar: Any) -> CalendarAnswer | None:
    named = str(calendar.get("method", "")).upper()
    event = next(iter(calendar.walk("VEVENT")), None)
    if event is None or named not in set(Method) or not event.get("uid"):
        return None
    start, end = event.get("dtstart"), event.get("dtend")
    starts_at = _moment(start.dt) if start is not None else None
    return CalendarAnswer(
        method=Method(named),
        uid=str(event["uid"]).strip(),
        sequence=max(0, int(event.get("sequence", 0))),
        answer=_said(event) if named == Method.REPLY else None,
        starts_at=starts_at,
        minutes=_minutes(starts_at, _moment(end.dt) if end is not None else None),
    )


def _said(event: Any) -> Answer | None:
    """Of a reply, which has one attendee: whoever answers."""
    attendees = event.get("attendee", [])
    first = attendees[0] if isinstance(attendees, list) else attendees
    return _ANSWERS.get(str(getattr(first, "params", {}).get("PARTSTAT", "")).upper())


def _moment(value: Any) -> datetime | None:
    """A moment; a whole day, or a time without a zone, is none that we could keep."""
    if not isinstance(value, datetime):
        return None
    return value.astimezone(UTC) if value.tzinfo is not None else None


def _minutes(start: datetime | None, end: datetime | date | None) -> int | None:
    if start is None or not isinstance(end, datetime):
        return None
    minutes = int((end - start).total_seconds() // 60)
    return minutes if 0 < minutes <= 24 * 60 else None
