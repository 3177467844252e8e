"""What the CRM tells by itself: that a record changed, when and by whom. Never what stands in it.

Invariant: an event carries no people's data. Whoever works on it reads the record, so that the latest state counts
in whatever order events come in.
"""

from __future__ import annotations

from enum import StrEnum

from closeloop.domain.record import Moment, Record

OUR_CLIENT = "closeloop"
"""How our own calls name themselves to the CRM."""
_CLIENT = "client="


class ChangeKind(StrEnum):
    """What happened to the record; a gap means that only this much is known."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    UNDELETE = "undelete"
    GAP = "gap"


EventId = tuple[str, str]
"""Source and the source's own id."""


class CrmEvent(Record):
    """One change of one record."""

    source: str
    """`outbound` for outbound messages, `stream` for the change stream."""
    id: str
    """The source's own: the same one twice is one event."""
    object: str
    record_id: str
    change: ChangeKind
    occurred_at: Moment
    changed: tuple[str, ...] = ()
    """Fields by their API names, where the source says which."""
    changed_by: str | None = None
    """Id of the user, where the source says who."""
    origin: str | None = None
    """The program behind the change, in the CRM's words: `com/salesforce/api/rest/62.0;client=closeloop`."""

    @property
    def names_no_record(self) -> bool:
        """So much happened that only the object is named, or something was lost: read the CRM."""
        return self.record_id == self.object

    @property
    def identity(self) -> EventId:
        return self.source, self.id


def is_echo(event: CrmEvent, our_user: str | None) -> bool:
    """Whether the change is our own: by the name our calls give, else by the user in whose name we write.

    Another program that works under the same user and gives its own name is somebody else.
    """
    _, named, client = (event.origin or "").partition(_CLIENT)
    if named:
        return client.partition(";")[0] == OUR_CLIENT
    return our_user is not None and event.changed_by == our_user
