"""What the CRM is asked when a person is forgotten. Part of the CRM port."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

from closeloop.domain.record import Record

if TYPE_CHECKING:
    from closeloop.application.crm_port import CrmOutcome


QUESTION = "identity:"
"""How the keys of Tasks begin that ask a person whether two records are one. They belong to nobody's outbox."""


class CrmPerson(Record):
    """A person as we know them: by record, by address, and by the keys of what we made for them."""

    leads: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()
    deals: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    task_keys: tuple[str, ...] = ()
    event_keys: tuple[str, ...] = ()
    deck_marks: tuple[str, ...] = ()


class CrmTrace(Record):
    """A record of the CRM that is about a person."""

    object: str
    id: str
    theirs: str = ""
    """Why it is not ours to delete; empty when it is."""

    @property
    def ours(self) -> bool:
        return not self.theirs


class CrmTraces(Record):
    """What is there of a person."""

    people: tuple[CrmTrace, ...] = ()
    """Their Leads and Contacts, also those that we never read."""
    made: tuple[CrmTrace, ...] = ()
    """Tasks, Events and files that we made for them, and questions to people in which they are named; those that
    people changed since are `theirs`."""


def is_named(text: str, addresses: Iterable[str], record_ids: Iterable[str]) -> bool:
    """Whether a text holds one of these addresses, whole and in any case, or one of these ids."""
    found = any(record_id in text for record_id in record_ids)
    return found or any(
        re.search(rf"(?<![\w.+-]){re.escape(one)}(?![\w-]|\.\w)", text, re.IGNORECASE) for one in addresses
    )


class CrmErasing(Protocol):
    """See `closeloop.application.crm_port.Crm`, whose promises hold here too."""

    def traces(self, person: CrmPerson) -> CrmTraces:
        """What is there now; records that are gone are left out."""
        ...

    def delete(self, records: Sequence[CrmTrace]) -> list[CrmOutcome]:
        """Into the recycle bin; the outcome's key is the record id. One that is gone already counts as deleted,
        and as not existing."""
        ...
