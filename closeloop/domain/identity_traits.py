"""What two records of a person are compared by, read once: mailbox, names, company, phone, country.

Invariant: reading never fails and never guesses; what a record does not say is empty, and empty is no evidence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers

from closeloop.domain.company_names import CompanyName, read_company
from closeloop.domain.countries import country_code
from closeloop.domain.mail_addresses import GMAIL, address_kind, is_role, mailbox
from closeloop.domain.person_names import PersonName, one_letter, plain, read_name
from closeloop.domain.record import Record
from closeloop.domain.web_domains import registrable_domain

_E164 = re.compile(r"\+[1-9]\d{6,14}")


class PersonRecord(Record):
    """A person as a file, a reply or the CRM has them. `id` is whatever the one who asks knows it by."""

    id: str
    last_name: str
    first_name: str | None = None
    company: str = ""
    email: str = ""
    phone: str | None = None
    country: str | None = None
    website: str | None = None


@dataclass(frozen=True, slots=True)
class Traits:
    """A record as it is compared."""

    id: str
    mailbox: str
    local: str
    """The part before the @, letters and digits only."""
    numbered: str
    """Digits at its end."""
    is_personal: bool
    """False for a desk such as info@ and for no address at all."""
    domain: str
    """Registrable domain of the company, from the address or the website; empty behind free mail."""
    name: PersonName
    company: CompanyName | None
    phone: str
    country: str


def read_traits(record: PersonRecord) -> Traits:
    """The traits of one record."""
    email = record.email.strip().lower()
    local, _, host = email.rpartition("@")
    kind = _kind_of(host) if host else "none"
    letters = one_letter(re.sub(r"[^a-z0-9]+", "", plain(local.partition("+")[0])))
    bare = letters.rstrip("0123456789")
    country = (_country(record.country) or "") if record.country else ""
    return Traits(
        id=record.id,
        mailbox=mailbox(email) if host else "",
        local=bare or letters,
        numbered=letters[len(bare) :] if bare else "",
        is_personal=bool(host) and kind != "disposable" and not is_role(local),
        domain=_domain(host, kind, record.website),
        name=read_name(record.first_name, record.last_name),
        company=read_company(record.company) if record.company else None,
        phone=read_number(record.phone, country) if record.phone else "",
        country=country,
    )


def _domain(host: str, kind: str, website: str | None) -> str:
    own = registrable_domain(host) if kind == "corporate" else None
    return own or (registrable_domain(website) if website else None) or ""


_country = lru_cache(maxsize=4096)(country_code)


@lru_cache(maxsize=65_536)
def _kind_of(host: str) -> str:
    return "free" if host in GMAIL else address_kind(f"somebody@{host}")


@lru_cache(maxsize=65_536)
def read_number(text: str, country: str) -> str:
    """E.164, in whatever way it is written; its bare digits when no country tells which number it is."""
    if _E164.fullmatch(text):
        return text
    try:
        found = phonenumbers.parse(text[:60], country or None)
    except phonenumbers.NumberParseException:
        return re.sub(r"\D", "", text)
    return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)
