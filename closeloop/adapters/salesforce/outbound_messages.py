"""Outbound messages: SOAP notifications of changed records, and the word that makes the org stop repeating them.

Invariant: XML is read without document types, entities or outside references. Of a record only its id, its last
change and the names of the fields that came are kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from closeloop.adapters.salesforce.record_ids import SHORT, full_id
from closeloop.domain.crm_events import ChangeKind, CrmEvent
from closeloop.domain.record import Record

SOURCE = "outbound"
ACK = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    '<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse>'
    "</soapenv:Body></soapenv:Envelope>"
)
MOST = 100
"""Notifications in one message, by the org's own rule."""
_OUTBOUND = "{http://soap.sforce.com/2005/09/outbound}"
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"


class NoMessage(ValueError):
    """The body is no outbound message; the text says why."""


class OutboundMessage(Record):
    """What one message told."""

    org: str
    """Id of the org that says it is the sender, with 18 characters."""
    events: tuple[CrmEvent, ...]


def read_message(body: bytes, now: datetime) -> OutboundMessage:
    """The changes in a message; one that does not date itself counts as of `now`. Raises `NoMessage`."""
    try:
        root = fromstring(body, forbid_dtd=True)
    except DefusedXmlException:
        raise NoMessage("document types and entities are refused") from None
    except (ParseError, ValueError, LookupError) as problem:
        raise NoMessage(f"the body is not XML ({problem})") from None
    message = next(root.iter(f"{_OUTBOUND}notifications"), None)
    if message is None:
        raise NoMessage("no <notifications> of an outbound message")
    found = message.findall(f"{_OUTBOUND}Notification")
    if not 0 < len(found) <= MOST:
        raise NoMessage(f"a message holds 1 to {MOST} notifications, this one {len(found)}")
    org = (message.findtext(f"{_OUTBOUND}OrganizationId") or "").strip()
    return OutboundMessage(org=full_id(org), events=tuple(_event(one, now) for one in found))


def _event(notification: Element, now: datetime) -> CrmEvent:
    record = notification.find(f"{_OUTBOUND}sObject")
    name = (notification.findtext(f"{_OUTBOUND}Id") or "").strip()
    if record is None or not name:
        raise NoMessage("a notification has no Id or no sObject")
    values = dict(_values(record))
    record_id = full_id(values.get("Id", ""))
    if len(record_id) < SHORT or not record_id.isalnum():
        raise NoMessage(f"notification {name[: SHORT + 3]} names no record")
    return CrmEvent(
        source=SOURCE,
        id=full_id(name),
        object=record.get(_TYPE, "").rpartition(":")[2] or "unknown",
        record_id=record_id,
        change=ChangeKind.UPDATE,  # a message does not say whether the record is new
        occurred_at=_moment(values) or now,
        changed_by=values.get("LastModifiedById"),
    )


def _values(record: Element) -> Iterator[tuple[str, str]]:
    for element in record:
        yield element.tag.rpartition("}")[2], (element.text or "").strip()


def _moment(values: dict[str, str]) -> datetime | None:
    """When the record last changed, where the message was set up to say so."""
    for name in ("SystemModstamp", "LastModifiedDate"):
        try:
            found = datetime.fromisoformat(values.get(name, ""))
        except ValueError:
            continue
        if found.tzinfo is not None:
            return found.astimezone(UTC)
    return None
