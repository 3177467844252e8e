"""What the CRM is asked before anybody is made in it: who is there under such a name. Part of the CRM port."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from closeloop.domain.account_identity import AccountRecord
from closeloop.domain.identity_traits import PersonRecord
from closeloop.domain.record import Record


class KnownPerson(Record):
    """A Lead or a Contact as the org has it, to compare with."""

    object: Literal["Lead", "Contact"]
    id: str
    owner_id: str
    person: PersonRecord

    @property
    def name(self) -> str:
        """As a person would be called in a sentence."""
        return f"{self.person.first_name or ''} {self.person.last_name}".strip()


class CrmPeople(Protocol):
    """See `closeloop.application.crm_port.Crm`, whose promises hold here too."""

    def accounts_like(self, wanted: Sequence[AccountRecord]) -> list[AccountRecord]:
        """Accounts whose name begins like one of these companies' names, or whose website is theirs: candidates."""
        ...

    def people_like(self, wanted: Sequence[PersonRecord]) -> list[KnownPerson]:
        """Open Leads and Contacts one of whose names begins like one of these people's names.

        They are candidates, to be compared; converted Leads are found as the Contacts they became.
        """
        ...
