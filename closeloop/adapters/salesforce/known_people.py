"""Who is in the org under such a name: open Leads and Contacts, by the first letters of their last names.

Invariant: of what a file says only letters, digits, apostrophes and hyphens become part of a query, quoted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import quote_plus as quoted

from closeloop.adapters.salesforce.names import Names
from closeloop.adapters.salesforce.reading import Reader, Row
from closeloop.adapters.salesforce.soql import chunks, quote
from closeloop.application.crm_people import KnownPerson
from closeloop.domain.account_identity import AccountRecord
from closeloop.domain.identity_traits import PersonRecord
from closeloop.domain.name_beginnings import company_beginnings, name_beginnings
from closeloop.domain.web_domains import registrable_domain

BEGINNINGS_PER_QUERY = 150
"""A condition costs up to 60 characters of a URL that may have 16,384."""
LEAD_FIELDS = ("Id", "OwnerId", "FirstName", "LastName", "Company", "Email", "Phone", "Country", "Website")
ACCOUNT_FIELDS = ("Id", "Name", "Website", "BillingCountry", "Phone", "ParentId")
ROOM_FOR_CONDITIONS = 15_500
"""Characters of a query's address, as it is sent: 16,384 with its path and its fields."""
CONTACT_FIELDS = ("Id", "OwnerId", "FirstName", "LastName", "Email", "Phone", "MailingCountry")
COMPANY_OF_CONTACT = ("Account.Name", "Account.Website")


class KnownPeople:
    """Looks people up, five queries in a call."""

    def __init__(self, reader: Reader, names: Names) -> None:
        self._reader, self._names = reader, names

    def like(self, wanted: Sequence[PersonRecord]) -> list[KnownPerson]:
        """The Leads first; each once."""
        beginnings = name_beginnings(wanted)
        lead_fields = ", ".join(self._names.select("Lead", LEAD_FIELDS))
        contact_fields = ", ".join([*self._names.select("Contact", CONTACT_FIELDS), *COMPANY_OF_CONTACT])
        leads = self._queries(f"SELECT {lead_fields} FROM Lead WHERE IsConverted = false AND", "Lead", beginnings)
        contacts = self._queries(f"SELECT {contact_fields} FROM Contact WHERE", "Contact", beginnings)
        found = {row["Id"]: self._lead(row) for row in self._reader.queries(leads)}
        return list((found | {row["Id"]: self._contact(row) for row in self._reader.queries(contacts)}).values())

    def accounts(self, wanted: Sequence[AccountRecord]) -> list[AccountRecord]:
        """By the beginning of the name, and by the website in whatever way it is written."""
        fields = ", ".join(self._names.select("Account", ACCOUNT_FIELDS))
        name = self._names.org("Account", "Name") or "Name"
        website = self._names.org("Account", "Website")
        likes = [f"{name} LIKE {quote(start + '%')}" for start in company_beginnings(one.name for one in wanted)]
        if website:
            domains = sorted(
                {
                    domain
                    for one in wanted
                    if (domain := registrable_domain(one.website or "")) and "_" not in domain
                }
            )
            likes += [f"{website} LIKE {quote(f'%{domain}%')}" for domain in domains]
        select = f"SELECT {fields} FROM Account WHERE"
        asked = [f"{select} {' OR '.join(part)} ORDER BY Id" for part in _fitting(likes)]
        return list({row["Id"]: self._account(row) for row in self._reader.queries(asked)}.values())

    def _account(self, raw: Row) -> AccountRecord:
        row = self._names.row("Account", raw)
        return AccountRecord(
            id=row["Id"],
            name=row["Name"] or "",
            website=row.get("Website"),
            country=row.get("BillingCountry"),
            phone=row.get("Phone"),
            parent=row.get("ParentId"),
        )

    def _queries(self, select: str, name: str, beginnings: Sequence[str]) -> list[str]:
        field = self._names.org(name, "LastName") or "LastName"
        return [
            f"{select} ({' OR '.join(f'{field} LIKE {quote(start + chr(37))}' for start in part)}) ORDER BY Id"
            for part in chunks(beginnings, BEGINNINGS_PER_QUERY)
        ]

    def _lead(self, raw: Row) -> KnownPerson:
        row = self._names.row("Lead", raw)
        company = {"company": row.get("Company") or "", "website": row.get("Website")}
        return KnownPerson(
            object="Lead", id=row["Id"], owner_id=row["OwnerId"], person=_person(row, row.get("Country"), company)
        )

    def _contact(self, raw: Row) -> KnownPerson:
        row = self._names.row("Contact", raw)
        account = raw.get("Account") or {}
        company = {"company": account.get("Name") or "", "website": account.get("Website")}
        person = _person(row, row.get("MailingCountry"), company)
        return KnownPerson(object="Contact", id=row["Id"], owner_id=row["OwnerId"], person=person)


def _fitting(conditions: Sequence[str]) -> Iterator[list[str]]:
    """So many at a time as an address can hold: each query more is a part of a call more."""
    part, room = list[str](), ROOM_FOR_CONDITIONS
    for condition in conditions:
        length = len(quoted(f" OR {condition}"))
        if part and length > room:
            yield part
            part, room = [], ROOM_FOR_CONDITIONS
        part.append(condition)
        room -= length
    if part:
        yield part


def _person(row: Row, country: str | None, company: dict[str, str | None]) -> PersonRecord:
    return PersonRecord(
        id=row["Id"],
        last_name=row["LastName"] or "",
        first_name=row.get("FirstName"),
        email=row.get("Email") or "",
        phone=row.get("Phone"),
        country=country,
        company=company["company"] or "",
        website=company["website"],
    )
