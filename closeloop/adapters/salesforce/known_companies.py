"""Whom the org knows already: the Contact with a Lead's address, the Account with its domain or its very name.

Invariant: an Account whose website belongs to somebody else is never taken for a company by its name alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from closeloop.adapters.salesforce.names import Names
from closeloop.adapters.salesforce.reading import Reader
from closeloop.adapters.salesforce.soql import chunks, in_list
from closeloop.application.ports import Conversion

Row = dict[str, Any]
Wish = tuple[Conversion, Row]
"""A conversion and the row of its Lead."""
COMPANIES_PER_QUERY = 40
"""A company costs a name and eight ways to write its website, in a URL that may have 16,384 characters."""


class KnownCompanies:
    """Looks Accounts and Contacts up, in few queries."""

    def __init__(self, reader: Reader, names: Names) -> None:
        self._reader, self._names = reader, names

    def find(self, wishes: Sequence[Wish]) -> dict[str, dict[str, str]]:
        """Lead id to the `account` and `contact` that exist; the oldest where there are several."""
        contacts = self._contacts(wishes)
        accounts = self._accounts([wish for wish in wishes if not wish[0].account_id])
        found = {}
        for conversion, lead in wishes:
            person = contacts.get(str(lead["Email"] or "").lower(), {})
            account = conversion.account_id or person.get("AccountId") or _match(conversion, lead, accounts)
            ids = {"account": account, "contact": person.get("Id")}
            found[conversion.lead_id] = {name: str(record_id) for name, record_id in ids.items() if record_id}
        return found

    def _contacts(self, wishes: Sequence[Wish]) -> dict[str, Row]:
        emails = sorted({str(lead["Email"]) for _, lead in wishes if lead["Email"]})
        found: dict[str, Row] = {}
        for part in chunks(emails, size=100):
            where = f"Email IN {in_list(part)}"
            soql = f"SELECT Id, Email, AccountId FROM Contact WHERE {where} ORDER BY CreatedDate, Id"
            for row in self._reader.query(soql):
                found.setdefault(row["Email"].lower(), row)
        return found

    def _accounts(self, wishes: Sequence[Wish]) -> list[Row]:
        found: dict[str, Row] = {}
        for start in range(0, len(wishes), COMPANIES_PER_QUERY):
            some = wishes[start : start + COMPANIES_PER_QUERY]
            names = sorted({str(lead["Company"]) for _, lead in some})
            sites = sorted({site for c, lead in some for site in _sites(_domain(c, lead))})
            website = self._names.org("Account", "Website")
            by_site = f" OR {website} IN {in_list(sites)}" if sites and website else ""
            where = f"Name IN {in_list(names)}{by_site}"
            fields = ", ".join(self._names.select("Account", ["Id", "Name", "Website"]))
            soql = f"SELECT {fields} FROM Account WHERE {where} ORDER BY CreatedDate, Id"
            found |= {row["Id"]: self._names.row("Account", row) for row in self._reader.query(soql)}
        return list(found.values())


def _domain(conversion: Conversion, lead: Row) -> str | None:
    return conversion.domain or host(lead.get("Website"))


def _sites(domain: str | None) -> Iterator[str]:
    """The ways people write a company's website into the CRM."""
    for prefix in ("", "www.", "http://", "https://", "http://www.", "https://www.") if domain else ():
        yield f"{prefix}{domain}"
        if "//" in prefix:
            yield f"{prefix}{domain}/"


def host(website: str | None) -> str | None:
    """`https://www.acme.example/en` gives `acme.example`."""
    text = (website or "").strip().lower()
    netloc = urlsplit(text if "//" in text else f"//{text}").netloc if text else ""
    return netloc.partition(":")[0].removeprefix("www.") or None


def _match(conversion: Conversion, lead: Row, accounts: Iterable[Row]) -> str | None:
    domain, name = _domain(conversion, lead), str(lead["Company"]).strip().lower()
    candidates = list(accounts)
    by_domain = (row["Id"] for row in candidates if domain and host(row["Website"]) == domain)
    by_name = (
        row["Id"]
        for row in candidates
        if row["Name"].strip().lower() == name and (not domain or host(row["Website"]) in {None, domain})
    )
    return next(by_domain, None) or next(by_name, None)
